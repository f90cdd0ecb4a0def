"""Pictures by way of jetson-utils: CSI and V4L2 cameras, RTSP, films. README.md: at what cost."""

from __future__ import annotations

import ctypes
import importlib
import logging
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from appliance.domain.frame import Layout
from appliance.errors import MachineError
from appliance.jetson.array import DeviceView
from appliance.jetson.piece import FIRST_S, LOOK_S, Bridge, Gone, Piece, odd_size
from appliance.log import fields
from appliance.mast import is_live, refusal

if TYPE_CHECKING:
    from appliance.clock import Clock
    from appliance.jetson.gpu import Gpu
    from appliance.settings import CameraSettings

_log = logging.getLogger(__name__)
Image = Any
"""jetson-utils' cudaImage; it has no types."""

RING = 8
"""Pictures that jetson-utils keeps before it writes over the oldest: 0.27 s at 30 a second."""
SAFE = RING - 3
"""With so many newer ones it is not written over: one is being written, one not yet counted."""
RAW = "raw"
"""No format of jetson-utils: it then gives the picture as it came (PyVideo.cpp, IMAGE_UNKNOWN)."""
LAYOUTS = {"nv12": Layout.NV12, "i420": Layout.I420, "rgb8": Layout.RGB8}
PLAYED = (".avi", ".flv", ".h264", ".h265", ".mkv", ".mov", ".mp4", ".qt", ".webm")
"""What jetson-utils plays (gstDecoder.cpp); it takes whatever else for one picture."""
PLAIN = re.compile(r"[^\s\"'\\]+")
"""The address becomes part of a pipeline's text, where a space begins something new."""
SWAPPED = {"none": "rotate-180", "rotate-180": "none"}
"""At a csi:// camera jetson-utils exchanges the two (gstCamera.cpp); the settings do not."""
MODULES = ("jetson_utils_python", "jetson_utils")
"""In the second, modules in Python may hide what the first, in C++, has under the same name."""
HOME = "jetson.utils"
"""What the part in C++ calls its home, whatever it was imported as (PyUtils.h)."""


def load_jetson_utils() -> Any:  # noqa: ANN401 - jetson-utils has no types
    """Load jetson-utils, silence it, and give its videoSource.

    Raises:
        MachineError: it is not installed, or not with its part in C++.
    """
    for name in MODULES:
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        if all(_built_in(getattr(module, used, None)) for used in ("videoSource", "Log")):
            # Its errors too name a camera's address, and that may hold a password.
            module.Log.SetLevel("silent")
            return module.videoSource
    raise MachineError(
        "jetson-utils is not installed, or not with its part in C++.",
        mend="Run provisioning/install.sh on the van, or set camera.bridge to nvmm.",
    )


def _built_in(thing: Any) -> bool:  # noqa: ANN401 - anything may be found there
    return isinstance(thing, type) and thing.__module__ == HOME


def wishes(settings: CameraSettings) -> dict[str, object]:
    """Say what is asked of jetson-utils. It would also write films down: that is never asked."""
    csi = settings.uri.startswith("csi://")
    asked = {
        "width": settings.width,
        "height": settings.height,
        "framerate": settings.fps,
        "flipMethod": SWAPPED[settings.flip] if csi else settings.flip,
        "loop": -1 if settings.loop else 0,
        "numBuffers": RING,
        "zeroCopy": True,
    }
    return {name: value for name, value in asked.items() if value is not None}


def address(settings: CameraSettings) -> str:
    """Give the address in the words of jetson-utils.

    Raises:
        InputError: it is a film that jetson-utils cannot play.
        MachineError: it is no camera that it knows.
    """
    uri = settings.uri
    if uri.startswith("/dev/"):
        uri = os.path.realpath(uri)  # it looks for /dev/video0, and for no name that udev gave
    if not PLAIN.fullmatch(uri):
        raise refusal(settings, "its address has a space, a quote or a backslash in it")
    if uri.startswith(("csi://", "rtsp://", "/dev/video")):
        return uri
    if is_live(uri):
        raise refusal(settings, "its address is neither csi://, rtsp:// nor /dev/video")
    film = Path(uri).absolute()
    if not film.is_file():
        raise refusal(settings, "No such file")
    return f"file://{film}"


def plays(uri: str) -> bool:
    """Say whether jetson-utils can play a film of such a name."""
    return uri.lower().endswith(PLAYED)


def _silence(settings: CameraSettings) -> str:
    if is_live(settings.uri) or plays(settings.uri):
        return "none came in time"
    return f"jetson-utils plays only {' '.join(PLAYED)}"


