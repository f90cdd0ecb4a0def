"""A line of the record, and how a rate is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from appliance.oversight.record.measures import Rate

SHORT: Final = 0.1
"""A smaller share is said as one in so many, and without a fraction."""


@dataclass(frozen=True)
class Row:
    """One figure."""

    name: str
    """For a program."""
    label: str
    value: object
    """None: nobody has measured it."""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Section:
    """Figures of one kind."""

    name: str
    title: str
    rows: tuple[Row, ...]
    note: str = ""
    interval: str = "95 % interval"
    """What the numbers beside a value are."""


def rate_row(name: str, label: str, rate: Rate | None) -> Row:
    """Give the line of a rate, or of one that nobody has measured."""
    if rate is None:
        return Row(name, label, None)
    note = spoken(rate) if not rate.hits else f"{rate.hits:,} of {rate.trials:,}."
    return Row(name, label, rate.value, "share", rate.low, rate.high, note)


def spoken(rate: Rate) -> str:
    """Say a rate as people do, with what it cannot exclude."""
    counts = f"{rate.hits:,} of {rate.trials:,}"
    if not rate.hits:
        return (
            f"{counts}. That is no proof that it never happens: these data cannot exclude up to "
            f"{one_in(rate.high)} (95 %)."
        )
    return f"{counts}: {one_in(rate.value)} (95 %: {one_in(rate.low)} to {one_in(rate.high)})."


def one_in(share: float) -> str:
    """Say a share as one in so many."""
    if not share:
        return "none"
    return f"1 in {1 / share:,.0f}" if share < SHORT else f"1 in {1 / share:.1f}"


def percent(share: float) -> str:
    """Say a share of which there is much."""
    return f"{100 * share:.1f} %"
