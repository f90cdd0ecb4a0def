"""Recall tests of many deployments as one: each group, its gaps, and what they cannot exclude."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field

from appliance.oversight.fact import Fact, Label
from appliance.oversight.figures import Passes, Recalled
from appliance.oversight.recall.rates import ALL, rate, rates
from appliance.oversight.record.measures import MOST_GROUPS, Gap, Passed, Portion
from appliance.oversight.record.recall import gaps

if TYPE_CHECKING:
    from collections.abc import Iterable

Sum = Annotated[int, Field(ge=0)]
SERIES: Final = "series"
TOGETHER: Final = (
    "Pooled as if all tests were alike and nobody took part in two: where places, light or people "
    "differ between tests, a gap may be theirs."
)
TOO_MANY: Final = f"More than {MOST_GROUPS} groups were told apart, so none are compared."


class Pooled(Fact):
    """Passes of one group of volunteers over all tests, at what they are worth."""

    group: Label
    passes: Sum
    recognised: Sum
    low: Portion
    high: Portion


class Pool(Fact):
    """What all recall tests of a series say together."""

    groups: tuple[Pooled, ...]
    """`all` first, where there was a test."""
    gaps: tuple[Gap, ...]
    """The widest of each characteristic."""
    said: tuple[str, ...]
    """What they cannot exclude, in sentences."""


def pool(tests: Iterable[Iterable[Passed]]) -> Pool:
    """Pool tests, each of which tells of `all` and of groups."""
    told: dict[str, list[Passed]] = {ALL: []}
    for test in tests:
        for each in test:
            told.setdefault(each.group, []).append(each)
    passes = [_passes(group, each) for group, each in told.items() if each]
    groups = tuple(_pooled(each) for each in passes)
    if not passes or len(passes) > MOST_GROUPS:
        return Pool(groups=groups, gaps=(), said=(TOO_MANY,) if passes else ())
    # Whoever took part in two tests is counted twice, so that of people nothing is said.
    found = rates(Recalled(deployment_id=SERIES, volunteers=0, passes=tuple(passes)))
    return Pool(groups=groups, gaps=gaps(found), said=(*found.said[1:], TOGETHER))


def _passes(group: str, tests: Iterable[Passed]) -> Passes:
    """Add up a group; its effect is that of the variance of the sums (Cochran 1977, 3.12)."""
    each = [*tests]
    passes = sum(one.passes for one in each)
    worth = sum(one.passes * one.effect for one in each)
    return Passes(
        group=group,
        passes=passes,
        recognised=sum(one.recognised for one in each),
        volunteers=sum(one.volunteers for one in each),
        effect=max(1.0, worth / passes) if passes else 1.0,
    )


def _pooled(passes: Passes) -> Pooled:
    found = rate(passes)
    return Pooled(
        group=found.group,
        passes=found.passes,
        recognised=found.recognised,
        low=found.interval.low,
        high=found.interval.high,
    )
