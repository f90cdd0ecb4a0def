"""Where pictures come from on an ordinary computer: a film, a V4L2 device or an RTSP camera."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.codec.context import Flags
from av.error import ExitError, FFmpegError
from typing_extensions import override

from appliance.clock import Reel
from appliance.host import groups
from appliance.host.groups import Decoder, Groups, sip
from appliance.host.pieces import BARREN_PIECES, FALLBACK_NS, LIMIT, Piece, Pieces, Shape
from appliance.host.stills import SUFFIXES, Stills, decode
from appliance.mast import is_live, refusal

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from appliance.host.groups import Chunk
    from appliance.host.pieces import Parcel
    from appliance.settings import CameraSettings

__all__ = ["BARREN_PIECES", "Piece", "Pieces", "Shape", "Source", "open_source"]

OPEN_S, READ_S = 5.0, 3.0
"""A network camera that is silent for so long is lost."""
RTSP = {"rtsp_transport": "tcp", "analyzeduration": "500000", "fpsprobesize": "0"}
"""Looks at half a second of stream, not at five, before it shows anything (microseconds)."""
UNPARSED = {"fflags": "+noparse+nofillin", "analyzeduration": "1"}
"""FFmpeg's parsers keep what is longest, so what needs one is given as it comes; nor is there
anything in its first half second that is not told again by each picture."""
WHOLE = frozenset(("h264", "mjpeg"))
"""Codecs that are put together without a parser: here, or where they come from."""
FILES = {"protocol_whitelist": "file"}
"""A playlist that calls itself a film must not make the van fetch what it names."""


class Source(Pieces):
    """An open container; gives its pictures one by one."""

    def __init__(self, stream: VideoStream, container: InputContainer, *, live: bool) -> None:
        codec = stream.codec_context
        reel = Reel(float(stream.time_base or 0), _interval_ns(stream))
        super().__init__(reel, single=codec.codec.intra_only)
        self._stream = stream
        self._container = container
        self._live = live
        # A film may be turned, of which its own decoder alone is told.
        self._fresh = live and codec.name == "mjpeg"
        codec.thread_count = 1
        codec.options = LIMIT
        if live:
            codec.flags |= Flags.low_delay

    @override
    def _packets(self) -> Iterator[Parcel | None]:
        while not (yield from self._sound()):
            yield None

    def _sound(self) -> Generator[Parcel, None, bool]:
        """Give packets up to the next damage; return whether to stop there."""
        try:
            yield from self._container.demux(self._stream)
        except (FFmpegError, OSError):
            return self._live  # a film is read on behind the damage
        return True

    @override
    def _decode(self, packet: Parcel) -> list[VideoFrame]:
        return decode(packet) if self._fresh and packet.size else self._stream.decode(packet)


def _interval_ns(stream: VideoStream) -> int:
    rate = stream.average_rate or stream.guessed_rate
    return int(1e9 / rate) if rate else FALLBACK_NS


@contextmanager
def open_source(settings: CameraSettings) -> Generator[Pieces]:
    """Open a film or a camera.

    Raises:
        InputError: a film is missing or unreadable.
        MachineError: a camera does not answer.
    """
    live = is_live(settings.uri)
    try:
        if not live and settings.uri.endswith(SUFFIXES):
            with Path(settings.uri).open("rb", buffering=0) as film:
                yield Stills(film)
            return
        if not live and settings.uri.endswith(groups.SUFFIXES):
            with Path(settings.uri).open("rb", buffering=0) as film:
                yield Groups(sip(film), Reel(0.0, FALLBACK_NS), Decoder())
            return
        container = _open(settings.uri)
    except (FFmpegError, OSError, ValueError) as error:
        # FFmpeg's own error holds the address, and that may hold a password.
        raise refusal(settings, _reason(error)) from None
    with container:
        video = _video(settings, container)
        if settings.uri.startswith("rtsp") and video.codec_context.name == "h264":
            yield _camera(video, container)
        else:
            yield Source(video, container, live=live)


def _camera(stream: VideoStream, container: InputContainer) -> Pieces:
    said = stream.codec_context.extradata or b""
    reel = Reel(float(stream.time_base or 0), _interval_ns(stream))
    return Groups(_chunks(stream, container), reel, Decoder(said, live=True))


def _chunks(stream: VideoStream, container: InputContainer) -> Iterator[Chunk]:
    # A camera is lost with the first damage between it and here.
    with suppress(FFmpegError, OSError):
        for packet in container.demux(stream):
            if packet.size:
                yield memoryview(packet), packet.pts


def _open(uri: str) -> InputContainer:
    timeout = OPEN_S, READ_S
    if uri.startswith("/dev/"):
        return av.open(uri, format="v4l2", timeout=timeout)
    if uri.startswith("rtsp"):
        return _call(uri)
    options = LIMIT
    if not is_live(uri):
        uri, options = str(Path(uri).absolute()), LIMIT | FILES
    return av.open(uri, options=options, timeout=timeout, metadata_errors="replace")


def _call(uri: str) -> InputContainer:
    """Open a network camera, without a parser where its pictures need none."""
    options, timeout = LIMIT | RTSP, (OPEN_S, READ_S)
    container = av.open(uri, options=options | UNPARSED, timeout=timeout, metadata_errors="replace")
    if all(stream.name in WHOLE for stream in container.streams.video):
        return container
    container.close()
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
