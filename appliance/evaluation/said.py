"""What must be said beside the rates of groups: what was seen, and what cannot be excluded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from appliance.oversight.recall.rates import FEWEST_PEOPLE, SMALL_GAP, enough

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.evaluation.groups import Gap, Metric, Rate

NAMES: Final = {"fnmr": "FNMR", "fmr": "FMR", "tpir": "TPIR", "fpir": "FPIR"}
RATIOS: Final = ("fmr", "fpir")
"""Rates so small that groups are compared by how many times, not by points."""


def sentences(name: str, metrics: Sequence[Metric]) -> tuple[str, ...]:
    """Speak of all rates of a characteristic."""
    said: list[str] = []
    for metric in metrics:
        word = NAMES[metric.name]
        if metric.gap is None:
            said.append(f"{word} of {name}: nothing can be compared, one group was tried or none.")
        elif metric.gap.kind == "times":
            said += _times(word, name, metric.gap, metric.reach)
        else:
            said += _points_apart(word, name, metric.gap, metric)
    return (*said, *_few(metrics))


def _points_apart(word: str, name: str, gap: Gap, metric: Metric) -> list[str]:
    low, reach = _floor(100 * (gap.low or 0.0)), metric.reach or 0.0
    seen = (
        f"{word} of {gap.first} is higher than of {gap.second}: by {low} points at least, and "
        f"{_points(gap.high or 0.0)} at most."
    )
    said = [seen] if low > 0 else []
    said.append(
        f"This data cannot exclude a gap of {_points(reach)} points in {word} between groups of "
        f"{name}."
    )
    if reach > SMALL_GAP:
        said.append(_needed(metric.rates))
    return said


def _needed(rates: Sequence[Rate]) -> str:
    hits = sum((one.rate.value or 0.0) * one.subjects for one in rates)
    share = (hits + 1) / (sum(one.subjects for one in rates) + 2)
    return (
        f"To exclude one of {_points(SMALL_GAP)} points takes some {enough(share)} subjects of "
        "each group."
    )


def _times(word: str, name: str, gap: Gap, reach: float | None) -> list[str]:
    low = _floor(gap.low or 0.0)
    said = [f"{word} of {gap.first} is {low} times that of {gap.second} at least."] * (low > 1)
    if reach is None:
        said.append(
            f"{word} of {name}: a group had none, or too few, so this data can exclude no number "
            "of times as which it is higher for one group than for another."
        )
    else:
        said.append(
            f"This data cannot exclude that {word} is {_ceil(reach)} times as high for one group "
            f"of {name} as for another."
        )
    return said


def _few(metrics: Sequence[Metric]) -> list[str]:
    few = {one.group for metric in metrics for one in metric.rates if one.subjects < FEWEST_PEOPLE}
    if not few:
        return []
    return [f"Insufficient data: fewer than {FEWEST_PEOPLE} subjects in {', '.join(sorted(few))}."]


def _floor(number: float) -> float:
    """Say a number in tenths, and rather less than more."""
    return math.floor(10 * number + 1e-9) / 10


def _ceil(number: float) -> float:
    """Say a number in tenths, and rather more than less."""
    return math.ceil(10 * number - 1e-9) / 10


def _points(share: float) -> int:
    """Say a share in whole points, and rather more than less."""
    return math.ceil(100 * share - 1e-9)
