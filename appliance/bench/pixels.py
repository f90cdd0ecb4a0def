"""The verbs on pixels, one stage each: letterbox, warp, gauge, jpeg, erase."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Generic

import numpy as np

from appliance.bench import truth
from appliance.bench.scene import FRAMES, HEIGHT, WIDTH, crowd, frames
from appliance.bench.sectors import Touched, letterbox_bytes
from appliance.bench.stand import Case, several
from appliance.domain.frame import A
from appliance.machine import Feed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.bench.scene import Crowd
    from appliance.bench.sheet import Line
    from appliance.bench.stand import Stand
    from appliance.domain.frame import Frame

FEED = Feed(bgr=True, mean=127.5, scale=1 / 128)
SEEN = (640, 384)
"""What a detector sees of a frame."""
TIMES = 2
"""A mast camera of 4K: its frames and near faces fill a large GPU."""
SIDE = 112
FACES = (1, 16, 64)
FULL_SIDE, FULL_FACE_PX = 448, 1792
"""64 faces of a Jetson are too few for a large GPU: this is the work of 1,024 at once."""
REGION = np.array([700, 300, 1030, 630], np.int32)
"""What an officer sees: left, top, right, bottom."""
VEILED = np.array([[720, 320, 800, 420], [900, 400, 1000, 520]], np.int32)
GAUGED_BYTES = 8
"""Of a face: two numbers."""


class Pixels(Generic[A]):
    """The stages that need no network."""

    def __init__(self, stand: Stand[A]) -> None:
        self.stand = stand
        self.compute = stand.machine.compute
        self.limit = truth.LIMITS[stand.machine.form]
        self.frames = frames(stand.meter.lend)
        self.kind = f"fp{8 * stand.item_bytes}"

    @cached_property
    def large(self) -> list[Frame[A]]:
        """Frames of 4K, drawn where they are needed."""
        return frames(self.stand.meter.lend, TIMES)

    def letterbox(self) -> Iterator[Line]:
        """Bring frames to a network's size."""
        compute, item = self.compute, self.stand.item_bytes
        seen = compute.fetch(compute.letterbox(self.frames[:1], truth.SIZE, truth.FED))
        truth.require_letterbox(seen[0], self.limit)
        large = [self.large] if self.stand.large else []
        for some in (self.frames[:1], self.frames, *large):
            count, shape = len(some), (some[0].width, some[0].height)
            name = f"{count} x {shape[0]} x {shape[1]} NV12 to {SEEN[0]} x {SEEN[1]}, {self.kind}"
            work = partial(compute.letterbox, some, SEEN, FEED)
            moved = count * letterbox_bytes(shape, SEEN, item)
            yield self.stand.measure(Case("letterbox", name, count, work, moved))
        compute.erase()

    def warp(self) -> Iterator[Line]:
        """Cut aligned faces out of frames at full resolution."""
        some = truth.faces()
        cut = self.compute.warp(self.frames, some.which, some.inverses, truth.SIDE, truth.FED)
        truth.require_warp(self.compute.fetch(cut), self.limit)
        for count in FACES:
            yield self._warp(self.frames, crowd(count, SIDE), SIDE)
        if self.stand.large:
            near = crowd(FACES[-1], FULL_SIDE, FULL_FACE_PX, TIMES)
            yield self._warp(self.large, near, FULL_SIDE)
        self.compute.erase()

    def _warp(self, frames: list[Frame[A]], some: Crowd, side: int) -> Line:
        touched = Touched(FRAMES, frames[0].width, frames[0].height)
        for which, inverse in zip(some.which, some.inverses, strict=True):
            touched.cut(int(which), inverse, side)
        count = len(some.which)
        name = f"{several(count, 'face')} of {side} x {side}, {self.kind}"
        work = partial(self.compute.warp, frames, some.which, some.inverses, side, FEED)
        moved = touched.bytes + 3 * count * side**2 * self.stand.item_bytes
        return self.stand.measure(Case("warp", name, count, work, moved))

    def gauge(self) -> Iterator[Line]:
        """Measure how sharp and how bright faces are."""
        some = truth.faces()
        truth.require_gauge(self.compute.gauge(self.frames, some.which, some.boxes))
        for count in FACES:
            every = crowd(count, SIDE)
            touched = Touched(FRAMES, WIDTH, HEIGHT)
            for which, box in zip(every.which, every.boxes.astype(np.int32), strict=True):
                touched.box(int(which), box)
            work = partial(self.compute.gauge, self.frames, every.which, every.boxes)
            moved = touched.bytes + count * GAUGED_BYTES
            yield self.stand.measure(Case("gauge", several(count, "face"), count, work, moved))
        self.compute.erase()

    def jpeg(self) -> Iterator[Line]:
        """Make the picture that an officer sees; the GPU's part is to cut it out."""
        work = partial(self.compute.jpeg, self.frames[0], REGION, VEILED)
        yield self.stand.measure(Case("jpeg", "1 picture of 330 x 330, 2 faces veiled", 1, work))
        self.compute.erase()

    def erase(self) -> Iterator[Line]:
        """Zero what a look at every camera has lent."""
        compute, some = self.compute, crowd(FACES[-1], SIDE)

        def look() -> None:
            compute.letterbox(self.frames, SEEN, FEED)
            compute.warp(self.frames, some.which, some.inverses, SIDE, FEED)

        numbers = 3 * (FRAMES * SEEN[0] * SEEN[1] + len(some.which) * SIDE**2)
        name = f"after {FRAMES} frames and {len(some.which)} faces"
        moved = numbers * self.stand.item_bytes
        yield self.stand.measure(Case("erase", name, FRAMES, compute.erase, moved, look))
