"""Where pictures come from on an ordinary computer: a film, a V4L2 device or an RTSP camera."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from av.error import FFmpegError
from av.video.reformatter import ColorRange, VideoReformatter

from appliance.domain.frame import Colour, Matrix
from appliance.errors import InputError, MachineError
from appliance.host.pixels import split

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from appliance.settings import CameraSettings

OPEN_S, READ_S = 5.0, 3.0
"""A network camera that is silent for so long is lost."""
BAD_PACKETS = 100
"""So many unreadable pieces in a row are no film."""
HIGH_DEFINITION = 720
"""Lines from which a film that does not say is BT.709; below, BT.601 (the habit of players)."""


@dataclass(frozen=True)
class Shape:
    """What a source gives."""

    width: int
    height: int
    colour: Colour


class Source:
    """An open container; gives packets, then the pictures of each."""

    def __init__(self, settings: CameraSettings, container: InputContainer) -> None:
        self.settings = settings
        self.container = container
        self.stream = container.streams.video[0]
        self.stream.codec_context.thread_count = 1
        self.bad = 0
        self._reformat = VideoReformatter()

    def packets(self) -> Iterator[Packet[VideoStream]]:
        """Give each packet of the video. Ends with the film, or when the camera is lost."""
        packets = self.container.demux(self.stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (FFmpegError, OSError):
                if not self._excused():
                    return
                continue
            yield packet

    def pictures(self, packet: Packet[VideoStream]) -> list[VideoFrame]:
        """Decode a packet; an unreadable one gives no picture and is counted."""
        try:
            pictures = self.stream.decode(packet)
        except FFmpegError:
            self.bad += 1
            return []
        return pictures

    def _excused(self) -> bool:
        self.bad += 1
        return not self.live and self.bad < BAD_PACKETS

    @property
    def live(self) -> bool:
        """Whether the source has a pace of its own."""
        return is_live(self.settings.uri)

    def seconds(self, moment: int | None) -> float:
        """Turn a time stamp of the stream into seconds."""
        base = self.stream.time_base
        return float((moment or 0) * base) if base else 0.0

    @property
    def interval_ns(self) -> int:
        """Time from one picture to the next."""
        rate = self.stream.average_rate or self.stream.guessed_rate
        return int(1e9 / rate) if rate else 0

    def shape(self, picture: VideoFrame) -> Shape:
        """Say how the picture will lie in memory: upright, even sides, I420."""
        width, height = picture.width & ~1, picture.height & ~1
        if turns(picture) % 2:
            width, height = height, width
        return Shape(width, height, _colour(picture))

    def copy(self, picture: VideoFrame, pixels: np.ndarray[Any, Any], shape: Shape) -> None:
        """Write the picture upright into I420 pixels."""
        name = "yuvj420p" if shape.colour.full_range else "yuv420p"
        if picture.format.name not in {"yuv420p", "yuvj420p"}:
            picture = self._reformat.reformat(picture, format=name)
        quarter = turns(picture)
        places = split(pixels, shape.width, shape.height)
        for place, plane in zip(places, picture.planes, strict=True):
            lines = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            upright = np.rot90(lines[:, : plane.width], quarter)
            place[...] = upright[: place.shape[0], : place.shape[1]]


def is_live(uri: str) -> bool:
    """Tell a camera from a film."""
    return "://" in uri or uri.startswith("/dev/")


def turns(picture: VideoFrame) -> int:
    """Quarter turns against the clock that bring the picture upright."""
    return round(picture.rotation / 90) % 4


def _colour(picture: VideoFrame) -> Colour:
    full = picture.format.name.startswith("yuvj") or int(picture.color_range) == ColorRange.JPEG
    known = {1: Matrix.BT709, 5: Matrix.BT601, 6: Matrix.BT601}
    guess = Matrix.BT709 if picture.height >= HIGH_DEFINITION else Matrix.BT601
    rgb = picture.format.is_rgb or picture.format.has_palette
    return Colour(Matrix.BT601 if rgb else known.get(int(picture.colorspace), guess), full)


@contextmanager
def open_source(settings: CameraSettings) -> Generator[Source]:
    """Open a film or a camera.

    Raises:
        InputError: a film is missing or unreadable.
        MachineError: a camera does not answer.
    """
    live = is_live(settings.uri)
    try:
        kind = "v4l2" if settings.uri.startswith("/dev/") else None
        options = _options(settings.uri)
        container = av.open(settings.uri, format=kind, options=options, timeout=(OPEN_S, READ_S))
    except (FFmpegError, OSError, ValueError) as error:
        raise _refusal(settings, live=live) from error
    with container:
        if not container.streams.video:
            raise _refusal(settings, live=live)
        yield Source(settings, container)


def _options(uri: str) -> dict[str, str]:
    if uri.startswith("rtsp"):
        return {"rtsp_transport": "tcp", "fflags": "nobuffer", "flags": "low_delay"}
    return {}


def _refusal(settings: CameraSettings, *, live: bool) -> InputError | MachineError:
    if live:
        return MachineError(
            f"The camera {settings.name} does not answer.",
            mend="Check its power, its cable and camera.uri in the settings.",
        )
    film = Path(settings.uri).name
    return InputError(
        f"The film {film} cannot be read.", mend="Give a film that a player can show."
    )
