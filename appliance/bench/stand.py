"""Where a stage is measured: a machine, its meter, and what its memory can do."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic

from appliance.bench.sheet import Line, spread
from appliance.domain.frame import A

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.machine import Machine
    from appliance.workshop import Meter

MB = 1e6
ITEM_BYTES = {"cpu": 4, "tensorrt": 2}
"""Of a number that a network is fed, by the form that the machine takes: fp32 or fp16."""


def several(count: int, word: str) -> str:
    """Say how many."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


@dataclass(frozen=True)
class Case:
    """One thing that a caller may ask for."""

    stage: str
    name: str
    items: int
    """Frames, faces or probes in one call."""
    work: Callable[[], object]
    moved: int | None = None
    """Bytes that must cross the memory."""
    prepare: Callable[[], object] = lambda: None
    """What has to be there first; it is not timed."""


@dataclass(frozen=True)
class Stand(Generic[A]):
    """A machine on the bench."""

    machine: Machine[A]
    meter: Meter[A]
    copy_bytes_s: float
    """The yardstick: bytes read and written in a second by a copy, in the same run."""
    runs: int
    large: bool
    """Whether batches are measured that only serve to fill a large GPU."""

    @property
    def item_bytes(self) -> int:
        """Bytes of a number that a network is fed."""
        return ITEM_BYTES[self.machine.form]

    def measure(self, case: Case) -> Line:
        """Measure by the GPU's clock, then by the caller's."""
        gpu = spread(self.meter.time(case.work, self.runs, case.prepare))
        held = self.meter.held
        moved = case.moved
        speed = moved / (gpu.median / 1000) if moved and gpu.median else None
        return Line(
            stage=case.stage,
            case=case.name,
            items=case.items,
            gpu_ms=gpu,
            caller_ms=spread([self._call(case) for _ in range(self.runs)]),
            moved_mb=None if moved is None else round(moved / MB, 3),
            share=None if speed is None else round(speed / self.copy_bytes_s, 3),
            held=held,
        )

    def count(self, case: Case) -> Line:
        """Measure by the caller's clock only, where the GPU has no part."""
        caller = spread([self._call(case) for _ in range(self.runs)])
        return Line(case.stage, case.name, case.items, caller_ms=caller)

    def _call(self, case: Case) -> float:
        case.prepare()
        self.meter.wait()
        began = time.perf_counter()
        case.work()
        return time.perf_counter() - began
