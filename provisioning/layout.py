"""`python -m provisioning.layout FOLDER [SHELF]`: lay the officers' page out for nginx."""

from __future__ import annotations

import sys
from pathlib import Path

from appliance.errors import ApplianceError
from provisioning.page import LIBRARIES, PAGE, TYPES, page_files

CACHE = Path("/var/cache/lfr/page")


def lay_out(folder: Path, shelf: Path | None = None) -> None:
    """Put everything that nginx gives away into a folder, and take away what is of no use there.

    Args:
        folder: Is made, readable for all.
        shelf: Where the files from npm lie; without it, or where they are not there, npm is asked.

    Raises:
        InputError: npm does not give a file.
        MachineError: what npm gave cannot be kept.
        OSError: the folder cannot be written.
    """
    files = {name: PAGE / name for name in TYPES} | _libraries(shelf)
    folder.mkdir(parents=True, exist_ok=True)
    for name, file in files.items():
        _put(file.read_bytes(), folder / name)
    for stale in folder.iterdir():
        if stale.name not in files:
            stale.unlink()


def _put(data: bytes, place: Path) -> None:
    """Write a file whole, unless it is there already."""
    if place.is_file() and place.read_bytes() == data:
        return
    new = place.with_name(f".{place.name}.new")
    new.write_bytes(data)
    new.chmod(0o644)
    new.replace(place)


def _libraries(shelf: Path | None) -> dict[str, Path]:
    given = {name: shelf / name for name in LIBRARIES} if shelf else {}
    if given and all(file.is_file() for file in given.values()):
        return given
    return page_files(CACHE)


def main(words: list[str]) -> None:
    """Do it; leaves with a line where it cannot be done."""
    try:
        lay_out(Path(words[0]), Path(words[1]) if len(words) > 1 else None)
    except ApplianceError as error:
        sys.stderr.write(f"{error.advice()}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main(sys.argv[1:])
