"""Shards: what enrolment leaves on the disk, encrypted from the first byte to the desk's own key.

A shard is a row of leaves, each small enough to be opened whole. A leaf is four files, so that a
bundle, which wants all templates and then all records, can be put together without opening
anything twice: `index` (who, and the report's rows), `templates`, `records`, `thumbnails`.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyrage
from pydantic import Field
from pyrage import x25519

from appliance.domain.watchlist import MAX_IMAGES, Part, Reference
from appliance.errors import InputError
from appliance.watchlist.refusals import parse
from provisioning.desk import disk
from provisioning.desk.rows import Row, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from appliance.domain.face import Floats
    from appliance.domain.watchlist import Subject

LEAF_SUBJECTS = 1_024
LEAF_ROWS = 8_192
"""A leaf ends here too, so that a table of nothing but refusals is not held either."""
LEAF_BYTES = 1 << 29
FILES = ("templates", "records", "thumbnails", "index")
"""The index is written last: without it there is no leaf."""
NAME = re.compile(r"s(\d{5})of(\d{5})-(\d{6})\.(index|templates|records|thumbnails)\.age")
MOST_SHARDS = 10_000
MEND = "Enrol that shard again."


class Entry(Part):
    """One subject of a leaf: how much of each file is theirs."""

    reference: Reference = Field(repr=False)
    expires_s: int
    record_bytes: int = Field(gt=0)
    thumbnail_bytes: tuple[int, ...] = Field(min_length=1, max_length=MAX_IMAGES)


class Line(Part):
    """A row of the report."""

    reference: str = Field(repr=False)
    picture: str = Field(repr=False)
    verdict: Verdict
    reason: str = Field(repr=False)
    mend: str
    measures: dict[str, float] = Field(repr=False)
    line: int | None
    place: int | None = None
    """Which of the leaf's thumbnails shows it."""
    jpeg: str = Field(default="", repr=False)
    """In base64, where it is none of them."""


class Leaf(Part):
    """The index of a leaf."""

    shard: int
    of: int
    number: int
    last: bool
    digest: str
    """Of the table or folder: shards of two tables do not mix."""
    model_id: str
    dimension: int
    entries: tuple[Entry, ...] = Field(repr=False)
    lines: tuple[Line, ...] = Field(repr=False)


