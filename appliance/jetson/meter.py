"""Times what the verbs enqueue, by events in the GPU's own stream; for `lfr bench gpu`.

A verb is fast to call and slow to run, or the other way round, so the stream is held back by a copy
until all of a verb's work is enqueued; then what lies between two events is the GPU's time alone.
The copy also clears the cache: in the van, between two frames, everything else passes through it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from appliance.jetson.facts import ask, device_facts, system_facts
from appliance.jetson.gpu import Gpu, open_gpu

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    import numpy.typing as npt

    from appliance.jetson.array import DeviceView
    from appliance.settings import GpuSettings

CACHES = 2
"""Times that the copy is larger than the cache."""
LEAST_BYTES = 16 << 20
COPY_CACHES = 64
"""The same of the copy that gives the yardstick..."""
COPY_BYTES = (64 << 20, 512 << 20)
"""...but at least and at most so many..."""
COPY_SHARE = 8
"""...and one part in so many of the free memory, twice."""
COPIES = 4
"""In one run, so that what an event costs does not count."""
TRIES = 4
"""With twice the copies each time, to hold the stream back for long enough."""
VERBS = ("launch", "to_device", "to_host")
"""Of `Gpu`: what enqueues."""


class Meter:
    """The GPU's own clock. Made by `open_meter` alone; see `workshop.Meter`."""

    def __init__(self, gpu: Gpu) -> None:
        import pycuda.driver as cuda  # noqa: PLC0415 - a GPU that is open has it

        self._cuda: Any = cuda
        self._gpu = gpu
        self._cache = ask(cuda, "L2_CACHE_SIZE") or 0
        self._size = max(CACHES * self._cache, LEAST_BYTES)
        self._pair = [gpu.allocate((self._size,), np.uint8) for _ in range(2)]
        self._mirror = gpu.pinned((self._size,), np.uint8)
        self._kept: list[DeviceView] = []
        self._holds = 1
        self._tries = TRIES
        self.held = True

    def facts(self) -> dict[str, str]:
        """Say what machine this is."""
        return device_facts(self._cuda, self._gpu) | system_facts()

    def lend(self, array: npt.NDArray[Any]) -> DeviceView:
        """Bring an array to the GPU, to stay there."""
        lent = self._gpu.allocate(array.shape, array.dtype)
        self._gpu.to_device(lent, np.ascontiguousarray(array))
        self._gpu.wait()
        self._kept.append(lent)
        return lent

    def wait(self) -> None:
        """Wait until everything that was enqueued is done."""
        self._gpu.wait()

    def copy(self, runs: int) -> list[float]:
        """Measure bytes read and written in a second, within the GPU's memory."""
        (free, _), (least, most) = self._cuda.mem_get_info(), COPY_BYTES
        size = min(max(COPY_CACHES * self._cache, least), most, free // COPY_SHARE)
        there, here = (self._gpu.allocate((size,), np.uint8) for _ in range(2))

        def work() -> None:
            for _ in range(COPIES):
                self._cuda.memcpy_dtod_async(there.address, here.address, size, self._gpu.stream)

        return [2 * COPIES * size / seconds for seconds in self.time(work, runs)]

    def time(
        self, work: Callable[[], object], runs: int, prepare: Callable[[], object] | None = None
    ) -> list[float]:
        """Time the GPU at work; see `workshop.Meter`."""
        ready = prepare or (lambda: None)
        ready()
        work()
        self.held = True
        return [self._run(work, ready) for _ in range(runs)]

    def _run(self, work: Callable[[], object], ready: Callable[[], object]) -> float:
        seconds, held = self._listen(work, ready)
        for _ in range(self._tries):
            if held:
                return seconds
            self._holds *= 2
            seconds, held = self._listen(work, ready)
        if not held:
            # A driver that does everything at once cannot be held back; it is not asked again.
            self._holds, self._tries, self.held = 1, 0, False
        return seconds

    def _listen(
        self, work: Callable[[], object], ready: Callable[[], object]
    ) -> tuple[float, bool]:
        ready()
        self._gpu.wait()
        spans = Spans(self._cuda, self._gpu, self._hold)
        with spans.overhear():
            work()
        return spans.seconds, spans.held

    def _hold(self) -> None:
        there, here = self._pair
        stream = self._gpu.stream
        self._cuda.memcpy_dtod_async(there.address, here.address, self._size, stream)
        # Reading leaves the cache clean: nobody pays for writing back what the copy left in it.
        for _ in range(self._holds):
            self._cuda.memcpy_dtoh_async(self._mirror.host, here.address, stream)


class Spans:
    """The GPU's time between the first thing that is enqueued and each wait."""

    def __init__(self, cuda: Any, gpu: Gpu, hold: Callable[[], None]) -> None:  # noqa: ANN401 - pycuda has no types
        self.seconds = 0.0
        self.held = True
        self._gpu = gpu
        self._hold = hold
        self._wait = gpu.wait
        self._began, self._ended = cuda.Event(), cuda.Event()
        self._open = False

    @contextmanager
    def overhear(self) -> Generator[None]:
        """Hear of everything that is enqueued through the GPU, and of every wait."""
        self._begin()
        heard = {name: self._after_begin(getattr(self._gpu, name)) for name in VERBS}
        heard["wait"] = self._heard_wait
        for name, verb in heard.items():
            setattr(self._gpu, name, verb)
        try:
            yield
        finally:
            for name in heard:
                delattr(self._gpu, name)
        self._end()

    def _after_begin(self, verb: Callable[..., None]) -> Callable[..., None]:
        def heard(*given: Any) -> None:  # noqa: ANN401 - whatever the verb takes
            self._begin()
            verb(*given)

        return heard

    def _heard_wait(self) -> None:
        self._end()
        self._wait()

    def _begin(self) -> None:
        if not self._open:
            self._hold()
            self._began.record(self._gpu.stream)
            self._open = True

    def _end(self) -> None:
        if self._open:
            self._ended.record(self._gpu.stream)
            self.held &= not self._began.query()
            self._wait()
            self.seconds += self._began.time_till(self._ended) / 1000
            self._open = False


def open_meter(settings: GpuSettings) -> Meter:
    """Open the meter of the GPU that `open_machine` has opened.

    Raises:
        MachineError: there is no NVIDIA GPU here, or its software is not all there.
    """
    return Meter(open_gpu(settings.cache))
