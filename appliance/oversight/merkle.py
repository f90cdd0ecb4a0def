"""The Merkle tree of RFC 6962, section 2.1, grown at its right edge.

Of a tree only the rightmost tile of each level has to be known to make it larger, however large
it is: everything to the left of them never changes again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HASH_BYTES: Final = 32
WIDTH: Final = 256
"""Hashes in a full tile (C2SP tlog-tiles)."""
EMPTY: Final = sha256().digest()
"""The root of a tree without leaves."""


def leaf(entry: bytes) -> bytes:
    """Hash an entry."""
    return sha256(b"\0" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into one."""
    return sha256(b"\1" + left + right).digest()


def top(hashes: Sequence[bytes], rest: bytes | None = None) -> bytes | None:
    """Hash a row of whole subtrees of one size into one.

    Args:
        hashes: From the left.
        rest: What stands to the right of them, and is smaller than any of them.

    Returns:
        None where there is nothing.
    """
    peaks: list[tuple[int, bytes]] = []
    for number in hashes:
        height, right = 0, number
        while peaks and peaks[-1][0] == height:
            right = node(peaks.pop()[1], right)
            height += 1
        peaks.append((height, right))
    for _, peak in reversed(peaks):
        rest = peak if rest is None else node(peak, rest)
    return rest


@dataclass(frozen=True)
class Tile:
    """Some neighbouring hashes of one level; a full one never changes again."""

    level: int
    index: int
    hashes: tuple[bytes, ...] = field(repr=False)

    @property
    def data(self) -> bytes:
        """As it is kept."""
        return b"".join(self.hashes)


@dataclass
class Edge:
    """The right edge of a tree: what is in the last tile of each level."""

    rows: list[list[bytes]] = field(default_factory=list[list[bytes]])
    """By level; each holds fewer hashes than a full tile."""
    size: int = 0
    """Leaves of the whole tree."""

    @property
    def root(self) -> bytes:
        """The hash of the whole tree."""
        rest: bytes | None = None
        for row in self.rows:
            rest = top(row, rest)
        return EMPTY if rest is None else rest

    def add(self, number: bytes) -> Iterator[Tile]:
        """Put a leaf's hash to the right of all, and give the tiles that it has made full."""
        self.size += 1
        yield from self._add(0, number)

    def tiles(self) -> Iterator[Tile]:
        """Give the tiles that are not full."""
        for level, row in enumerate(self.rows):
            if row:
                yield Tile(level, self.size // WIDTH ** (level + 1), tuple(row))

    def _add(self, level: int, number: bytes) -> Iterator[Tile]:
        if level == len(self.rows):
            self.rows.append([])
        row = self.rows[level]
        row.append(number)
        if len(row) < WIDTH:
            return
        yield Tile(level, self.size // WIDTH ** (level + 1) - 1, tuple(row))
        above = _whole(row)
        row.clear()
        yield from self._add(level + 1, above)


def widths(size: int) -> list[int]:
    """Say how many hashes the last tile of each level holds in a tree of a size; 0 for none."""
    found: list[int] = []
    while size:
        found.append(size % WIDTH)
        size //= WIDTH
    return found


def _whole(row: Sequence[bytes]) -> bytes:
    """Hash a full tile into one."""
    while len(row) > 1:
        row = [node(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]
