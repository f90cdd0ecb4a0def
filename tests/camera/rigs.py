"""The machines' cameras, and how a test looks at what they lend: not at a copy of it."""

import ctypes
import os
from contextlib import contextmanager
from functools import partial
from itertools import chain
from threading import Event
from time import monotonic_ns

import numpy as np

from appliance.host import camera as host
from appliance.jetson import camera as jetson
from appliance.jetson.gpu import open_gpu
from appliance.jetson.source import RING
from appliance.settings import CameraSettings, GpuSettings
from tests.standin import enter

STEP_NS = 10_000_000
CAMERA = os.environ.get("LFR_TEST_CAMERA", "csi://0")
"""Where a Jetson runs these tests: its camera."""


class Host:
    """An ordinary computer."""

    few = 3
    """In so many places all frames lie."""
    rounds = 1
    """After so many reads nothing is left of a frame."""
    opens = staticmethod(host.open_camera)

    def prepare(self, uri, *, whole):
        """Set a film or a camera up; `whole` films are given frame by frame."""
        return uri

    @contextmanager
    def play(self, lit, uri, **settings):
        with self.opens(CameraSettings(uri=str(uri), **settings), lit) as camera:
            yield camera

    def see(self, pixels):
        return pixels

    def place(self, pixels):
        return pixels.ctypes.data

    def left(self, buffers):
        """Whether anything is left in the places of a camera that was closed."""
        return any(pixels.any() for pixels in buffers)

    def close(self):
        pass


class Standin(Host):
    """The Jetson's code over the stand-in of its libraries."""

    few = RING

    def __init__(self):
        folder = enter()
        import jetson_utils_python as utils  # noqa: PLC0415 - only there is it
        from standin_cuda import Pinned, release  # noqa: PLC0415

        self.gpu = open_gpu(folder)
        self.opens = partial(jetson.open_camera, gpu=self.gpu, folder=folder)
        self.scene = utils.scene
        self._pinned, self._release = Pinned, release
        self.scene.reset()
        self.scene.clock = Patient()
        Pinned.kept = []

    def prepare(self, uri, *, whole):
        self.scene.films = "whole" if whole else "real time"
        return uri

    def see(self, pixels):
        self.gpu.wait()
        data = (ctypes.c_uint8 * pixels.nbytes).from_address(pixels.address)
        return np.ctypeslib.as_array(data)

    def place(self, pixels):
        return pixels.address

    def close(self):
        kept, self._pinned.kept = self._pinned.kept, None
        self._release(chain.from_iterable(kept))
        assert self.scene.unerased == 0
        self.scene.reset()


class Sensor(Standin):
    """The same, looking through a csi:// camera that shows the film."""

    def prepare(self, uri, *, whole):
        self.scene.cameras["csi://0"] = uri
        return "csi://0"


class Network(Standin):
    """The same, looking through an RTSP camera, which waits for nobody."""

    rounds = RING


class Device(Standin):
    """A Jetson."""

    few = RING + 1  # the bridge's own place, or jetson-utils' ring

    def __init__(self):
        folder = GpuSettings().cache
        self.gpu = open_gpu(folder)
        self.opens = partial(jetson.open_camera, gpu=self.gpu, folder=folder)

    def prepare(self, uri, *, whole):
        return CAMERA

    def left(self, buffers):
        return False  # they were freed, and nobody may look

    def close(self):
        pass


class Patient:
    """A clock that stands still while the test's own machine is busy with something else."""

    def __init__(self):
        self._passed_ns = self._last_ns = monotonic_ns()
        self._never = Event()

    def now_ns(self):
        now_ns = monotonic_ns()
        self._passed_ns += min(now_ns - self._last_ns, STEP_NS)
        self._last_ns = now_ns
        return self._passed_ns

    def wait(self, pause_ns):
        self._never.wait(min(pause_ns, STEP_NS) / 1e9)
