"""A stream of bare H.264, cut here into access units: the pieces that make a picture each.

FFmpeg's own parser keeps the longest of them that it ever had, and a shorter one overwrites only
its beginning. What was cut off here is overwritten with zeros. After ITU-T H.264, 7.4.1.2.3 and
annex B, as far as cameras and encoders use them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

START: Final = b"\0\0\1"
"""Stands before each NAL unit; in none of them is there such a thing (annex B)."""
NAL: Final = re.compile(re.escape(START) + rb"([^\x00])", re.DOTALL)
"""The beginning of a NAL unit, and its header."""
KIND: Final = 0x1F
"""The bits of a header that say what it is."""
SLICES: Final = frozenset((1, 2, 5))
IDR: Final = 5
"""A slice of a picture that needs no other, nor does any picture behind it (IDR)."""
SPS: Final = 7
PPS: Final = 8
FIRST: Final = frozenset((6, SPS, PPS, 9))
"""What stands before a picture's slices, and so ends the picture before."""
FIRST_SLICE: Final = 0x80
"""Set in the byte behind a slice's header where it begins a picture: its first macroblock is 0."""
BEGINNING_BYTES: Final = len(START) + 2
WORD_BITS: Final = 64
ROOM_BYTES: Final = 1 << 20
"""Of a unit, at first."""
MOST_BYTES: Final = 1 << 26
"""A longer one is damaged."""


class Nal(NamedTuple):
    """One NAL unit."""

    kind: int
    data: bytes
    """With its header, without the start before it."""


class Units:
    """Cuts a stream apart."""

    def __init__(self) -> None:
        self.stamp: int | None = None
        """When the unit that is lent is to be shown, as it came with its bytes."""
        self._room = bytearray(ROOM_BYTES)
        self._have = self._at = 0
        """So many bytes of it are filled, and so many looked at."""
        self._begun = False
        """Whether there is a slice among them."""

    def take(self, data: memoryview, stamp: int | None = None) -> Iterator[memoryview | None]:
        """Take more of the stream, and lend each unit that is whole until the next is asked for.

        None stands for one that is longer than any. What came with another stamp than before is of
        another picture.
        """
        if stamp != self.stamp:
            if self._begun:
                yield from self.rest()
            self.stamp = stamp
        if self._have + len(data) > MOST_BYTES:
            self._drop(self._have)
            yield None
            return
        self._append(data)
        while (end := self._end()) is not None:
            yield from self._lend(end)

    def rest(self) -> Iterator[memoryview]:
        """Lend what is left, behind which nothing comes."""
        if self._have:
            yield from self._lend(self._have)

    def _append(self, data: memoryview) -> None:
        have = self._have + len(data)
        while have > len(self._room):
            larger = bytearray(2 * len(self._room))
            larger[: self._have] = memoryview(self._room)[: self._have]
            self._room[:] = bytes(len(self._room))
            self._room = larger
        self._room[self._have : have] = data
        self._have = have

    def _end(self) -> int | None:
        """Find where the unit ends: before what begins the next one."""
        while (place := self._room.find(START, self._at, self._have)) >= 0:
            if place + BEGINNING_BYTES > self._have:
                break
            kind, first = self._room[place + 3] & KIND, self._room[place + 4] & FIRST_SLICE
            if self._begun and (kind in FIRST or (kind in SLICES and first)):
                return place
            self._begun |= kind in SLICES
            self._at = place + len(START)
        self._at = max(self._at, self._have - BEGINNING_BYTES + 1)
        return None

    def _lend(self, end: int) -> Iterator[memoryview]:
        with memoryview(self._room)[:end] as unit:
            yield unit
        self._drop(end)

    def _drop(self, count: int) -> None:
        """Overwrite the beginning, and bring the rest to the front."""
        rest = self._have - count
        self._room[:rest] = self._room[count : self._have]
        self._room[rest : self._have] = bytes(self._have - rest)
        self._have, self._at, self._begun = rest, 0, False


def nals(unit: bytes) -> Iterator[Nal]:
    """Give the NAL units of an access unit, in their order."""
    starts = [found.start(1) for found in NAL.finditer(unit)]
    ends = [start - len(START) for start in starts[1:]]
    for start, end in zip(starts, [*ends, len(unit)], strict=bool(starts)):
        yield Nal(unit[start] & KIND, unit[start:end])


def number(nal: Nal) -> int:
    """Tell the number of a set of parameters, by which slices name it (7.3.2.1, 7.3.2.2).

    Of another kind of NAL unit it tells nothing.
    """
    begin = 4 if nal.kind == SPS else 1
    word = nal.data[begin : begin + WORD_BITS // 8].ljust(WORD_BITS // 8, b"\xff")
    bits = int.from_bytes(word, "big")
    zeros = WORD_BITS - bits.bit_length()  # Exp-Golomb, 9.1: so many zeros, a one, and so many bits
    length = 2 * zeros + 1
    return (bits >> (WORD_BITS - length)) - 1 if length < WORD_BITS else 0