class Video:
    """An open videoSource.

    It copies each picture into a ring that the GPU reads, and goes on whether anybody looks or not.
    So a lent picture is valid only until the ring has come round, and what was not looked at lies
    there until it is overwritten, or until `close`.

    Raises:
        InputError: the film cannot be played.
        MachineError: the camera gives no picture.
    """

    bridge: Bridge = "jetson-utils"
    exact = False

    def __init__(self, settings: CameraSettings, gpu: Gpu, clock: Clock) -> None:
        self.bad = 0
        self._settings = settings
        self._gpu = gpu
        self._format = RAW
        self._rings: dict[str, dict[int, int]] = {}
        """By format: the addresses at which pictures were seen, and how long they were."""
        self._lent: tuple[DeviceView, int] | None = None
        video, where = load_jetson_utils(), address(settings)
        try:
            self._video: Any = video(where, options=wishes(settings))
        except Exception:  # noqa: BLE001 - it raises nothing else, whatever it is
            raise refusal(settings, _silence(settings)) from None
        self._first: tuple[Image, int] | None = self._await(clock)
        image, arrived = self._first
        self.size = int(image.width), int(image.height)
        self._before = arrived - 1
        self.interval_ns = int(1e9 / (self._video.GetFrameRate() or 25))
        if image.format not in LAYOUTS:
            self._convert()

    def _await(self, clock: Clock) -> tuple[Image, int]:
        """See the first picture; of a camera so many that every place in the ring is known."""
        most = RING if is_live(self._settings.uri) else 1
        until_ns, seen = clock.now_ns() + int(FIRST_S * 1e9), None
        try:
            while clock.now_ns() < until_ns and not clock.stopped:
                seen = self._capture(LOOK_S) or seen
                if len(self._rings.get(RAW, ())) >= most:
                    break
        except Gone:
            pass
        wrong = odd_size(seen[0].width, seen[0].height) if seen else _silence(self._settings)
        if seen is None or wrong:
            self.close()
            raise refusal(self._settings, str(wrong))
        return seen

    def _convert(self) -> None:
        self._format, self._first = "rgb8", None
        _log.warning(
            "the camera gives neither NV12 nor I420: jetson-utils converts its pictures to RGB",
            extra=fields(camera=self._settings.name),
        )

    def next(self, wait_s: float) -> Piece | None:
        """Lend the newest picture; see `piece.Source`."""
        seen, self._first = self._first, None
        if seen is None or self._overtaken(seen[1]):
            seen = self._capture(wait_s)
        if seen is None:
            return None
        image, arrived = seen
        layout, width, height = LAYOUTS.get(image.format), int(image.width), int(image.height)
        if layout is None or odd_size(width, height):
            self.bad += 1
            return None
        # jetson-utils gives its shape wrongly for all but RGB.
        shape = (height, width, 3) if layout is Layout.RGB8 else (height * 3 // 2, width)
        pixels = DeviceView(int(image.ptr), shape, np.dtype(np.uint8))
        self._lent = pixels, arrived
        return Piece(pixels, layout, width, height, int(image.timestamp), arrived - self._before)

    def give_back(self) -> None:
        """Overwrite the lent picture with zeros, unless a newer one may be on its way there."""
        lent, self._lent = self._lent, None
        if lent is None:
            return
        pixels, arrived = lent
        # Converted pictures have a ring of their own, which moves only when one is asked for.
        if self._format == RAW and self._overtaken(arrived):
            self.bad += 1
        else:
            self._gpu.zero([pixels])

    def settle(self) -> None:
        """Wait for the GPU; see `piece.Source`."""
        self._gpu.wait()

    def close(self) -> None:
        """Stop the pipeline, then overwrite the ring, then let it be freed."""
        video, self._video = self._video, None
        if video is not None:
            video.Close()  # from here on nobody writes into the ring
            for ring in self._rings.values():
                for place, length in ring.items():
                    ctypes.memset(place, 0, length)

    def _capture(self, wait_s: float) -> tuple[Image, int] | None:
        # Never `Open`: where that fails, jetson-utils touches Python without holding its lock.
        wait_ms, stream = max(1, round(wait_s * 1000)), self._gpu.stream.handle
        try:
            image = self._video.Capture(format=self._format, timeout=wait_ms, stream=stream)
        except Exception:  # noqa: BLE001 - it raises nothing else, whatever it is
            # It fails once, and loses nothing, where a picture comes while one is being taken.
            if self._video.IsStreaming():
                return None
            raise Gone from None
        if image is None:
            return None
        self._remember(image)
        return image, int(self._video.GetFrameCount())

    def _remember(self, image: Image) -> None:
        ring, place, length = self._rings.setdefault(self._format, {}), int(image.ptr), image.size
        full = len(ring) == RING and place not in ring
        if full or length > max(ring.values(), default=length):
            ring.clear()  # a new ring was made, and the old one freed
        ring[place] = max(length, ring.get(place, 0))

    def _overtaken(self, arrived: int) -> bool:
        return int(self._video.GetFrameCount()) - arrived > SAFE
