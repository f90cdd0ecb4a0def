"""Which networks there are, where their files lie, and how to get those that are not there."""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from appliance.errors import MachineError, SettingsError
from engines import embedded, fit
from engines.fetch import fetch_file
from engines.register import NAME, read_presentations, read_register

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from appliance.vision.models import Form, NetworkFile, Pack, Presentation

AUTO = "auto"
VARIABLE = "LFR_MODELS"
CALIBRATIONS = Path(__file__).with_name("calibration")
"""Of our own packs."""
CARDS = Path(__file__).with_name("cards")
"""Of our own packs: what is known of them, as `lfr evaluate figures` has measured it."""
SHARED = Path(__file__).parents[2] / "shared" / "models"
"""Beside a checkout."""
SUBFOLDERS = (".", "detectors", "embedders", "quality")
FORMS: Mapping[Literal["host", "jetson"], Form] = {"host": "cpu", "jetson": "tensorrt"}
"""Which networks each machine takes, so that none has to be set up to know it."""
MEND = (
    f"Name a folder that holds them, or a {NAME}, in vision.models or ${VARIABLE}, "
    "or fetch some with `lfr engines fetch`."
)


@dataclass(frozen=True)
class Found:
    """A pack whose files are there and are the right ones."""

    pack: Pack
    detector: Path
    encoder: Path


def load_packs(models: Path | None = None) -> dict[str, Pack]:
    """Read what packs there are, ours first and best first.

    Args:
        models: What the settings name; a register of the user's may lie there, or be it.

    Raises:
        SettingsError: nothing is there, or the register is not sound.
    """
    places = _named(models).values()
    return read_register(next(filter(None, map(_register_at, places)), None))


def calibration_file(pack: Pack) -> Path:
    """Say where the calibration of a pack lies: beside the register that has the pack."""
    return pack.calibration


