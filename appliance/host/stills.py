"""A film of bare JPEG pictures, cut apart here and decoded each by itself.

FFmpeg's own parser and decoder keep the longest picture that they ever had, and a shorter one
overwrites only its beginning: measured, pieces of every passer-by. Here nothing is carried from one
picture to the next.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol, cast

import av
from typing_extensions import override

from appliance.clock import Reel
from appliance.host.pieces import FALLBACK_NS, LIMIT, Pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.video.frame import VideoFrame

    from appliance.host.pieces import Parcel

SUFFIXES: Final = (".mjpeg", ".mjpg")
BEGIN: Final = b"\xff\xd8"
FILL, AGAIN, END, SCAN = 0xFF, 0xD8, 0xD9, 0xDA
"""A byte of filling, and the markers of an image's start and end, and of a scan (ITU-T T.81)."""
IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
"""The next marker in a scan that is none of its own."""
ROOM_BYTES = 1 << 20
"""Of a picture, at first."""
MOST_BYTES = 1 << 26
"""A longer one is damaged."""


class Film(Protocol):
    """What can be read from, without waiting for more than there is."""

    def readinto(self, room: memoryview, /) -> int | None:
        """Fill the beginning of a room, and tell how much of it; 0 or None at the end."""
        ...


class Cutter:
    """Cuts a stream of JPEG pictures apart; what was cut off is overwritten with zeros.

    Args:
        film: Is read as far as is needed.
    """

    def __init__(self, film: Film) -> None:
        self._film = film
        self._room = bytearray(ROOM_BYTES)
        self._have = 0
        """So many bytes of it are filled."""

    def pictures(self) -> Iterator[memoryview | None]:
        """Lend each picture until the next is asked for, and None for whatever is none."""
        while self._begin():
            end = self._end()
            if end is None:
                yield None
                self._drop(len(BEGIN))
                continue
            with memoryview(self._room)[:end] as picture:
                yield picture
            self._drop(end)
        self._drop(self._have)

    def _begin(self) -> bool:
        """Bring the next beginning to the front."""
        while (place := self._room.find(BEGIN, 0, self._have)) < 0:
            self._drop(max(self._have - 1, 0))
            if not self._read():
                return False
        self._drop(place)
        return True

    def _end(self) -> int | None:
        """Find where the picture ends; None where it is damaged or the film ends before."""
        place = len(BEGIN)
        while self._reach(place + 4) or self._reach(place + 2):
            fill, marker = self._room[place], self._room[place + 1]
            if fill != FILL or marker == AGAIN:
                return None
            if marker == END:
                return place + 2
            place += 1 if marker == FILL else 2 + self._length(place + 2)
            if marker == SCAN:
                found = self._search(place)
                if found is None:
                    return None
                place = found
        return None

    def _length(self, place: int) -> int:
        return int.from_bytes(self._room[place : place + 2], "big")

    def _search(self, place: int) -> int | None:
        while not (found := IN_SCAN.search(self._room, place, self._have)):
            place = max(place, self._have - 1)
            if not self._read():
                return None
        return found.start()

    def _reach(self, length: int) -> bool:
        while self._have < length:
            if not self._read():
                return False
        return True

    def _read(self) -> bool:
        """Read on; False at the film's end, or where a picture is longer than any."""
        if self._have == len(self._room):
            if self._have >= MOST_BYTES:
                return False
            larger = bytearray(2 * self._have)
            larger[: self._have] = self._room
            self._room[:] = bytes(self._have)
            self._room = larger
        with memoryview(self._room)[self._have :] as rest:
            count = self._film.readinto(rest)
        self._have += count or 0
        return bool(count)

    def _drop(self, count: int) -> None:
        """Overwrite the beginning, and bring the rest to the front."""
        rest = self._have - count
        self._room[:rest] = self._room[count : self._have]
        self._room[rest : self._have] = bytes(count)
        self._have = rest


class Stills(Pieces):
    """Gives the pictures of a film of bare JPEG pictures one by one."""

    def __init__(self, film: Film) -> None:
        super().__init__(Reel(0.0, FALLBACK_NS), single=True)
        self._cutter = Cutter(film)

    @override
    def _packets(self) -> Iterator[Parcel | None]:
        for picture in self._cutter.pictures():
            if picture is None:
                yield None
                continue
            packet = av.Packet(len(picture))
            packet.update(bytes(picture))
            yield cast("Parcel", packet)

    @override
    def _decode(self, packet: Parcel) -> list[VideoFrame]:
        return decode(packet)


def decode(packet: Parcel) -> list[VideoFrame]:
    """Decode a JPEG picture with a decoder of its own, and overwrite the packet with zeros.

    A decoder keeps the scan of its last picture; this one's is freed, and so overwritten, at once.

    Raises:
        FFmpegError: it is damaged.
    """
    decoder = av.CodecContext.create("mjpeg", "r")
    decoder.thread_count = 1
    decoder.options = LIMIT
    try:
        return decoder.decode(packet)
    finally:
        packet.update(bytes(packet.size))
