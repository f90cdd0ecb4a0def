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

from appliance.evaluation.said import RATIOS, sentences
from appliance.evaluation.verification import false_matches, misses
from appliance.oversight.intervals import LEVEL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from appliance.evaluation.cohort import Cohort
    from appliance.evaluation.comparisons import Comparisons
    from appliance.evaluation.identification import Counts
    from appliance.evaluation.resample import Estimate, Figure, Resample

    Members = Mapping[str, npt.NDArray[np.bool_]]

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
    """The widest seen; None where fewer than two groups have something to compare."""
    reach: float | None
    """How wide one between any two of them may be: what the data cannot exclude. None: any."""


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
        members = members_of(values)
        figures: dict[str, dict[str, Figure]] = {}
        if found is not None:
            figures |= _verified(found, threshold, drawn, members)
        if counts is not None:
            figures |= _identified(counts, drawn, members)
        metrics = tuple(_metric(metric, of, members) for metric, of in figures.items())
        undeclared = sum(value == NOTHING for value in values)
        told.append(Characteristic(name, undeclared, metrics, sentences(name, metrics)))
    return tuple(told)


def members_of(values: Sequence[str]) -> Members:
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
    widest = max(gaps, key=lambda gap: gap.value or 0.0, default=None)
    reaches = [_reach(gap) for gap in gaps]
    reach = None if None in reaches or not reaches else max(filter(None, reaches), default=0.0)
    return Metric(name, rates, widest, reach)


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


def _reach(gap: Gap) -> float | None:
    """Tell how far the interval goes, either way round; None where it has no end."""
    if gap.low is None or gap.high is None:
        return None
    if gap.kind == "points":
        return max(abs(gap.low), abs(gap.high))
    return max(gap.high, 1 / gap.low) if gap.low else None
