"""From passes and sightings to counts: a pass is recognised where its volunteer was, in its time.

Recognised is whoever the van would have alerted to; that the same person was alerted to on the same
camera a moment ago, and is not said again, makes no pass a miss. What was seen outside any pass
counts for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.oversight.figures import Passes, Recalled
from appliance.oversight.intervals import Share, design_effect
from appliance.oversight.recall.rates import ALL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from appliance.oversight.recall.plan import Pass, Plan


@dataclass(frozen=True)
class Standing:
    """What a test has come to at a moment."""

    recalled: Recalled
    open: int
    """Passes whose time is not over, or has not come."""
    beside: int
    """Times that a volunteer was recognised outside any pass."""
    never: int
    """Volunteers who have passed five times or more and were never recognised: are they listed?"""


OFTEN = 5


def count(plan: Plan, marks: Sequence[Pass], sightings: Sequence[Pass], now: datetime) -> Standing:
    """Count a test.

    Args:
        plan: Who takes part.
        marks: What was tapped; a schedule takes its place.
        sightings: Whom the van recognised.
        now: Passes whose time is not over by then are left out.
    """
    codes = {one.code for one in plan.volunteers}
    passes = [one for one in plan.schedule or marks if one.code in codes]
    over = [one for one in passes if one.at + plan.window <= now]
    seen, all_of = _times(sightings), _times(passes)
    found: dict[str, list[bool]] = {one.code: [] for one in plan.volunteers}
    for one in over:
        found[one.code].append(any(_within(plan, one.at, at) for at in seen.get(one.code, ())))
    shares = {code: Share(sum(each), len(each)) for code, each in found.items()}
    told = [_group(ALL, [*shares.values()])]
    for group in plan.groups:
        its = [one.code for one in plan.volunteers if group in one.groups]
        told.append(_group(group, [shares[code] for code in its]))
    recalled = Recalled(
        deployment_id=plan.deployment_id, volunteers=told[0].volunteers, passes=tuple(told)
    )
    beside = [
        at
        for code, times in seen.items()
        for at in times
        if not any(_within(plan, passed, at) for passed in all_of.get(code, ()))
    ]
    never = [share for share in shares.values() if share.trials >= OFTEN and not share.hits]
    return Standing(recalled, len(passes) - len(over), len(beside), len(never))


def _times(passes: Iterable[Pass]) -> dict[str, list[datetime]]:
    times: dict[str, list[datetime]] = {}
    for one in passes:
        times.setdefault(one.code, []).append(one.at)
    return times


def _within(plan: Plan, passed: datetime, at: datetime) -> bool:
    return passed - plan.before <= at < passed + plan.window


def _group(name: str, shares: Sequence[Share]) -> Passes:
    tried = [share for share in shares if share.trials]
    return Passes(
        group=name,
        passes=sum(int(share.trials) for share in tried),
        recognised=sum(int(share.hits) for share in tried),
        volunteers=len(tried),
        effect=design_effect(tried),
    )