def cache_folder() -> Path:
    """Say where this appliance may keep what it has fetched."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lfr"


def search_path(models: Path | None) -> list[Path]:
    """List the folders that may hold network files, in the order in which they are asked.

    Args:
        models: The folder that the settings name, or a register in it.

    Raises:
        SettingsError: what was named is not there.
    """
    folders = [place.parent if place.is_file() else place for place in _named(models).values()]
    return [*folders, SHARED, cache_folder() / "models"]


def _named(models: Path | None) -> dict[str, Path]:
    """Find what the settings name, and then the environment."""
    variable = os.environ.get(VARIABLE)
    named = {"vision.models": models, VARIABLE: Path(variable) if variable else None}
    for field, place in named.items():
        if place and not place.is_dir() and not (place.suffix == ".toml" and place.is_file()):
            fault = f"{field} names no folder and no {NAME}."
            raise SettingsError(fault, mend="Correct it, or leave it out.")
    return {field: place for field, place in named.items() if place}


def _register_at(place: Path) -> Path | None:
    file = place / NAME if place.is_dir() else place
    return file if _is_file(file) else None


def find(pack: Pack, folders: Sequence[Path], form: Form = "cpu") -> Found | None:
    """Look for both files of a pack.

    Returns:
        None where one of them is in no folder.

    Raises:
        MachineError: a file has the name but not the bytes.
    """
    if _embedded(pack) and form == "tensorrt":
        return None  # dlib runs on an ordinary computer alone
    if _embedded(pack):
        weights = embedded.weights(cache_folder())
        if weights is None:
            return None
        folders = [*folders, weights]
    detector = _locate(pack.detector.form(form), folders)
    encoder = _locate(pack.encoder.form(form), folders)
    return Found(pack, detector, encoder) if detector and encoder else None


def resolve(
    name: str,
    models: Path | None,
    *,
    fetch: bool,
    notify: Callable[[str], None],
    form: Form = "cpu",
) -> Found:
    """Find a pack, and where that is allowed, fetch it.

    Args:
        name: Of a pack; `auto` takes the first of the register that is here, else the first that
            can be fetched.
        models: The folder that the settings name, or a register of the user's.
        fetch: Whether the network may be used.
        notify: Is told in one line what takes time or did not work.
        form: Which machine the files are for.

    Raises:
        SettingsError: there is no such pack or folder, or a pack is not what it is said to be.
        MachineError: it cannot be had, or a file has the name but not the bytes.
    """
    packs = load_packs(models)
    folders = search_path(models)
    if name == AUTO:
        found = _local(packs.values(), folders, form)
        if found is None and fetch:
            found = _remote(packs.values(), folders, form, notify)
        return _had(found, "No networks can be had.")
    pack = pack_of(packs, name)
    found = find(pack, folders, form)
    if found is None and fetch and _public(pack, form):
        found = _obtain(pack, folders, form, notify)
    return _had(found, f"The files of the pack {name} are in no folder.")


def find_presentations(models: Path | None, form: Form = "cpu") -> list[tuple[Presentation, Path]]:
    """Look for what tells a face from a picture of one; all of it or nothing.

    Args:
        models: What the settings name.
        form: Which machine the files are for.

    Raises:
        SettingsError: what was named is not there.
        MachineError: a file is in no folder, or has the name but not the bytes.
    """
    folders = search_path(models)
    found = [(model, _locate(model.form(form), folders)) for model in read_presentations()]
    here = [(model, path) for model, path in found if path]
    if len(here) < len(found):
        raise MachineError(
            "The networks that tell a picture from a face are not here.",
            mend=f"Put them where the others lie; presentations in {NAME} lists them.",
        )
    return here


def pack_of(packs: Mapping[str, Pack], name: str) -> Pack:
    """Choose a pack by its name.

    Raises:
        SettingsError: there is none of that name.
    """
    if name not in packs:
        raise SettingsError(
            f"vision.pack names no pack of {NAME}.",
            mend=f"Choose {AUTO}, {', '.join(packs)}.",
        )
    return packs[name]


def _had(found: Found | None, fault: str) -> Found:
    if found is None:
        raise MachineError(fault, mend=MEND)
    if found.pack.calibration.parent != CALIBRATIONS:
        fit.check(found)
    return found


def fetch_all(name: str | None, models: Path | None, notify: Callable[[str], None]) -> list[Found]:
    """Get a pack, or where none is named, every pack whose files have a public address.

    Raises:
        SettingsError: there is no such pack or folder.
        MachineError: one cannot be had.
    """
    packs = load_packs(models).values()
    public = [pack.name for pack in packs if _public(pack, "cpu") and not _embedded(pack)]
    names = public if name is None else [name]
    return [resolve(name, models, fetch=True, notify=notify) for name in names]


def _local(packs: Iterable[Pack], folders: Sequence[Path], form: Form) -> Found | None:
    """Take what is here before anything is fetched: a start must not wait for a network."""
    found = (find(pack, folders, form) for pack in packs)
    return next(filter(None, found), None)


def _remote(
    packs: Iterable[Pack], folders: Sequence[Path], form: Form, notify: Callable[[str], None]
) -> Found | None:
    for pack in packs:
        if _public(pack, form):
            try:
                return _obtain(pack, folders, form, notify)
            except MachineError as error:
                notify(f"Pack {pack.name}: {error}")
    return None


def _obtain(
    pack: Pack, folders: Sequence[Path], form: Form, notify: Callable[[str], None]
) -> Found:
    if _embedded(pack):
        notify(f"Installing {pack.title}: about 100 MB, once.")
        embedded.install(cache_folder())
    for file in (pack.detector.form(form), pack.encoder.form(form)):
        if file.url and not _locate(file, folders):
            notify(f"Fetching {file.name}, {file.bytes / 1e6:.1f} MB.")
            fetch_file(file, cache_folder() / "models")
    return _had(find(pack, folders, form), f"The pack {pack.name} came without its files.")


def _embedded(pack: Pack) -> bool:
    return pack.detector.family == "dlib"


def _public(pack: Pack, form: Form) -> bool:
    files = (pack.detector.form(form), pack.encoder.form(form))
    return form == "cpu" if _embedded(pack) else all(file.url for file in files)


def _locate(file: NetworkFile, folders: Iterable[Path]) -> Path | None:
    places = (folder / sub / file.name for folder in folders for sub in SUBFOLDERS)
    path = next(filter(_is_file, places), None)
    if path is not None and not _right(path, file):
        raise MachineError(
            f"{path} is not the network that {NAME} describes.",
            mend="Remove it, or put the right one there.",
        )
    return path


def _is_file(path: Path) -> bool:
    # A home that a service may not enter is no reason to stop: the next folder may do.
    with contextlib.suppress(OSError):
        return path.is_file()
    return False


def _right(path: Path, file: NetworkFile) -> bool:
    state = path.stat()
    return state.st_size == file.bytes and _sha256(path, state.st_mtime_ns) == file.sha256


@cache
def _sha256(path: Path, _modified_ns: int) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise MachineError(f"{path} cannot be read.", mend="Allow this user to read it.") from error
