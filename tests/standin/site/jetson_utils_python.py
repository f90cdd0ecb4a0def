"""A stand-in for the part of jetson-utils in C++, as its source has it (commit fae4b42).

What it shares with the real one: the names and their home `jetson.utils`; frames in a ring of
pinned memory that the GPU reads at the same address; raw frames with packed rows and, for NV12, a
wrong shape; None where none came in time; a bare Exception at the end, or once for no reason; the
count of frames on arrival; the newest frame only; cameras that never say that they are lost.

What it does otherwise: it refuses loudly (`Misuse`) what the real one would quietly do wrongly; it
plays whatever FFmpeg plays; and where `scene.films` is "whole" a film waits for whoever looks at
it. The real one plays films in real time, always.
"""

# ruff: noqa: N801, N802, N803, A002, TRY002 - names and errors are the real one's

import sys

import numpy as np
from standin_cuda import Pinned, synchronize
from standin_reel import Film, Network, RealTime, Show

HOME = "jetson.utils"
PLANAR = {"nv12", "i420"}
CHANNELS = {"nv12": 3, "i420": 3, "yuyv": 3, "rgb8": 3}
LENGTHS = {"nv12": 1.5, "i420": 1.5, "yuyv": 2, "rgb8": 3}
"""Bytes of a pixel."""
OPTIONS = {
    "width": int, "height": int, "framerate": float, "numBuffers": int, "loop": int,
    "latency": int, "zeroCopy": bool, "codec": str, "codecType": str, "flipMethod": str,
}  # fmt: skip
"""The real one passes over what it does not know and what has another type; `save` is not here."""
FLIPS = {"none", "rotate-180", "clockwise", "counterclockwise", "horizontal", "vertical"}
DEFAULT_TIMEOUT_MS = 1000
HURRIED = {"--every-frame", "bench"}
"""Commands of `lfr` that want every frame of a film, and do not want to wait for it."""


class Misuse(BaseException):
    """Something that must never be asked of jetson-utils. No code of ours may catch it."""


class Scene:
    """What a test says about the world, and what it is told."""

    def __init__(self):
        self.reset()

    def reset(self):
        """Make the world as it was."""
        self.films = "whole" if HURRIED & set(sys.argv) else "real time"
        self.format = "nv12"
        self.cameras = {}
        """Films that are shown by csi:// and /dev/video cameras, by their address."""
        self.dead = set()
        """Addresses that cannot be opened."""
        self.frozen = False
        """Cameras give nothing any more, and say nothing about it."""
        self.stumbles = 0
        """So many times to come, Capture fails for no reason."""
        self.rush = 0
        """So many frames arrive each time that somebody asks for the count."""
        self.opening = None
        """Called with each address that is opened, in the thread that opens it."""
        self.asked = []
        """Each address that was opened, and the options."""
        self.unerased = 0
        """Places in a ring that held something when they were freed."""
        self.clock = RealTime()
        self.streams = set()
        """Which CUDA streams it was to convert in."""


scene = Scene()


class Log:
    """Says what the real one says, so that a test hears a password that is not silenced."""

    LEVELS = ("silent", "error", "warning", "success", "info", "verbose", "debug")
    level = "verbose"

    @classmethod
    def SetLevel(cls, level):
        if level not in cls.LEVELS:
            raise Misuse(f"there is no level {level}")
        cls.level = level

    @classmethod
    def GetLevel(cls):
        return cls.level

    @classmethod
    def say(cls, level, words):
        if cls.LEVELS.index(level) <= cls.LEVELS.index(cls.level):
            sys.stdout.write(f"[gstreamer] {words}\n")


class cudaImage:
    """A picture in a ring; owns nothing."""

    def __init__(self, ptr, width, height, format, timestamp, mapped):
        self.ptr = self.gpudata = ptr
        self.width, self.height, self.format = width, height, format
        self.size = int(width * height * LENGTHS[format])
        self.timestamp = timestamp
        self.mapped, self.freeOnDelete = mapped, False
        self.stream = self.event = None

    @property
    def channels(self):
        return CHANNELS[self.format]

    @property
    def shape(self):
        return (self.height, self.width, self.channels)

    @property
    def __cuda_array_interface__(self):
        return {"shape": self.shape, "typestr": "<u1", "data": (self.ptr, False), "version": 3}

    @property
    def __array_interface__(self):
        return self.__cuda_array_interface__ if self.mapped else None


