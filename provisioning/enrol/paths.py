"""Where pictures may lie: inside the folder that was named, and nowhere else."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from appliance.errors import InputError

MEND = "Name pictures that lie beside the table, without links."
MOST = 24
"""Pictures of one person that are looked at; more is a mistake in the folder."""


def listed(folder: Path) -> list[Path]:
    """List what is not hidden, in order.

    Raises:
        InputError: the folder cannot be read.
    """
    try:
        return sorted(place for place in folder.iterdir() if not place.name.startswith("."))
    except OSError as error:
        fault = f"the folder cannot be read: {error.strerror}."
        raise InputError(fault, mend="Name a folder of pictures.") from None


def picture_files(place: Path) -> tuple[Path, ...]:
    """List the pictures of a person: a folder of them, or the one.

    Raises:
        InputError: it is a link, is empty or overfull, or a link lies in it.
    """
    if place.is_symlink():
        raise InputError("a link leads out of the folder.", mend=MEND)
    if not place.is_dir():
        return (place,)
    files = tuple(listed(place))
    if not files:
        raise InputError("the folder holds no picture.", mend="Put one there.")
    if len(files) > MOST:
        raise InputError(f"the folder holds more than {MOST} pictures.", mend="Choose the best.")
    if any(file.is_symlink() for file in files):
        raise InputError("a link leads out of the folder.", mend=MEND)
    return files


def inside(folder: Path, name: str, *, missing: bool = False) -> Path:
    """Find a file by its name in the table.

    Args:
        folder: That the table lies in.
        name: With slashes between folders.
        missing: Whether it need not be there.

    Raises:
        InputError: the name leads out of the folder, through a link, or to nothing.
    """
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or parts[0] == "/" or ":" in parts[0] or ".." in parts:
        raise InputError("column pictures: leads out of the folder.", mend=MEND)
    place = folder
    for part in parts:
        place /= part
        if place.is_symlink():
            raise InputError("column pictures: a link leads out of the folder.", mend=MEND)
    if not missing and not place.is_file():
        raise InputError("column pictures: there is no such file.", mend=MEND)
    return place
