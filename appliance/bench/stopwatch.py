"""Times the stages from outside: the pipeline knows nothing of it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from appliance.machine import Camera
    from appliance.pipeline import Pipeline

STAGES = ("decode", "detect", "follow", "choose", "encode", "match", "report", "forget")


class Timed:
    """A stage that notes the processor time of each call; all else of it is as it was."""

    def __init__(self, stage: Callable[..., object], note: Callable[[int], None]) -> None:
        self._stage = stage
        self._note = note

    def __call__(self, *args: object) -> object:
        """Call the stage."""
        began_ns = time.thread_time_ns()
        try:
            result = self._stage(*args)
            # A generator's time is spent while it is read.
            return list(result) if isinstance(result, Iterator) else result
        finally:
            self._note(time.thread_time_ns() - began_ns)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stage, name)


class Stopwatch:
    """Processor time of each stage, frame by frame. Wall time would count who else is working."""

    def __init__(self) -> None:
        self.laps: list[Mapping[str, float]] = []
        """Milliseconds of each stage that a frame went through."""
        self._spent_ns: dict[str, int] = defaultdict(int)
        self._elsewhere_ns = _elsewhere_ns()

    def attach(self, pipeline: Pipeline[Any], camera: Camera[Any]) -> None:
        """Put itself around every stage."""
        places: dict[str, tuple[object, str]] = {name: (pipeline, name) for name in STAGES}
        places |= {"decode": (camera, "read"), "follow": (pipeline.passes, "follow")}
        for stage, (place, name) in places.items():
            setattr(place, name, self.around(stage, getattr(place, name)))

    def around(self, stage: str, call: Callable[..., object]) -> Timed:
        """Make a stage that is timed of one that is not."""

        def note(spent_ns: int) -> None:
            self._spent_ns[stage] += spent_ns

        return Timed(call, note)

    def lap(self) -> None:
        """End a frame. Whatever other threads did meanwhile was decoding."""
        elsewhere_ns = _elsewhere_ns()
        self._spent_ns["decode"] += elsewhere_ns - self._elsewhere_ns
        self._elsewhere_ns = elsewhere_ns
        self.laps.append({stage: spent / 1e6 for stage, spent in self._spent_ns.items()})
        self._spent_ns.clear()


def _elsewhere_ns() -> int:
    return time.process_time_ns() - time.thread_time_ns()


def medians(laps: list[Mapping[str, float]]) -> dict[str, float]:
    """Give the median of each stage over the frames that went through it, in milliseconds."""
    times = {stage: [lap[stage] for lap in laps if stage in lap] for stage in STAGES}
    return {stage: round(float(np.median(t)), 3) if t else 0.0 for stage, t in times.items()}


def means(laps: list[Mapping[str, float]]) -> dict[str, float]:
    """Give the mean of each stage over all frames, in milliseconds; they add up to the whole."""
    return {
        stage: round(sum(lap.get(stage, 0.0) for lap in laps) / max(len(laps), 1), 3)
        for stage in STAGES
    }
