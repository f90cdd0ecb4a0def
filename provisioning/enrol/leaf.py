"""The leaves of shards: what is in one, and how it is opened with the desk's key."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyrage
from pydantic import Field

from appliance.domain.watchlist import MAX_IMAGES, Part, Reference
from appliance.errors import InputError
from appliance.watchlist.refusals import parse
from provisioning import disk
from provisioning.enrol.rows import Row, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pyrage import x25519

    from appliance.domain.face import Floats

LEAF_BYTES = 1 << 29
NAME = re.compile(r"s(\d{5})of(\d{5})-(\d{6})\.(index|templates|records|thumbnails|rows)\.age")
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
    kind: str = Field(repr=False)
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


class Lines(Part):
    """The rows of a leaf."""

    lines: tuple[Line, ...] = Field(repr=False)


class Whereabouts(Protocol):
    """Which leaf."""

    @property
    def shard(self) -> int:
        """Counted from 1."""
        ...

    @property
    def of(self) -> int:
        """How many shards there are."""
        ...

    @property
    def number(self) -> int:
        """Of the leaf in its shard."""
        ...


def file_name(shard: int, of: int, number: int, part: str) -> str:
    """Name a file of a leaf."""
    return f"s{shard:05}of{of:05}-{number:06}.{part}.age"


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
        """Open a leaf's templates: float16 of (N, D).

        Raises:
            InputError: they are missing or damaged, or not one for each picture.
        """
        data = self.part(leaf, "templates")
        rows = sum(len(entry.thumbnail_bytes) for entry in leaf.entries)
        if len(data) != rows * leaf.dimension * 2:
            raise InputError(f"Shard {leaf.shard} of {leaf.of} does not fit together.", mend=MEND)
        return np.frombuffer(data, "<f2").reshape(rows, leaf.dimension)

    def part(self, leaf: Whereabouts, name: str) -> bytes:
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
        lines = parse(Lines, self.part(leaf, "rows"), "The rows of the shards").lines
        places = ends.tolist()
        return [_row(line, blob, places) for line in lines]


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
        kind=line.kind,
        measures=line.measures,
        thumbnail=jpeg,
        line=line.line,
    )
