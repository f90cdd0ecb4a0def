"""Where pictures come from on an ordinary computer: a film, a V4L2 device or an RTSP camera."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import av
import numpy as np
from av.codec.context import Flags
from av.error import ExitError, FFmpegError
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from appliance.clock import Reel
from appliance.domain.frame import Colour, Matrix
from appliance.host.pixels import split
from appliance.mast import is_live, refusal

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from appliance.settings import CameraSettings

OPEN_S, READ_S = 5.0, 3.0
"""A network camera that is silent for so long is lost."""
BARREN_PIECES = 500
"""So many pieces in a row that give no picture are no film; at 25 a second, 20 s."""
FEWEST_PX = 2
"""Shortest side of a picture: a pixel of chroma needs two of luma."""
LIMIT = {"max_pixels": str(8192 * 8192)}
"""A damaged header may claim a picture that fills the memory."""
RTSP = {"rtsp_transport": "tcp", "analyzeduration": "500000", "fpsprobesize": "0"}
"""Looks at half a second of stream, not at five, before it shows anything (microseconds)."""
FILES = {"protocol_whitelist": "file"}
"""A playlist that calls itself a film must not make the van fetch what it names."""
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


class Source:
    """An open container; gives its pictures one by one."""

    def __init__(self, stream: VideoStream, container: InputContainer, *, live: bool) -> None:
        self._stream = stream
        self._container = container
        self._live = live
        self._reel = Reel(float(stream.time_base or 0), _interval_ns(stream))
        self._reformat = VideoReformatter()
        codec = stream.codec_context
        codec.thread_count = 1
        codec.options = LIMIT
        if live:
            codec.flags |= Flags.low_delay

    def pieces(self) -> Iterator[Piece | None]:
        """Give each picture, and None for whatever cannot be read.

        Ends with the film, or when the camera is lost.
        """
        barren = 0
        for packet in self._packets():
            begun_ns = time.monotonic_ns()
            pictures = self._decode(packet)
            barren = 0 if pictures else barren + 1
            if pictures is None:
                yield None
            for picture in pictures or ():
                yield self._piece(picture, time.monotonic_ns() - begun_ns)
                begun_ns = time.monotonic_ns()
            if barren == BARREN_PIECES:
                return

    def _packets(self) -> Iterator[Packet[VideoStream] | None]:
        while not (yield from self._sound()):
            yield None

    def _sound(self) -> Generator[Packet[VideoStream], None, bool]:
        """Give packets up to the next damage; return whether to stop there."""
        try:
            yield from self._container.demux(self._stream)
        except (FFmpegError, OSError):
            return self._live  # a film is read on behind the damage
        return True

    def _decode(self, packet: Packet[VideoStream] | None) -> list[VideoFrame] | None:
        if packet is None:
            return None
        try:
            pictures = self._stream.decode(packet)
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
        """Write the picture upright into I420 pixels.

        Raises:
            FFmpegError: it cannot be converted.
        """
        planar = self._planar(picture, shape.colour)
        for place, plane in zip(
            split(pixels, shape.width, shape.height), planar.planes, strict=True
        ):
            lines = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            wide, high = place.shape[::-1]
            quarter = _turns(picture)
            if quarter % 2:
                wide, high = high, wide
            place[...] = np.rot90(lines[:high, :wide], quarter)

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


def _interval_ns(stream: VideoStream) -> int:
    rate = stream.average_rate or stream.guessed_rate
    return int(1e9 / rate) if rate else FALLBACK_NS


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


@contextmanager
def open_source(settings: CameraSettings) -> Generator[Source]:
    """Open a film or a camera.

    Raises:
        InputError: a film is missing or unreadable.
        MachineError: a camera does not answer.
    """
    live = is_live(settings.uri)
    try:
        container = _open(settings.uri)
    except (FFmpegError, OSError, ValueError) as error:
        # FFmpeg's own error holds the address, and that may hold a password.
        raise refusal(settings, _reason(error)) from None
    with container:
        yield Source(_video(settings, container), container, live=live)


def _open(uri: str) -> InputContainer:
    timeout = OPEN_S, READ_S
    if uri.startswith("/dev/"):
        return av.open(uri, format="v4l2", timeout=timeout)
    if is_live(uri):
        options = LIMIT | (RTSP if uri.startswith("rtsp") else {})
    else:
        uri, options = str(Path(uri).absolute()), LIMIT | FILES
    return av.open(uri, options=options, timeout=timeout, metadata_errors="replace")


def _video(settings: CameraSettings, container: InputContainer) -> VideoStream:
    for stream in container.streams.video:
        # A codec that nobody knows leaves no context, whatever the library's types say.
        if getattr(stream, "codec_context", None):
            return stream
    raise refusal(settings, "there is no video that can be decoded in it")


def _reason(error: Exception) -> str:
    said = error.strerror if isinstance(error, (FFmpegError, OSError)) else None
    return "there is no answer" if isinstance(error, ExitError) else said or "it is no film"
