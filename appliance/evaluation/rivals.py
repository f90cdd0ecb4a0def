"""Two packs side by side, on the same people: each figure, and by how much it differs.

Subjects are drawn anew the same way for both (a paired bootstrap), so what makes a picture hard for
both is no difference between them. A difference is the first less the second; of what is rare, the
first divided by the second.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from appliance.evaluation.document import SCOPE, acquired
from appliance.evaluation.named import figures_of
from appliance.evaluation.resample import Resample
from appliance.oversight.intervals import LEVEL

if TYPE_CHECKING:
    from appliance.evaluation.cohort import Cohort
    from appliance.evaluation.comparisons import Step
    from appliance.evaluation.cost import Cost
    from appliance.evaluation.document import Acquired, Bootstrap, Model
    from appliance.evaluation.identification import Plan
    from appliance.evaluation.resample import Estimate, Figure
    from appliance.vision.models import Pack

RARE: Final = ("fmr", "fpir")
"""Compared by how many times."""


@dataclass(frozen=True)
class Rival:
    """One of the two."""

    model: Model
    acquired: Acquired
    licences: tuple[str, str]
    """Of the detector and of the encoder."""
    caveats: tuple[str, str]
    street: bool
    cost: Cost | None = None

    @classmethod
    def of(cls, pack: Pack, model: Model, cohort: Cohort, cost: Cost | None) -> Rival:
        """Say what is known of a pack."""
        parts = pack.detector, pack.encoder
        licences = parts[0].licence, parts[1].licence
        caveats = parts[0].caveat, parts[1].caveat
        return cls(model, acquired(cohort), licences, caveats, pack.street, cost)


@dataclass(frozen=True)
class Contrast:
    """One figure of both."""

    name: str
    label: str
    kind: str
    """`points` or `times`: how they are compared."""
    first: Estimate
    second: Estimate
    value: float | None
    """The first less the second, or divided by it; None where that cannot be said."""
    low: float | None
    high: float | None

    @property
    def apart(self) -> bool:
        """Whether the interval leaves out that there is no difference."""
        same = 0.0 if self.kind == "points" else 1.0
        if self.low is None or self.high is None:
            return False
        return self.low > same or self.high < same


@dataclass(frozen=True)
class Rivals:
    """What a comparison says."""

    first: Rival
    second: Rival
    contrasts: tuple[Contrast, ...]
    rounds: int
    seed: int
    kind: str = "comparison"
    scope: str = field(default=SCOPE)

    def record(self) -> dict[str, Any]:
        """Give it for JSON."""
        return asdict(self)


def contrasts(
    cohorts: tuple[Cohort, Cohort],
    thresholds: tuple[float, float],
    plan: Plan,
    bootstrap: Bootstrap,
    step: Step,
) -> tuple[Contrast, ...]:
    """Reckon every figure of both packs, and their differences.

    Args:
        cohorts: The same pictures, as each pack sees them.
        thresholds: In operation, of each.
        plan: Which lists; the same are drawn for both.
        bootstrap: How subjects are drawn anew, the same way for both.
        step: Is told how far it is.

    Raises:
        InputError: there is nothing to compare.
    """
    drawn = Resample(cohorts[0].subjects, bootstrap.rounds, bootstrap.seed)
    halves = [
        figures_of(cohort, threshold, plan, drawn, partial(_half, step, half))
        for half, (cohort, threshold) in enumerate(zip(cohorts, thresholds, strict=True))
    ]
    one, other = halves
    return tuple(
        _contrast(name, figure.label, figure.figure, other[name].figure)
        for name, figure in one.items()
        if name in other
    )


def _half(step: Step, half: int, done: int, count: int) -> None:
    step(half * count + done, 2 * count)


def _contrast(name: str, label: str, one: Figure, other: Figure) -> Contrast:
    kind = "times" if name.partition(":")[0] in RARE else "points"
    value = low = high = None
    if kind == "points":
        if one.value is not None and other.value is not None:
            value, (low, high) = one.value - other.value, one.less(other, LEVEL)
    elif interval := one.times(other, LEVEL):
        value = (one.value or 0.0) / (other.value or 1.0)
        low, high = (end if math.isfinite(end) else None for end in interval)
    return Contrast(name, label, kind, one.estimate(), other.estimate(), value, low, high)
