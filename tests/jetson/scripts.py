"""Cameras that do what a script says, and note who asked them for what."""

import threading

import numpy as np

from appliance.domain.frame import Layout
from appliance.errors import MachineError
from appliance.jetson.array import DeviceView
from appliance.jetson.piece import Gone, Piece

PIXELS = DeviceView(4096, (96, 96), np.dtype(np.uint8))
FRAME_NS = 40_000_000


class Script:
    """A source: `p` a picture, `-` none came in time, `.` the end; what comes after is the end."""

    bridge = "jetson-utils"
    exact = False
    size = (96, 64)
    interval_ns = FRAME_NS
    bad = 0

    def __init__(self, steps, clock, wait_s=0.0):
        self._steps = iter(steps)
        self._clock = clock
        self._wait_s = wait_s
        self._arrived = 0
        self.done = []
        """What it was asked for, and in which thread."""

    def _note(self, what):
        self.done.append((what, threading.current_thread().name))

    @property
    def asked(self):
        return [what for what, _ in self.done]

    def next(self, wait_s):
        self._note("next")
        step = next(self._steps, ".")
        if step == ".":
            raise Gone
        self._clock.time_ns += FRAME_NS if step == "p" else round(wait_s * 1e9)
        if step == "-":
            return None
        self._arrived += 1
        stamp_ns = self._arrived * FRAME_NS
        return Piece(PIXELS, Layout.NV12, 96, 64, stamp_ns, self._arrived)

    def skip(self, frames):
        self._arrived += frames

    def give_back(self):
        self._note("give back")

    def settle(self):
        self._note("settle")

    def close(self):
        self._note("close")


class Openings:
    """Opens one script after the other; a None among them is a camera that does not answer."""

    def __init__(self, clock, *scripts):
        self._clock = clock
        self._scripts = iter(scripts)
        self.sources = []
        self.tries = 0

    def first(self, settings, clock):
        return self.again(settings, clock, "jetson-utils")

    def again(self, settings, clock, bridge):
        assert bridge == "jetson-utils"
        self.tries += 1
        steps = next(self._scripts, None)
        if steps is None:
            raise MachineError("There is no answer.", mend="Look at its cable.")
        if isinstance(steps, BaseException):
            raise steps
        self.sources.append(Script(steps, self._clock))
        return self.sources[-1]
