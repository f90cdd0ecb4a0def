"""Thousands of short pieces of bytes, looked for all at once in a memory or a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

KEY_BYTES = 8
"""The beginning of a needle, by which it is found; the rest is compared afterwards."""
LONGEST = 64
"""Bytes of a needle at the most: pieces of a memory overlap by so much."""
BLOCK = 1 << 16
"""Words that are looked at together: they fit into a processor's own memory."""
BITS = 22
MIXER = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio (Knuth, The Art of Computer Programming 3, 6.4)."""
SHIFT = np.uint64(64 - BITS)


@dataclass(frozen=True)
class Needle:
    """A piece of what is known of one planted face, in one of the forms that it takes."""

    face: int
    """Number of the planted face; -1 for what belongs to a whole picture."""
    form: str
    data: bytes = field(repr=False)


class Room(NamedTuple):
    """Where a block is worked on: with new memory for each, most time would go into that."""

    mixed: npt.NDArray[np.uint64]
    likely: npt.NDArray[np.bool_]

    @classmethod
    def make(cls) -> Room:
        """Make one, for one thread."""
        return cls(np.empty(BLOCK, np.uint64), np.empty(BLOCK, np.bool_))


class Sieve:
    """Finds needles at any offset.

    Args:
        needles: Each of KEY_BYTES to LONGEST bytes, and beginning with other bytes than zeros.

    Raises:
        ValueError: a needle is too short, too long, or would be found in empty memory.
    """

    def __init__(self, needles: Iterable[Needle]) -> None:
        self._by_key: dict[int, list[Needle]] = {}
        for needle in needles:
            key = int.from_bytes(needle.data[:KEY_BYTES], "little")
            if not (KEY_BYTES <= len(needle.data) <= LONGEST and key):
                raise ValueError("a needle must be 8 to 64 bytes, and not begin with zeros")
            self._by_key.setdefault(key, []).append(needle)
        self._keys = np.array(sorted(self._by_key), np.uint64)
        # Nearly every word of a memory is put aside by one look into this table.
        self._likely = np.zeros(1 << BITS, np.bool_)
        self._likely[((self._keys * MIXER) >> SHIFT).astype(np.int64)] = True

    def __len__(self) -> int:
        return sum(map(len, self._by_key.values()))

    def find(self, data: bytes | bytearray | memoryview) -> set[Needle]:
        """Say which needles lie in it."""
        found: set[Needle] = set()
        pieces = np.frombuffer(data, np.uint8)
        if not pieces.any():
            return found
        room = Room.make()
        for offset in range(min(KEY_BYTES, len(pieces) - KEY_BYTES + 1)):
            count = (len(pieces) - offset) // KEY_BYTES
            words = np.frombuffer(data, np.uint64, count, offset)
            for start in range(0, count, BLOCK):
                some = words[start : start + BLOCK]
                for place in self._places(some, room):
                    at = offset + KEY_BYTES * (start + int(place))
                    found |= self._compare(data, int(some[place]), at)
        return found

    def _places(self, words: npt.NDArray[np.uint64], room: Room) -> npt.NDArray[np.intp]:
        mixed, likely_here = room.mixed[: len(words)], room.likely[: len(words)]
        np.multiply(words, MIXER, out=mixed)
        np.right_shift(mixed, SHIFT, out=mixed)
        np.take(self._likely, mixed.view(np.int64), out=likely_here, mode="clip")
        likely = np.flatnonzero(likely_here)
        if not len(likely):
            return likely
        some = words[likely]
        rank = np.minimum(np.searchsorted(self._keys, some), len(self._keys) - 1)
        sure: npt.NDArray[np.intp] = likely[self._keys[rank] == some]
        return sure

    def _compare(self, data: bytes | bytearray | memoryview, key: int, start: int) -> set[Needle]:
        return {
            needle
            for needle in self._by_key[key]
            if bytes(data[start : start + len(needle.data)]) == needle.data
        }
