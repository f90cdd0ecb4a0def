"""A recall test as the public may see it: no group of so few that it speaks of somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.oversight.recall.rates import ALL, rates
from appliance.oversight.record import measures
from appliance.oversight.record.cells import hidden

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.oversight.figures import Passes, Recalled
    from appliance.oversight.recall.rates import Rate, Rates


def recall(recalled: Recalled) -> measures.Recall:
    """Read a recall test without the groups of few, and without those that give them away."""
    small = _small(recalled.passes)
    kept = tuple(passes for passes in recalled.passes if passes.group not in small)
    told = rates(recalled.model_copy(update={"passes": kept}))
    effects = {passes.group: passes.effect for passes in kept}
    return measures.Recall(
        passed=tuple(
            _passed(rate, effects.get(rate.group, 1.0)) for rate in (told.overall, *told.groups)
        ),
        left_out=len(recalled.passes) - len(kept),
        gaps=gaps(told),
        said=told.said,
    )


def gaps(told: Rates) -> tuple[measures.Gap, ...]:
    """Put gaps down in percentage points."""
    return tuple(
        measures.Gap(
            first=gap.first,
            second=gap.second,
            points=100 * gap.share,
            low=100 * gap.interval.low,
            high=100 * gap.interval.high,
        )
        for gap in told.gaps
    )


def _small(passes: Sequence[Passes]) -> set[str]:
    sorts: dict[str, dict[str, int]] = {}
    for each in passes:
        if each.group != ALL:
            sorts.setdefault(each.group.split("/")[0], {})[each.group] = each.volunteers
    return set[str]().union(*(hidden(groups) for groups in sorts.values()))


def _passed(rate: Rate, effect: float) -> measures.Passed:
    return measures.Passed(
        group=rate.group,
        volunteers=rate.volunteers,
        passes=rate.passes,
        recognised=rate.recognised,
        effect=effect,
        low=rate.interval.low,
        high=rate.interval.high,
    )
