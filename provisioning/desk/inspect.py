"""What is in a list: its figures, its overrides and its references; pictures only when asked for.

A list is opened in memory that has no name and is overwritten at the end. At the desk it is not
locked as it is on the van: an ordinary computer grants a few megabytes, and the pictures that it
was made of lie on that computer's own disk.
"""

from __future__ import annotations

import mmap
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from appliance.domain.watchlist import MAX_SUBJECTS
from appliance.errors import InputError
from appliance.watchlist import bundle
from appliance.watchlist.keyring import unseal
from appliance.watchlist.trust import Promise
from provisioning import disk
from provisioning.desk.stage import promised
from provisioning.report import paper
from provisioning.report.census import Census
from provisioning.report.paper import WORDS, Card, Entry, old

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from pyrage import x25519

    from appliance.domain.watchlist import Subject, Watchlist
    from provisioning.desk.office import Office

NAME = "list"
PAGE_PEOPLE = 500
NO_KEY = "0" * 16


@dataclass(frozen=True)
class Sealed:
    """A list as it lies there."""

    cipher: Path
    identity: x25519.Identity = field(repr=False)
    """The desk's own key of this list."""
    promise: Promise | None = None
    """What is signed of it; None: a file from elsewhere, of which nothing was said."""


@dataclass(frozen=True)
class Inspection:
    """What is in it."""

    promise: Promise
    promised: bool
    """Whether the promise is what the repository says of it, or only what is in the file."""
    cipher_bytes: int
    census: Census = field(repr=False)
    references: tuple[str, ...] = field(repr=False)

    def record(self) -> dict[str, object]:
        """Give it as JSON's own types."""
        census, years, ends = self.census, self.census.years(), self.census.spread()
        return {
            "kind": "lfr.list/1",
            **self.promise.model_dump(mode="json", exclude={"kind"}),
            "promised": self.promised,
            "cipher_bytes": self.cipher_bytes,
            "grounds": {ground.value: count for ground, count in census.grounds.items()},
            "minors": census.minors,
            "unusual": census.unusual,
            "overrides": [
                {
                    "reference": one.reference,
                    "ground": one.ground.value,
                    "under_age_override": one.under_age_override,
                    "ground_override": one.ground_override,
                    "reviewer": one.reviewer,
                }
                for one in census.overrides
            ],
            "pictures": census.pictures,
            "undated": census.undated,
            "age_years": vars(years) if years else None,
            "entries_end": [moment.isoformat() for moment in ends] if ends else None,
            "references": list(self.references),
        }


def find(office: Office, watchlist_id: str, van: str | None = None) -> Sealed:
    """Find a list at this desk, pending or published.

    Args:
        office: The desk.
        watchlist_id: The list's name.
        van: Whose; None: any, for what is in it is the same.

    Raises:
        InputError: this desk has no such list, or no longer its key.
        TrustError: its file was changed.
    """
    repository = office.repository
    for targets in filter(None, (repository.coming(), repository.published())):
        for said in promised(targets, Promise):
            if said.watchlist_id == watchlist_id and van in {None, said.van}:
                target = targets.targets[f"vans/{said.van}/watchlist.age"]
                repository.require_whole(target)
                return Sealed(
                    repository.file_of(target), office.drafts.identity(watchlist_id), said
                )
    raise InputError(
        "No such list is pending or published here.", mend="`lfr desk status` names those that are."
    )


def inspect(sealed: Sealed, folder: Path | None = None) -> tuple[Inspection, tuple[Path, ...]]:
    """Open a list, examine all of it, and count.

    Args:
        sealed: Which.
        folder: Where its pictures are to be shown, as HTML for the desk alone; None: nowhere.

    Returns:
        What is in it, and the pages that were written.

    Raises:
        InputError: it is no list, or an entry is not lawful.
        TrustError: it is not for this key, was changed, or is not what is signed.
        MachineError: the pages cannot be written.
    """
    with opened(sealed) as (watchlist, plain_bytes):
        promise = sealed.promise or _described(watchlist, plain_bytes)
        bundle.check(watchlist, promise)
        census, references = Census.of((), watchlist.head.made_at), list[str]()
        for subject in texts(watchlist):
            census.count(subject)
            references.append(subject.reference)
        size = sealed.cipher.stat().st_size
        found = Inspection(promise, sealed.promise is not None, size, census, tuple(references))
        pages = tuple(_show(found, watchlist, folder)) if folder else ()
    return found, pages


@contextmanager
def opened(sealed: Sealed) -> Generator[tuple[Watchlist, int]]:
    """Open a list for as long as the context lasts; gives it and how long it is.

    Raises:
        TrustError: it is not for this key, or was changed.
        InputError: it is no list.
    """
    handle = os.memfd_create("lfr-desk", os.MFD_CLOEXEC)
    with os.fdopen(handle, "r+b") as room, sealed.cipher.open("rb") as cipher:
        # What comes out is always shorter than what goes in.
        most = sealed.promise.plain_bytes if sealed.promise else sealed.cipher.stat().st_size
        plain_bytes = unseal(cipher, room, sealed.identity, most)
        room.flush()
        memory = mmap.mmap(handle, plain_bytes) if plain_bytes else bytearray()
        try:
            yield bundle.view(memory), plain_bytes
        finally:
            for start in range(0, plain_bytes, disk.PIECE_BYTES):
                piece = min(disk.PIECE_BYTES, plain_bytes - start)
                memory[start : start + piece] = bytes(piece)


def _described(watchlist: Watchlist, plain_bytes: int) -> Promise:
    """Say of a file from elsewhere what is in it."""
    return Promise(
        van="unknown",
        key_id=NO_KEY,
        **watchlist.head.public,
        subjects=len(watchlist.subjects),
        templates=len(watchlist.templates),
        plain_bytes=plain_bytes,
    )


def texts(watchlist: Watchlist) -> Iterator[Subject]:
    """Read the entries without their pictures."""
    subjects = watchlist.subjects
    if isinstance(subjects, bundle.Subjects):
        yield from (subjects.text(number) for number in range(min(len(subjects), MAX_SUBJECTS)))


def _show(found: Inspection, watchlist: Watchlist, folder: Path) -> Iterator[Path]:
    """Write the pages, `PAGE_PEOPLE` to each; an older look is removed."""
    names = paper.lay_out(folder, NAME, -(-len(watchlist.subjects) // PAGE_PEOPLE))
    people = (_entry(subject, found.census) for subject in watchlist.subjects)
    for number, name in enumerate(names, start=1):
        entries = list(islice(people, PAGE_PEOPLE))
        shown = {"found": found, "entries": entries, "names": names, "number": number}
        yield paper.write(folder / name, "list.html", **shown)


def _entry(subject: Subject, census: Census) -> Entry:
    lines = [
        WORDS[subject.ground.value],
        subject.reason,
        subject.power,
        f"Looked at by {subject.reviewer}",
        f"Ends {subject.expires_at:%d %B %Y, %H:%M %Z}",
    ]
    if subject.under_age(census.on):
        lines.append(f"Under 18: {subject.under_age_override}")
    if subject.ground_override:
        lines.append(f"Unusual ground: {subject.ground_override}")
    cards = [
        Card(subject.reference, "", image.jpeg, facts=f"{age}, {image.source}")
        for image in subject.images
        for age in (
            old(None if image.taken_on is None else (census.on - image.taken_on).days / 365),
        )
    ]
    return Entry(subject.reference, None, cards, tuple(lines))
