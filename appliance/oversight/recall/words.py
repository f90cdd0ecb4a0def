"""A recall test in words: as a document for a program, and in lines for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from appliance.oversight.recall.rates import rates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.oversight.figures import Recalled
    from appliance.oversight.recall.count import Standing
    from appliance.oversight.recall.rates import Gap, Rate


def document(recalled: Recalled) -> dict[str, Any]:
    """Give every figure under a stable name; shares are of 1."""
    told = rates(recalled)
    return {
        "deployment_id": recalled.deployment_id,
        "volunteers": recalled.volunteers,
        "rates": [_rate(rate) for rate in (told.overall, *told.groups)],
        "gaps": [_gap(gap) for gap in told.gaps],
        "said": [*told.said],
    }


def lines(recalled: Recalled) -> Iterator[str]:
    """Give the rates, a line each, and the sentences that stand beside them."""
    told = rates(recalled)
    rows = [told.overall, *told.groups]
    width = max(len(rate.group) for rate in rows)
    for rate in rows:
        yield f"{rate.group:<{width}}  {_cells(rate)}"
    yield from told.said


def notes(standing: Standing, *, ended: bool = False) -> Iterator[str]:
    """Say what somebody should know who runs the test, or has ended it."""
    if standing.open:
        fate = "left out" if ended else "what is open counts later"
        yield f"{_many(standing.open, 'pass', 'passes')} not over yet: {fate}."
    if standing.beside:
        times = _many(standing.beside, "time", "times")
        yield f"{times} somebody was recognised outside any pass, which does not count."
    if standing.never:
        yield (
            f"{_many(standing.never, 'volunteer', 'volunteers')} passed often, and never "
            'recognised: see that the list in force has them, under the ground "volunteer".'
        )


def _cells(rate: Rate) -> str:
    if rate.share is None:
        return "nobody passed"
    low, high = rate.interval
    people = _many(rate.volunteers, "volunteer", "volunteers")
    return (
        f"{rate.recognised} of {rate.passes} recognised, {_percent(rate.share)} "
        f"(95 %: {_percent(low)} to {_percent(high)}), {people}"
    )


def _many(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _rate(rate: Rate) -> dict[str, Any]:
    low, high = rate.interval
    return {
        "group": rate.group,
        "volunteers": rate.volunteers,
        "passes": rate.passes,
        "recognised": rate.recognised,
        "rate": rate.share,
        "low": low,
        "high": high,
        "effective_passes": rate.worth.trials,
    }


def _gap(gap: Gap) -> dict[str, Any]:
    low, high = gap.interval
    return {
        "characteristic": gap.characteristic,
        "first": gap.first,
        "second": gap.second,
        "gap": gap.share,
        "low": low,
        "high": high,
    }