@dataclass(frozen=True)
class Shard:
    """Which part of the table this is, and of which list."""

    number: int
    of: int
    digest: str
    model_id: str
    dimension: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of <= MOST_SHARDS:
            fault = f"There is no shard {self.number} of {self.of}."
            raise InputError(fault, mend=f"Count from 1 to at most {MOST_SHARDS}.")

    def span(self, people: int) -> range:
        """Say which people are its own: shards follow each other in the table's order."""
        return range((self.number - 1) * people // self.of, self.number * people // self.of)


@dataclass(frozen=True)
class Taken:
    """One person who can be listed."""

    subject: Subject = field(repr=False)
    templates: Sequence[Floats] = field(repr=False)
    jpegs: Sequence[bytes] = field(repr=False)


class ShardWriter:
    """Writes leaf after leaf; whatever this shard left before is removed first.

    Args:
        folder: Of all shards of the list.
        recipient: The desk's own one-time recipient.
        shard: Which one this is.

    Raises:
        InputError: the recipient is none.
    """

    def __init__(self, folder: Path, recipient: str, shard: Shard) -> None:
        self._folder, self._shard = folder, shard
        try:
            self._recipient = x25519.Recipient.from_str(recipient)
        except pyrage.RecipientError:
            raise InputError(
                "The recipient of the shards is no X25519 key of age.", mend="Take the draft's own."
            ) from None
        self._number = 0
        self._entries: list[Entry] = []
        self._lines: list[Line] = []
        self._parts: dict[str, list[bytes]] = {name: [] for name in FILES}
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file in folder.glob(f"s{shard.number:05}of{shard.of:05}-*.age"):
            file.unlink()

    def add(self, taken: Taken | None, rows: Sequence[Row]) -> None:
        """Take a person's entry and rows; the rows of what was taken stand in its order, first.

        Args:
            taken: None where no picture can be used.
            rows: The report's, those of the entry's own pictures first.
        """
        shown = len(taken.jpegs) if taken else 0
        first = len(self._parts["thumbnails"])
        for i, row in enumerate(rows):
            self._lines.append(_line(row, first + i if i < shown else None))
        if taken:
            self._enter(taken)
        if len(self._entries) >= LEAF_SUBJECTS or len(self._lines) >= LEAF_ROWS:
            self._write(last=False)

    def _enter(self, taken: Taken) -> None:
        record = taken.subject.model_dump_json().encode()
        self._entries.append(
            Entry(
                reference=taken.subject.reference,
                expires_s=int(taken.subject.expires_at.timestamp()),
                record_bytes=len(record),
                thumbnail_bytes=tuple(map(len, taken.jpegs)),
            )
        )
        self._parts["records"].append(record)
        self._parts["thumbnails"] += taken.jpegs
        self._parts["templates"] += [t.astype("<f2").tobytes() for t in taken.templates]

    def close(self) -> None:
        """Write what is left; a shard without its last leaf is not whole."""
        self._write(last=True)

    def _write(self, *, last: bool) -> None:
        shard = self._shard
        leaf = Leaf(
            shard=shard.number,
            of=shard.of,
            number=self._number,
            last=last,
            digest=shard.digest,
            model_id=shard.model_id,
            dimension=shard.dimension,
            entries=tuple(self._entries),
            lines=tuple(self._lines),
        )
        self._parts["index"] = [leaf.model_dump_json().encode()]
        for name in FILES:
            data = pyrage.encrypt(b"".join(self._parts[name]), [self._recipient])
            disk.write(self._folder / file_name(shard.number, shard.of, self._number, name), data)
            self._parts[name].clear()
        self._entries.clear()
        self._lines.clear()
        self._number += 1


def file_name(shard: int, of: int, number: int, part: str) -> str:
    """Name a file of a leaf."""
    return f"s{shard:05}of{of:05}-{number:06}.{part}.age"


def _line(row: Row, place: int | None) -> Line:
    return Line(
        reference=row.reference,
        picture=row.picture,
        verdict=row.verdict,
        reason=row.reason,
        mend=row.mend,
        measures={name: round(float(value), 4) for name, value in row.measures.items()},
        line=row.line,
        place=place,
        jpeg="" if place is not None else base64.b64encode(row.thumbnail).decode(),
    )


@dataclass(frozen=True)
class LeafReader:
    """Opens the files of leaves with the desk's key."""

    folder: Path
    identity: x25519.Identity = field(repr=False)

    def index(self, shard: int, of: int, number: int) -> Leaf:
        """Open a leaf's index.

        Raises:
            InputError: it is missing, damaged, or not what its name says.
        """
        data = self.open(shard, of, number, "index")
        leaf = parse(Leaf, data, "An index of the shards")
        if (leaf.shard, leaf.of, leaf.number) != (shard, of, number):
            raise InputError(f"Shard {shard} of {of} was renamed.", mend=MEND)
        return leaf

    def templates(self, leaf: Leaf) -> Floats:
        """Open a leaf's templates: float16 of (N, D)."""
        data = self.part(leaf, "templates")
        rows = sum(len(entry.thumbnail_bytes) for entry in leaf.entries)
        _require_size(len(data), rows * leaf.dimension * 2, leaf)
        return np.frombuffer(data, "<f2").reshape(rows, leaf.dimension)

    def part(self, leaf: Leaf, name: str) -> bytes:
        """Open another file of a leaf whole."""
        return self.open(leaf.shard, leaf.of, leaf.number, name)

    def open(self, shard: int, of: int, number: int, name: str) -> bytes:
        """Open a file whole.

        Raises:
            InputError: it is missing or damaged, or is not for this key.
        """
        file = self.folder / file_name(shard, of, number, name)
        try:
            return pyrage.decrypt(disk.read(file, LEAF_BYTES), [self.identity])
        except (pyrage.DecryptError, InputError):
            fault = f"Shard {shard} of {of} is not whole, or is not for this list."
            raise InputError(fault, mend=MEND) from None

    def rows(self, leaf: Leaf) -> list[Row]:
        """Give the report's rows of a leaf, with their thumbnails."""
        blob = self.part(leaf, "thumbnails")
        ends = np.cumsum([0, *(size for e in leaf.entries for size in e.thumbnail_bytes)])
        return [_row(line, blob, ends.tolist()) for line in leaf.lines]


def _require_size(found: int, wanted: int, leaf: Leaf) -> None:
    if found != wanted:
        raise InputError(f"Shard {leaf.shard} of {leaf.of} does not fit together.", mend=MEND)


def _row(line: Line, blob: bytes, ends: Sequence[int]) -> Row:
    if line.place is None:
        jpeg = base64.b64decode(line.jpeg)
    else:
        jpeg = blob[ends[line.place] : ends[line.place + 1]]
    return Row(
        reference=line.reference,
        picture=line.picture,
        verdict=line.verdict,
        reason=line.reason,
        mend=line.mend,
        measures=line.measures,
        thumbnail=jpeg,
        line=line.line,
    )
