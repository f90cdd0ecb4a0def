"""What `lfr bench gpu` has measured, what it could not measure, and what came out wrong."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np

from appliance.errors import ApplianceError
from appliance.log import where

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

T = TypeVar("T")
Kind = Literal["missing", "failed", "wrong"]
DIGITS = 5
"""Of a time in milliseconds."""


class WrongError(Exception):
    """A stage gave another result than it must: its speed is worth nothing."""


@dataclass(frozen=True)
class Spread:
    """Times in milliseconds."""

    median: float
    least: float
    most: float


def spread(seconds: Sequence[float]) -> Spread:
    """Sum up the runs of one measurement."""
    times_ms = np.array(seconds) * 1000
    parts = (np.median(times_ms), times_ms.min(), times_ms.max())
    return Spread(*(round(float(part), DIGITS) for part in parts))


@dataclass(frozen=True)
class Line:
    """One measurement."""

    stage: str
    case: str
    items: int
    """Frames, faces or probes in one call."""
    gpu_ms: Spread | None = None
    """Of the GPU, by events. None where it has no part in it."""
    caller_ms: Spread | None = None
    """Until the call comes back, by the computer's clock."""
    moved_mb: float | None = None
    """That must cross the memory, in MB of a million bytes."""
    share: float | None = None
    """Of the bandwidth that a copy reached in the same run."""
    held: bool = True
    """False: the GPU waited for the computer, and `gpu_ms` contains that."""


@dataclass(frozen=True)
class Gap:
    """Something that was not measured, or is not to be believed."""

    stage: str
    kind: Kind
    reason: str


@dataclass
class Sheet:
    """Filled stage by stage; none that fails takes the others with it."""

    lines: list[Line] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    def fill(self, stage: str, measure: Callable[[], Iterable[Line]]) -> None:
        """Measure a stage; what was measured before it fails stays."""

        def note() -> None:
            for line in measure():
                self.lines.append(line)

        self.attempt(stage, note)

    def attempt(self, stage: str, work: Callable[[], T]) -> T | None:
        """Do something that may not be possible here; None where it is not."""
        try:
            return work()
        except WrongError as error:
            self.gaps.append(Gap(stage, "wrong", str(error)))
        except ApplianceError as error:
            self.gaps.append(Gap(stage, "missing", error.advice()))
        except Exception as error:  # noqa: BLE001 - whatever it is, the other stages go on
            self.gaps.append(Gap(stage, "failed", f"{type(error).__name__} at {where(error)}"))
        return None

    def miss(self, stage: str, reason: str) -> None:
        """Write down what cannot be measured here."""
        self.gaps.append(Gap(stage, "missing", reason))

    def tables(self) -> dict[str, object]:
        """Write it down for a program: `stages`, `not_measured`, and which stages were `wrong`."""
        return {
            "stages": [asdict(line) for line in self.lines],
            "not_measured": [asdict(gap) for gap in self.gaps],
            "wrong": [gap.stage for gap in self.gaps if gap.kind == "wrong"],
        }
