"""A film or a camera of bare H.264, decoded so that no picture lasts longer than it is needed.

A decoder makes pictures of older pictures, so it cannot be one for each. It is one for each group:
before a picture that stands for itself (IDR) the last one is freed, and so overwritten, with every
picture that it has. And where it undoes escapes it keeps the longest that it ever had, of which a
shorter one overwrites only the beginning: so behind each access unit stands a filler, for nothing
but to overwrite there what the last one has left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import av
from av.codec.context import Flags
from av.error import FFmpegError
from typing_extensions import override

from appliance.host.pieces import LIMIT, Pieces
from appliance.host.units import IDR, PPS, SPS, START, Units, nals, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame

    from appliance.clock import Reel
    from appliance.host.pieces import Parcel
    from appliance.host.stills import Film

SUFFIXES: Final = (".h264", ".264")
SIP_BYTES: Final = 1 << 12
"""Of a film, read at once; so much of it lies there until more is read."""
FILLER: Final = START + b"\x0c\0\0\3"
"""Begins one (7.3.2.7), with an escape: only what has one is copied to where escapes are undone."""
END: Final = b"\x80"

Chunk = tuple[memoryview, "int | None"]
"""Some of a stream, and when it is to be shown, in steps of its own clock."""


class Decoder:
    """Decodes access units, in groups of pictures.

    Args:
        said: Sets of parameters that come beside the stream, as FFmpeg's `extradata`.
        live: Whether no picture waits for those behind it.
    """

    def __init__(self, said: bytes = b"", *, live: bool = False) -> None:
        self._said, self._live = said, live
        self._sets: dict[tuple[int, int], bytes] = {}
        self._last_bytes = self._depth = 0
        self._codec = self._new()
        self.opened = 1
        """How many decoders there were."""

    @property
    def interval_ns(self) -> int | None:
        """From one picture to the next, where the stream says so itself."""
        rate = self._codec.framerate
        return int(1e9 / rate) if rate else None

    def decode(self, packet: Parcel) -> list[VideoFrame]:
        """Decode an access unit, and overwrite the packet; an empty one ends the stream.

        Returns:
            The pictures that are ready: of this one, or of those before.

        Raises:
            FFmpegError: it is damaged.
        """
        if not packet.size:
            return self._codec.decode(None)
        try:
            unit = bytes(packet)
            found = list(nals(unit))
            shown = self._renew() if any(nal.kind == IDR for nal in found) else []
            for nal in found:
                if nal.kind in {SPS, PPS}:
                    self._sets[nal.kind, number(nal)] = START + nal.data
            return self._add(shown, self._filled(packet, unit))
        finally:
            packet.update(bytes(packet.size))

    def _add(self, shown: list[VideoFrame], packet: Parcel) -> list[VideoFrame]:
        try:
            return shown + self._codec.decode(packet)
        except FFmpegError:
            if not shown:
                raise
            return shown
        finally:
            packet.update(bytes(packet.size))

    def _filled(self, packet: Parcel, unit: bytes) -> Parcel:
        """Put a filler behind, as long as the last unit was."""
        filler = FILLER + b"\xff" * self._last_bytes + END if self._last_bytes else b""
        self._last_bytes = len(unit)
        filled = cast("Parcel", av.Packet(len(unit) + len(filler)))
        filled.update(unit + filler)
        filled.pts, filled.dts, filled.duration = packet.pts, packet.dts, packet.duration
        return filled

    def _renew(self) -> list[VideoFrame]:
        """Take a new decoder, and give what the last one still has to show."""
        if not self._codec.is_open:
            return []
        try:
            shown = self._codec.decode(None)
        except FFmpegError:
            shown = []
        # Else it would have to find out anew how many pictures wait for others, and lose some.
        self._depth = self._codec.reorder_depth
        self._codec = self._new()
        self.opened += 1
        return shown

    def _new(self) -> VideoCodecContext:
        codec = av.CodecContext.create("h264", "r")
        codec.thread_count = 1
        codec.options = LIMIT
        codec.reorder_depth = self._depth
        if self._live:
            codec.flags |= Flags.low_delay
        said = self._said + b"".join(self._sets.values())
        if said:
            codec.extradata = said
        self._last_bytes = 0
        return codec


class Groups(Pieces):
    """Gives the pictures of a stream of bare H.264 one by one.

    Args:
        chunks: The stream, in any pieces, and None for whatever cannot be read.
        reel: The film's own clock.
        decoder: Decodes it.
    """

    def __init__(
        self,
        chunks: Iterable[Chunk | None],
        reel: Reel,
        decoder: Decoder,
    ) -> None:
        super().__init__(reel, single=False)
        self._chunks, self._decoder = chunks, decoder
        self._units = Units()

    @override
    def _packets(self) -> Iterator[Parcel | None]:
        for chunk in self._chunks:
            if chunk is None:
                yield None
                continue
            for unit in self._units.take(*chunk):
                yield None if unit is None else self._packet(unit)
        for unit in self._units.rest():
            yield self._packet(unit)
        yield cast("Parcel", av.Packet())

    @override
    def _decode(self, packet: Parcel) -> list[VideoFrame]:
        shown, interval_ns = self._decoder.decode(packet), self._decoder.interval_ns
        if interval_ns:
            self._reel.pace(interval_ns)
        return shown

    def _packet(self, unit: memoryview) -> Parcel:
        packet = cast("Parcel", av.Packet(len(unit)))
        packet.update(bytes(unit))
        packet.pts = self._units.stamp
        return packet


def sip(film: Film) -> Iterator[Chunk]:
    """Read a film; what was read is overwritten when the next is asked for."""
    room = memoryview(bytearray(SIP_BYTES))
    while count := film.readinto(room):
        yield room[:count], None
        room[:count] = bytes(count)