class videoSource:
    """Plays what `scene` shows."""

    def __init__(self, uri=None, argv=None, positionArg=-1, options=None):
        self._options = check(uri, argv, options or {})
        self._uri = uri
        self._show = None
        scene.asked.append((uri, dict(self._options)))
        if scene.opening:
            scene.opening(uri)
        if uri in scene.dead:
            Log.say("error", f"failed to create device {uri}")
            raise Exception("jetson.utils -- failed to create videoSource device")
        try:
            self._show = self._find()
        except (OSError, ValueError):
            Log.say("error", f"failed to create device {uri}")
            raise Exception("jetson.utils -- failed to create videoSource device") from None
        Log.say("success", f"created device {uri}")
        self._raw = self._converted = None
        self._latest = self._written = -1
        self._stamp = self._count = 0
        self._fresh = self._streaming = self._closed = False

    def _find(self) -> Show:
        loop = self._options.get("loop", 0) != 0
        if self._uri.startswith("rtsp://"):
            return Network(self._uri)
        if self._uri.startswith("file://"):
            paced = scene.films != "whole"
            return Film(self._uri.removeprefix("file://"), loop=loop, paced=paced)
        return Film(scene.cameras[self._uri], loop=True, paced=True, camera=True)

    def Open(self):
        raise Misuse("where Open fails the real one touches Python without its lock: only Capture")

    def Close(self):
        self._streaming, self._closed = False, True
        self._show.close()

    def Capture(self, format="rgb8", timeout=DEFAULT_TIMEOUT_MS, stream=0):
        if self._closed:
            raise Misuse("a closed source would be opened again")
        if not isinstance(timeout, int) or timeout < 0:
            raise Misuse("a film that has ended would be waited for for ever")
        if scene.stumbles:
            scene.stumbles -= 1
            raise Exception("jetson.utils -- videoSource failed to capture image")
        if self._show.over and not self._fresh:
            self._streaming = False
            raise Exception("jetson.utils -- videoSource failed to capture image")
        self._streaming = True
        scene.streams.add(stream)
        self._await(timeout)
        if not self._fresh:
            return None
        self._fresh = False
        return self._image(format)

    def _await(self, timeout_ms):
        until_ns = scene.clock.now_ns() + timeout_ms * 1_000_000
        while True:
            self._arrive(asked=True)
            left_ns = until_ns - scene.clock.now_ns()
            if self._fresh or left_ns <= 0 or self._show.over:
                return
            if scene.frozen:
                scene.clock.wait(left_ns)
            else:
                self._show.wait(scene.clock, left_ns)

    def _arrive(self, *, asked):
        if scene.frozen or not self._streaming:
            return
        for stamp, picture in self._show.due(scene.clock.now_ns(), asked=asked):
            self._write(stamp, picture)

    def _write(self, stamp, picture):
        data = picture.bytes(scene.format)
        if self._raw is None or self._raw.length < len(data):
            self._free()
            self._raw = Pinned(self._options.get("numBuffers", 4), len(data))
        self._latest = (self._latest + 1) % self._raw.places
        self._raw.at(self._latest)[: len(data)] = data
        self._size = picture.width, picture.height
        self._stamp, self._fresh = stamp, True
        self._count += 1

    def _image(self, wanted):
        width, height = self._size
        mapped = self._options.get("zeroCopy", True)
        if wanted not in LENGTHS:  # unknown to it: raw
            place = self._raw.address(self._latest)
            return cudaImage(place, width, height, scene.format, self._stamp, mapped)
        if wanted != "rgb8":
            raise Exception("jetson.utils -- videoSource failed to capture image")
        length = width * height * 3
        if self._converted is None or self._converted.length < length:
            self._converted = Pinned(self._raw.places, length)
        self._written = (self._written + 1) % self._converted.places
        raw = self._raw.at(self._latest)
        self._converted.at(self._written)[:length] = convert(raw, scene.format, width, height)
        place = self._converted.address(self._written)
        return cudaImage(place, width, height, "rgb8", self._stamp, mapped)

    def GetFrameCount(self):
        self._arrive(asked=False)
        for _ in range(scene.rush):
            self._show.hurry()
            self._arrive(asked=True)
        return self._count

    def GetFrameRate(self):
        return int(self._show.rate)

    def GetWidth(self):
        return self._size[0]

    def GetHeight(self):
        return self._size[1]

    def GetOptions(self):
        return dict(self._options)

    def IsStreaming(self):
        return self._streaming

    def _free(self):
        synchronize()  # as cudaFreeHost does
        for ring in (self._raw, self._converted):
            if ring is not None:
                scene.unerased += sum(ring.at(place).any() for place in range(ring.places))
                ring.free()
        self._raw = self._converted = None

    def __del__(self):
        if self._show is not None:
            self._show.close()
            self._free()


for thing in (Log, cudaImage, videoSource):
    thing.__module__ = HOME


def check(uri, argv, options):
    if argv:
        raise Misuse("arguments of a command line: one of them writes films down")
    if uri is None or uri.split() != [uri]:
        raise Misuse("an address with a space in it becomes two elements of a pipeline")
    for name, value in options.items():
        if name not in OPTIONS:
            raise Misuse(f"the option {name}")
        if type(value) is not OPTIONS[name]:
            raise Misuse(f"the option {name} must be {OPTIONS[name].__name__}")
    if options.get("flipMethod", "none") not in FLIPS:
        raise Misuse("flipMethod")
    return options


def convert(raw, format, width, height):
    """Turn any format into RGB as jetson-utils does: BT.601 with full range, whatever it is."""
    if format == "yuyv":
        pairs = raw[: width * height * 2].reshape(height, width // 2, 4).astype(np.float32)
        luma = pairs[..., [0, 2]].reshape(height, width)
        u, v = (pairs[..., part].repeat(2, 1) for part in (1, 3))
    else:
        luma = raw[: width * height].reshape(height, width).astype(np.float32)
        rest = raw[width * height : width * height * 3 // 2].astype(np.float32)
        parts = (rest[0::2], rest[1::2]) if format == "nv12" else np.split(rest, 2)
        u, v = (part.reshape(height // 2, width // 2).repeat(2, 0).repeat(2, 1) for part in parts)
    u, v = u - 128, v - 128
    rgb = np.stack([luma + 1.402 * v, luma - 0.344 * u - 0.714 * v, luma + 1.772 * u], -1)
    return rgb.clip(0, 255).astype(np.uint8).ravel()
