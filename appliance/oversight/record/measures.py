"""What the record has of measures: each says of how many, and follows from its counts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field, model_validator

from appliance.domain import times
from appliance.oversight.fact import Fact, Id, Label
from appliance.oversight.figures import Score  # noqa: TC001  # pydantic reads it at run time
from appliance.oversight.intervals import Share, clopper_pearson
from appliance.oversight.record.cells import Number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

NEAR: Final = 1e-9
MOST: Final = 1000
"""Of whatever stands in a row."""
MOST_GROUPS: Final = 100
"""Each has an interval, which costs whoever reads a hostile record some milliseconds."""
Portion = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
Points = Annotated[float, Field(ge=-100, le=100, allow_inf_nan=False)]
Buckets = dict[Annotated[int, Field(ge=0, le=times.LAST)], Number]


class Rate(Fact):
    """So many of so many, and within what the share lies that is behind it: 95 %, exact."""

    hits: Number
    trials: Annotated[int, Field(gt=0, le=10**9)]
    low: Portion
    high: Portion

    @classmethod
    def of(cls, hits: int, trials: int) -> Self | None:
        """Work it out; None where nothing was tried."""
        if not trials:
            return None
        interval = clopper_pearson(Share(hits, trials))
        return cls(hits=hits, trials=trials, low=interval.low, high=interval.high)

    @property
    def value(self) -> float:
        """The share."""
        return self.hits / self.trials

    @model_validator(mode="after")
    def _follows(self) -> Rate:
        if self.hits > self.trials:
            raise ValueError("more of them than there were")
        low, high = clopper_pearson(Share(self.hits, self.trials))
        if not (_near(low, self.low) and _near(high, self.high)):
            raise ValueError("the interval does not follow from the counts")
        return self


class Measured(Fact):
    """Times that were measured, in milliseconds; each place is told 5 % too late at the most."""

    counts: Buckets
    """How many fell into each bucket: number n ends at 0.001 ms * 1.05 ^ n."""
    p50: Amount | None
    p95: Amount | None
    p99: Amount | None
    p999: Amount | None
    max: Amount | None

    @classmethod
    def of(cls, counts: Mapping[int, int]) -> Self:
        """Work out its places."""
        return cls.model_validate({"counts": dict(sorted(counts.items())), **times.summary(counts)})

    @property
    def places(self) -> dict[str, float | None]:
        """The times at five places."""
        return {name: getattr(self, name) for name in times.SHARES}

    @model_validator(mode="after")
    def _follows(self) -> Measured:
        if times.summary(self.counts) != self.places:
            raise ValueError("the times are not those that were counted")
        return self


class Passed(Fact):
    """How often volunteers of one group passed, and were recognised."""

    group: Label
    volunteers: Number
    passes: Annotated[int, Field(ge=0, le=100_000)]
    recognised: Number
    effect: Annotated[float, Field(ge=1, le=1e9)]
    low: Portion
    high: Portion

    @model_validator(mode="after")
    def _follows(self) -> Passed:
        if self.recognised > self.passes:
            raise ValueError("more were recognised than passed")
        low, high = clopper_pearson(Share(self.recognised, self.passes).worth(self.effect))
        if not (_near(low, self.low) and _near(high, self.high)):
            raise ValueError("the interval does not follow from the counts")
        return self


class Gap(Fact):
    """What the rates of two groups differ by, in percentage points."""

    first: Label
    second: Label
    points: Points
    low: Points
    high: Points


class Recall(Fact):
    """A recall test."""

    passed: Annotated[tuple[Passed, ...], Field(max_length=MOST_GROUPS)]
    """`all` first, then groups."""
    left_out: Number
    """Groups of too few volunteers, and others that would give them away."""
    gaps: Annotated[tuple[Gap, ...], Field(max_length=MOST)]
    said: Annotated[tuple[str, ...], Field(max_length=MOST)]


class Foretold(Fact):
    """False matches of one comparison at the threshold, as `oversight.tail` foretells them."""

    threshold: Score
    rate: Portion | None
    """Drawn on from strangers' scores; null where too few came near."""
    calibration: Portion | None
    drift: Annotated[float, Field(ge=-2, le=2)] | None
    """By how much strangers scored higher than in the calibration; null where nobody can tell."""


class Histogram(Fact):
    """The best scores of those who were not alerted."""

    model_id: Id
    faces: Number
    comparisons: Annotated[int, Field(ge=0, le=10**18)]
    edges: Annotated[tuple[Score, ...], Field(max_length=MOST)]
    counts: Annotated[tuple[Number, ...], Field(max_length=MOST)]
    foretold: Foretold | None

    @model_validator(mode="after")
    def _fits(self) -> Histogram:
        ascending = list(self.edges) == sorted(set(self.edges))
        if len(self.edges) != len(self.counts) + 1 or not ascending:
            raise ValueError("the bins are none")
        return self


def _near(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=NEAR, abs_tol=NEAR * NEAR)
