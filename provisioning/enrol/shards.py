"""Shards: what enrolment leaves on the disk, encrypted from the first byte to the desk's own key.

A shard is a row of leaves, each small enough to be opened whole. A leaf is five files, so that a
bundle, which wants all templates and then all records, can be put together without opening
anything twice: `index` (who), `templates`, `records`, `thumbnails`, and `rows` for the report.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyrage
from pyrage import x25519

from appliance.errors import InputError
from provisioning import disk
from provisioning.enrol.leaf import Entry, Leaf, Line, Lines, file_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from appliance.domain.face import Floats
    from appliance.domain.watchlist import Subject
    from provisioning.enrol.rows import Row

LEAF_SUBJECTS = 1_024
LEAF_ROWS = 8_192
"""A leaf ends here too, so that a table of nothing but refusals is not held either."""
FILES = ("templates", "records", "thumbnails", "rows", "index")
"""The index is written last: without it there is no leaf."""
MOST_SHARDS = 10_000


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
        )
        self._parts["rows"] = [Lines(lines=tuple(self._lines)).model_dump_json().encode()]
        self._parts["index"] = [leaf.model_dump_json().encode()]
        for name in FILES:
            data = pyrage.encrypt(b"".join(self._parts[name]), [self._recipient])
            disk.write(self._folder / file_name(shard.number, shard.of, self._number, name), data)
            self._parts[name].clear()
        self._entries.clear()
        self._lines.clear()
        self._number += 1


def _line(row: Row, place: int | None) -> Line:
    return Line(
        reference=row.reference,
        picture=row.picture,
        verdict=row.verdict,
        reason=row.reason,
        mend=row.mend,
        kind=row.kind,
        measures={name: round(float(value), 4) for name, value in row.measures.items()},
        line=row.line,
        place=place,
        jpeg="" if place is not None else base64.b64encode(row.thumbnail).decode(),
    )
