"""To where vans look: a folder, a stick, whatever a web server or an object store gives out.

Targets first, then metadata, the timestamp last: whoever fetches meanwhile finds either the old
state or the new one, whole. What no metadata names any more is removed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp

from appliance.errors import ApplianceError, InputError, TrustError
from provisioning import disk
from provisioning.desk.roles import WITHDRAWALS
from provisioning.desk.shelf import METADATA_BYTES, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from provisioning.desk.repository import Repository

KEPT = 2
"""Versions of metadata: a van that is just fetching must find what its timestamp named."""
FIRST_ROOT = "metadata/1.root.json"
LOG = "targets/log/"
SEALED = ".watchlist.age"
OURS = re.compile(
    r"metadata/[1-9]\d*\.(targets|withdrawals|snapshot)\.json|targets/(.+/)?[0-9a-f]{64}\.[^/]+"
    r"|(.+/)?\.[^/]+\.[0-9a-f]{8}"
)
"""What a desk has written once, or was writing when it was cut off; nothing else is removed."""


@dataclass(frozen=True)
class Copied:
    """What was done."""

    files: int
    sent_bytes: int
    removed: int


@dataclass(frozen=True)
class Parcel:
    """A file on its way."""

    path: str
    """Beneath the repository's folder."""
    length: int
    new: bool


def publish(
    repository: Repository, place: Path, progress: Callable[[int, int], None] = lambda *_: None
) -> Copied:
    """Copy what is new, and remove what is old.

    Args:
        repository: The desk's.
        place: The folder that vans, a web server or a stick's bearer look into.
        progress: Is told how many bytes of how many are there.

    Raises:
        InputError: the folder belongs to another force, or is newer than the desk.
        MachineError: the disk or stick refused it.
    """
    home = repository.shelf.folder.parent
    _require_ours(repository, place)
    parcels = [_parcel(path, home, place) for path in named(repository)]
    total, done = sum(parcel.length for parcel in parcels if parcel.new), 0

    def tell(more: int) -> None:
        nonlocal done
        done += more
        progress(done, total)

    for parcel in parcels:
        if parcel.new:
            disk.copy(home / parcel.path, _inside(place, parcel.path), tell)
    removed = tidy(place, {parcel.path for parcel in parcels})
    return Copied(sum(parcel.new for parcel in parcels), total, removed)


def named(repository: Repository) -> list[str]:
    """Name every file that vans may ask for, in the order in which they are to appear."""
    shelf = repository.shelf
    paths = [path for role in (Targets.type, WITHDRAWALS) for path in _kept(repository, role)]
    paths += [f"metadata/{version}.root.json" for version in shelf.versions(Root.type)]
    for role in (Targets.type, WITHDRAWALS, Snapshot.type):
        paths += [f"metadata/{number}.{role}.json" for number in shelf.versions(role)[-KEPT:]]
    return [*paths, "metadata/timestamp.json"]


def waiting(repository: Repository) -> list[str]:
    """Name the files that only what is pending names."""
    roles = [repository.draft(), repository.withdrawing()]
    return [path for role in roles if role for path in _target_paths(role)]


def tidy(place: Path, keep: set[str]) -> int:
    """Remove what nothing names any more. The log's pages stay: they are the public's.

    Returns:
        How many files went.
    """
    removed = 0
    for path in _found(place):
        if path not in keep and OURS.fullmatch(path) and not _page(path):
            (place / path).unlink(missing_ok=True)
            removed += 1
    return removed


def _page(path: str) -> bool:
    return path.startswith(LOG) and not path.startswith(f"{LOG}.")


def _found(place: Path) -> Iterator[str]:
    for room in ("metadata", "targets"):
        folder = place / room
        files = list(folder.rglob("*")) if folder.is_dir() and not folder.is_symlink() else []
        yield from (f.relative_to(place).as_posix() for f in files if f.is_file())


def _kept(repository: Repository, role: str) -> Iterator[str]:
    """Give what a role promises, and the papers, but no list, that it promised before."""
    shelf = repository.shelf
    *older, newest = shelf.versions(role)[-KEPT:]
    current = list(_target_paths(shelf.version(Targets, role, newest)))
    for version in older:
        for path in _target_paths(shelf.version(Targets, role, version)):
            there = (shelf.folder.parent / path).exists()
            if there and path not in current and not path.endswith(SEALED):
                yield path
    yield from current


def _target_paths(role: Metadata[Targets]) -> Iterator[str]:
    for target in role.signed.targets.values():
        yield f"targets/{target.get_prefixed_paths()[0]}"


def _parcel(path: str, home: Path, place: Path) -> Parcel:
    here, there = home / path, _inside(place, path)
    length = here.stat().st_size
    try:
        if path.startswith("targets/"):
            # The name holds the file's sha256, and it got its name when it was whole.
            same = there.stat().st_size == length
        else:
            same = there.read_bytes() == here.read_bytes()
    except OSError:
        same = False
    return Parcel(path, length, not same)


def _inside(place: Path, path: str) -> Path:
    file = place / path
    if not file.parent.resolve().is_relative_to(place.resolve()):
        raise InputError(
            "A folder of the destination is a link to elsewhere.", mend="Publish to an empty one."
        )
    return file


def _require_ours(repository: Repository, place: Path) -> None:
    if not place.is_dir():
        raise InputError(f"{place.name} is no folder.", mend="Mount the stick, or make the folder.")
    first = _inside(place, FIRST_ROOT)
    ours = (repository.shelf.folder / "1.root.json").read_bytes()
    if first.exists() and disk.read(first, METADATA_BYTES) != ours:
        raise InputError(
            "Another force has published there.", mend="Publish to a folder of your own."
        )
    there, here = _timestamp(repository, place), repository.shelf.timestamp()
    if there and here and there.version > here.version:
        raise TrustError(
            "What is published there is newer than this desk: vans would refuse it.",
            mend="Use the desk's newest folder, not a copy of it.",
        )


def _timestamp(repository: Repository, place: Path) -> Timestamp | None:
    """Read what is published there, if it is the force's own; a stick may hold anything."""
    try:
        found = load(Timestamp, place / "metadata" / "timestamp.json")
        repository.shelf.require(Root).signed.verify_delegate(
            Timestamp.type, found.signed_bytes, found.signatures
        )
    except (ApplianceError, RepositoryError):
        return None
    return found.signed
