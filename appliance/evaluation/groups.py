"""Rates by declared group at the threshold in operation, and what the data cannot exclude.

After ISO/IEC 19795-10: FNMR and FMR of comparisons within a group, TPIR and FPIR of those of the
group who pass, all at one threshold. Shares differ by points; false matches, which are rare, by how
many times. An interval of a gap holds for all pairs of groups of its characteristic together
(Bonferroni). That there is no difference is never said.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Final

import numpy as np

from appliance.evaluation.verification import false_matches, misses
from appliance.oversight.intervals import LEVEL
from appliance.oversight.recall.rates import FEWEST_PEOPLE, SMALL_GAP, enough

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from appliance.evaluation.cohort import Cohort
    from appliance.evaluation.comparisons import Comparisons
    from appliance.evaluation.identification import Counts
    from appliance.evaluation.resample import Estimate, Figure, Resample

    Members = Mapping[str, npt.NDArray[np.bool_]]

NAMES: Final = {"fnmr": "FNMR", "fmr": "FMR", "tpir": "TPIR", "fpir": "FPIR"}
RATIOS: Final = ("fmr", "fpir")
"""Rates so small that groups are compared by how many times, not by points."""
MOST_GROUPS = 24
NOTHING: Final = ""


@dataclass(frozen=True)
class Rate:
    """A rate of one group."""

    group: str
    subjects: int
    """With something to try."""
    trials: int
    rate: Estimate


@dataclass(frozen=True)
class Gap:
    """By how much two groups differ: the first has the higher rate."""

    first: str
    second: str
    kind: str
    """`points`: the first less the second, as a share; `times`: the first divided by the second."""
    value: float | None
    """None where how many times cannot be said, since the second was never."""
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Metric:
    """One rate, by the groups of one characteristic."""

    name: str
    rates: tuple[Rate, ...]
    gap: Gap | None
    """The widest; None where fewer than two groups have something to compare."""


@dataclass(frozen=True)
class Characteristic:
    """All rates by the groups of one column."""

    name: str
    undeclared: int
    """Subjects who are in no group."""
    metrics: tuple[Metric, ...]
    said: tuple[str, ...]
    """Sentences that stand beside the figures wherever they are printed."""


def by_group(
    cohort: Cohort,
    drawn: Resample,
    threshold: float,
    found: Comparisons | None = None,
    counts: Counts | None = None,
) -> tuple[Characteristic, ...]:
    """Reckon what there is by each column of the table."""
    told: list[Characteristic] = []
    for name, values in cohort.groups.items():
        members = _members(values)
        figures: dict[str, dict[str, Figure]] = {}
        if found is not None:
            figures |= _verified(found, threshold, drawn, members)
        if counts is not None:
            figures |= _identified(counts, drawn, members)
        metrics = tuple(_metric(metric, of, members) for metric, of in figures.items())
        undeclared = sum(value == NOTHING for value in values)
        told.append(Characteristic(name, undeclared, metrics, _said(name, metrics)))
    return tuple(told)


def _members(values: Sequence[str]) -> Members:
    """Tell who belongs to each group; of very many groups, to the largest."""
    column = np.array(values)
    names, sizes = np.unique(column[column != NOTHING], return_counts=True)
    largest = names[np.argsort(-sizes, kind="stable")][:MOST_GROUPS]
    return {str(name): column == name for name in sorted(largest)}


def _verified(
    found: Comparisons, threshold: float, drawn: Resample, members: Members
) -> dict[str, dict[str, Figure]]:
    missed, tried = misses(found, threshold)
    return {
        "fnmr": {name: drawn.share(missed * of, tried * of) for name, of in members.items()},
        "fmr": {name: false_matches(found, threshold, drawn, of) for name, of in members.items()},
    }


def _identified(counts: Counts, drawn: Resample, members: Members) -> dict[str, dict[str, Figure]]:
    pairs = {"tpir": (counts.found, counts.mated), "fpir": (counts.alarms, counts.strangers)}
    return {
        metric: {name: drawn.share(hits * of, tried * of) for name, of in members.items()}
        for metric, (hits, tried) in pairs.items()
    }


def _metric(name: str, figures: Mapping[str, Figure], members: Members) -> Metric:
    rates = tuple(
        Rate(group, _people(name, figure, members[group]), round(figure.trials), figure.estimate())
        for group, figure in figures.items()
    )
    tried = {group: figure for group, figure in figures.items() if figure.trials}
    gaps = _gaps(name, tried)
    return Metric(name, rates, max(gaps, key=_width, default=None))


def _people(name: str, figure: Figure, members: npt.NDArray[np.bool_]) -> int:
    return int(members.sum()) if name == "fmr" else round(figure.worth)


def _gaps(name: str, figures: Mapping[str, Figure]) -> list[Gap]:
    pairs = [
        pair
        for pair in permutations(figures, 2)
        if (figures[pair[0]].value or 0.0) >= (figures[pair[1]].value or 0.0)
    ]
    level = 1 - (1 - LEVEL) / max(1, len(figures) * (len(figures) - 1) // 2)
    measure = _times if name in RATIOS else _points_apart
    return [measure(pair, figures[pair[0]], figures[pair[1]], level) for pair in pairs]


def _points_apart(pair: tuple[str, str], more: Figure, less: Figure, level: float) -> Gap:
    low, high = more.less(less, level)
    return Gap(*pair, "points", (more.value or 0.0) - (less.value or 0.0), low, high)


def _times(pair: tuple[str, str], more: Figure, less: Figure, level: float) -> Gap:
    interval = more.times(less, level)
    if interval is None or not more.value or not less.value:
        return Gap(*pair, "times", None, None, None)
    low, high = (end if math.isfinite(end) else None for end in interval)
    return Gap(*pair, "times", more.value / less.value, low, high)


def _width(gap: Gap) -> float:
    """Order gaps; what cannot be said is wider than anything that can."""
    return math.inf if gap.value is None else gap.value


def _said(name: str, metrics: Sequence[Metric]) -> tuple[str, ...]:
    said: list[str] = []
    for metric in metrics:
        word = NAMES[metric.name]
        if metric.gap is None:
            said.append(f"{word} of {name}: nothing can be compared, one group was tried or none.")
        elif metric.gap.kind == "times":
            said += _said_of_times(word, name, metric.gap)
        else:
            said += _said_of_points(word, name, metric.gap, metric.rates)
    return (*said, *_few(metrics))


def _said_of_points(word: str, name: str, gap: Gap, rates: Sequence[Rate]) -> list[str]:
    low, high = gap.low or 0.0, gap.high or 0.0
    widest = max(abs(low), abs(high))
    said = [
        f"{word} of {gap.first} is higher than of {gap.second}: by {_least(low)} "
        f"points at least, and {_points(high)} at most."
        for _ in range(_least(low) > 0)
    ]
    said.append(
        f"This data cannot exclude a gap of {_points(widest)} points in {word} between groups of "
        f"{name}."
    )
    if widest > SMALL_GAP:
        share = sum((one.rate.value or 0.0) * one.subjects for one in rates)
        share = (share + 1) / (sum(one.subjects for one in rates) + 2)
        said.append(
            f"To exclude one of {_points(SMALL_GAP)} points takes some {enough(share)} subjects of "
            "each group."
        )
    return said


def _said_of_times(word: str, name: str, gap: Gap) -> list[str]:
    if gap.value is None or gap.low is None:
        unsaid = (
            f"{word} of {name}: {gap.second} had none, or too few, so that how many times more "
            f"often {gap.first} has one cannot be said; this data can exclude no number."
        )
        return [unsaid]
    said = [
        f"{word} of {gap.first} is {gap.low:.1f} times that of {gap.second} at least."
        for _ in range(gap.low > 1)
    ]
    high = "any number of" if gap.high is None else f"{gap.high:.1f}"
    said.append(
        f"This data cannot exclude that {word} is {high} times as high for one group of {name} as "
        "for another."
    )
    return said


def _few(metrics: Sequence[Metric]) -> list[str]:
    few = {one.group for metric in metrics for one in metric.rates if one.subjects < FEWEST_PEOPLE}
    if not few:
        return []
    return [f"Insufficient data: fewer than {FEWEST_PEOPLE} subjects in {', '.join(sorted(few))}."]


def _least(share: float) -> float:
    """Say a share in tenths of points, and rather less than more."""
    return math.floor(1000 * share + 1e-9) / 10


def _points(share: float) -> int:
    """Say a share in whole points, and rather more than less."""
    return math.ceil(100 * share - 1e-9)
