"""Decoded pictures, one by one, and how each is brought into I420 pixels of our own."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from av.error import FFmpegError
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from appliance.domain.frame import Colour, Matrix
from appliance.host.pixels import split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from appliance.clock import Reel

    Parcel = Packet[VideoStream]
    """What may be decoded to a picture."""

BARREN_PIECES = 500
"""So many pieces in a row that give no picture are no film; at 25 a second, 20 s."""
FEWEST_PX = 2
"""Shortest side of a picture: a pixel of chroma needs two of luma."""
LIMIT = {"max_pixels": str(8192 * 8192)}
"""A damaged header may claim a picture that fills the memory."""
HIGH_DEFINITION = 720
"""Lines from which a film that does not say is BT.709; below, BT.601 (the habit of players)."""
FALLBACK_NS = 40_000_000
"""From one picture to the next, where the film does not say."""
PLANAR = {"yuv420p", "yuvj420p"}
"""Formats that lie in memory as I420 does."""
MATRICES = {1: Matrix.BT709, 5: Matrix.BT601, 6: Matrix.BT601}
"""FFmpeg's AVColorSpace (the numbers of ITU-T H.273, table 4)."""
SPACES = {Matrix.BT601: Colorspace.ITU601, Matrix.BT709: Colorspace.ITU709}


@dataclass(frozen=True)
class Shape:
    """How a picture will lie in memory: upright, even sides, I420."""

    width: int
    height: int
    colour: Colour

    @property
    def length(self) -> int:
        """Bytes of a frame."""
        return self.width * self.height * 3 // 2


class Piece(NamedTuple):
    """A decoded picture, and when it is to be shown."""

    picture: VideoFrame
    due_ns: int
    """After the film's first picture."""
    lasts_ns: int
    cost_ns: int
    """What decoding took: when it ends, the picture is so old."""


class Pieces(ABC):
    """Gives the pictures of a film or a camera one by one.

    Args:
        reel: The film's own clock.
        single: Whether each picture stands for itself: then nobody needs it once it is copied,
            and it is overwritten with zeros. Else a decoder makes the next ones of it.
    """

    def __init__(self, reel: Reel, *, single: bool) -> None:
        self._reel, self._single = reel, single
        self._reformat = VideoReformatter()

    def pieces(self) -> Iterator[Piece | None]:
        """Give each picture, and None for whatever cannot be read.

        Ends with the film, or when the camera is lost.
        """
        barren = 0
        for packet in self._packets():
            begun_ns = time.monotonic_ns()
            pictures = self._whole(packet)
            barren = 0 if pictures else barren + 1
            if pictures is None:
                yield None
            for picture in pictures or ():
                yield self._piece(picture, time.monotonic_ns() - begun_ns)
                begun_ns = time.monotonic_ns()
            if barren == BARREN_PIECES:
                return

    @abstractmethod
    def _packets(self) -> Iterator[Parcel | None]:
        """Give what is to be decoded, and None for whatever cannot be read."""

    @abstractmethod
    def _decode(self, packet: Parcel) -> list[VideoFrame]:
        """Decode; errors are FFmpeg's own, OSError and ValueError."""

    def _whole(self, packet: Parcel | None) -> list[VideoFrame] | None:
        if packet is None:
            return None
        try:
            pictures = self._decode(packet)
        except (FFmpegError, OSError, ValueError):
            return None
        # A half-decoded face must neither be matched nor shown to an officer.
        whole = [picture for picture in pictures if not picture.is_corrupt and _sized(picture)]
        return whole if whole or not pictures else None

    def _piece(self, picture: VideoFrame, cost_ns: int) -> Piece:
        due_ns = self._reel.due(picture.pts)
        return Piece(picture, due_ns, self._reel.lasts(picture.duration), cost_ns)

    def shape(self, picture: VideoFrame) -> Shape:
        """Say how the picture will lie in memory."""
        width, height = picture.width & ~1, picture.height & ~1
        if _turns(picture) % 2:
            width, height = height, width
        return Shape(width, height, _colour(picture))

    def copy(self, picture: VideoFrame, pixels: np.ndarray[Any, Any], shape: Shape) -> None:
        """Write the picture upright into I420 pixels; it is of no use afterwards.

        Raises:
            FFmpegError: it cannot be converted.
        """
        planar = self._planar(picture, shape.colour)
        places = split(pixels, shape.width, shape.height)
        for place, plane in zip(places, planar.planes, strict=True):
            lines = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            wide, high = place.shape[::-1]
            quarter = _turns(picture)
            if quarter % 2:
                wide, high = high, wide
            place[...] = np.rot90(lines[:high, :wide], quarter)
        if planar is not picture:
            _erase(planar)
        if self._single:
            _erase(picture)

    def _planar(self, picture: VideoFrame, colour: Colour) -> VideoFrame:
        if picture.format.name in PLANAR:
            return picture
        reach = ColorRange.JPEG if colour.full_range else ColorRange.MPEG
        space = SPACES[colour.matrix]
        rgb = _is_rgb(picture)
        return self._reformat.reformat(
            picture,
            format="yuv420p",
            src_colorspace=None if rgb else space,
            dst_colorspace=space,
            src_color_range=None if rgb else reach,
            dst_color_range=reach,
            threads=1,
        )


def _erase(picture: VideoFrame) -> None:
    for plane in picture.planes:
        np.frombuffer(memoryview(plane), np.uint8).fill(0)


def _sized(picture: VideoFrame) -> bool:
    return min(picture.width, picture.height) >= FEWEST_PX


def _turns(picture: VideoFrame) -> int:
    """Quarter turns against the clock that bring the picture upright."""
    return round(picture.rotation / 90) % 4


def _is_rgb(picture: VideoFrame) -> bool:
    return picture.format.is_rgb or picture.format.has_palette


def _colour(picture: VideoFrame) -> Colour:
    if _is_rgb(picture):
        return Colour(Matrix.BT601)
    guess = Matrix.BT709 if picture.height >= HIGH_DEFINITION else Matrix.BT601
    return Colour(MATRICES.get(int(picture.colorspace), guess), _full(picture))


def _full(picture: VideoFrame) -> bool:
    # FFmpeg's gray has the full range, unless it says something else.
    always = picture.format.name.startswith(("yuvj", "gray"))
    return int(picture.color_range) == ColorRange.JPEG or (
        always and int(picture.color_range) != ColorRange.MPEG
    )
