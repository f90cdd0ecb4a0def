"""The verbs on pixels, with CUDA and TensorRT.

Verbs only enqueue. `fetch`, `gauge`, `jpeg` and `erase` wait, once each; `upload` does too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from appliance.errors import MachineError
from appliance.jetson import launch
from appliance.jetson.arena import Arena, Staging
from appliance.jetson.engine import Engine
from appliance.jetson.pictures import boxing, cutting, describe, feeding, inside, runs
from appliance.jetson.plans import find_plan
from appliance.vision.still import encode_still

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    import numpy.typing as npt

    from appliance.domain.face import Floats, Ints
    from appliance.domain.frame import Frame
    from appliance.jetson.array import DeviceArray, DeviceView
    from appliance.jetson.gpu import Gpu
    from appliance.machine import Feed
    from appliance.settings import GpuSettings


class Net:
    """A network in TensorRT."""

    def __init__(self, engine: Engine, sha256: str) -> None:
        self.sha256 = sha256
        self._engine = engine

    def __call__(self, batch: DeviceView) -> Mapping[str, DeviceView]:
        """Run; the outputs are borrowed until the next run or `Compute.erase`."""
        return self._engine(batch)


class Compute:
    """Buffers are kept between frames and zeroed after each.

    Args:
        gpu: Open, with this thread in attendance.
        settings: Where plans lie, and which are taken.
        checked: Whether a plan must have passed `lfr engines check`.
    """

    batch = launch.MOST_FACES
    """All faces of all cameras, in one go: a GPU is idle with one."""

    def __init__(self, gpu: Gpu, settings: GpuSettings, *, checked: bool = True) -> None:
        self._gpu = gpu
        self._checked = checked
        self._settings = settings
        self._fitted, self._crops = Arena(gpu), Arena(gpu)
        self._staging = Staging(gpu)
        self._engines: list[Engine] = []

    def attend(self) -> AbstractContextManager[None]:
        """Make the GPU this thread's own until the block ends."""
        return self._gpu.attend()

    def open_net(self, file: Path, sha256: str, *, fine: bool = False) -> Net:
        """Load a network's plan, which was built on this van from the ONNX of that sha256.

        The ONNX itself is not read; `fine` takes its fp16 plan, whatever the settings say.

        Raises:
            MachineError: there is no plan, somebody else may have written it, or it does not load.
        """
        settings = self._settings
        precision = "fp16" if fine else settings.precision
        try:
            plan = find_plan(settings.cache, sha256, precision, self._gpu, checked=self._checked)
            engine = Engine(self._gpu, plan.read_bytes(), graphs=settings.graphs)
        except MachineError as error:
            raise MachineError(f"{file.name}: {error}", mend=error.mend) from error
        self._engines.append(engine)
        return Net(engine, sha256)

    def upload(self, picture: npt.NDArray[np.uint8]) -> DeviceArray:
        """Bring a still, uint8 of (height, width, 3) in RGB, to the GPU; it is the caller's."""
        array = self._gpu.allocate(picture.shape, np.uint8)
        self._gpu.to_device(array, np.ascontiguousarray(picture))
        self._gpu.wait()
        return array

    def letterbox(
        self, frames: Sequence[Frame[DeviceView]], size: tuple[int, int], feed: Feed
    ) -> DeviceView:
        """Fit each frame into the top left, as float16; see `machine.Compute`."""
        width, height = size
        batch = self._fitted.lend((len(frames), 3, height, width), launch.MOST_FRAMES)
        for start in range(0, len(frames), launch.MOST_FRAMES):
            some = frames[start : start + launch.MOST_FRAMES]
            places = batch.rows(start, start + len(some))
            sizes = np.array([len(some), width, height], np.int32)
            plan = launch.letterbox(len(some), width, height)
            given = (describe(some, size), places, *sizes, feeding(feed))
            self._gpu.launch("letterbox_f16", *plan, *given)
        return batch

    def warp(
        self,
        frames: Sequence[Frame[DeviceView]],
        which: Ints,
        inverses: Floats,
        side: int,
        feed: Feed,
    ) -> DeviceView:
        """Cut aligned faces out at full resolution, as float16; see `machine.Compute`."""
        batch = self._crops.lend((len(which), 3, side, side), launch.MOST_FACES)
        for first, some in runs(which):
            places = batch.rows(some.start, some.stop)
            cuts = cutting(which[some] - first, inverses[some])
            sizes = np.array([places.shape[0], side], np.int32)
            plan = launch.warp(places.shape[0], side)
            seen = describe(frames[first : first + launch.MOST_FRAMES])
            self._gpu.launch("warp_f16", *plan, seen, cuts, places, *sizes, feeding(feed))
        return batch

    def gauge(self, frames: Sequence[Frame[DeviceView]], which: Ints, boxes: Floats) -> Floats:
        """Measure sharpness and brightness; see `machine.Compute`."""
        measured = self._staging.lend((len(which), 2), np.float32)
        edges = inside(frames, which, boxes)
        for first, some in runs(which):
            places = measured.view.rows(some.start, some.stop)
            count = np.int32(places.shape[0])
            seen = describe(frames[first : first + launch.MOST_FRAMES])
            there = boxing(which[some] - first, edges[some])
            self._gpu.launch("gauge", *launch.gauge(int(count)), seen, there, places, count)
        self._gpu.wait()
        return measured.host.copy()

    def jpeg(self, frame: Frame[DeviceView], region: Ints, veiled: Ints) -> bytes:
        """Encode a part of the frame with some boxes veiled; see `machine.Compute`."""
        left, top, right, bottom = (int(edge) for edge in region)
        still = self._staging.lend((bottom - top, right - left, 3), np.uint8)
        place = np.array([left, top, right - left, bottom - top], np.int32)
        plan = launch.region(right - left, bottom - top)
        self._gpu.launch("region", *plan, describe([frame]), still.view, *place)
        self._gpu.wait()
        return encode_still(still.host, veiled - np.array([left, top, left, top]))

    def fetch(self, array: DeviceView) -> Floats:
        """Bring a small array to numpy, as float32.

        A network's outputs come all at once with the first, and are borrowed until its next run or
        `erase`; other arrays are copies.
        """
        if array.fetch:
            return array.fetch()
        if not array.nbytes:
            return np.zeros(array.shape, np.float32)
        copy = self._staging.lend(array.shape, array.kind)
        self._gpu.to_host(copy.host, array)
        self._gpu.wait()
        return copy.host.astype(np.float32)

    def erase(self) -> None:
        """Overwrite everything lent since the last call with zeros; done when this comes back."""
        self._gpu.zero([*self._fitted.take_back(), *self._crops.take_back()])
        for engine in self._engines:
            engine.erase()
        self._gpu.wait()
        self._staging.erase()
