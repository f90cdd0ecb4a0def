"""How often strangers reach a score: counted as far as 30 pairs go, and drawn on from there.

Drawn on is a straight line of logarithms (a generalised Pareto tail of shape 0) through the first
and the last counted point. By points and not by the mean of exceedances, which one wrong label or
one pair of twins among them would take over. The tails of networks bend down below that line (their
shape is less than 0), so it foretells rather too many than too few.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from appliance.evaluation.resample import Estimate, Figure, pairs_between
from appliance.evaluation.verification import ENOUGH, false_matches

if TYPE_CHECKING:
    import numpy.typing as npt

    from appliance.evaluation.comparisons import Comparisons
    from appliance.evaluation.resample import Resample

    Members = npt.NDArray[np.bool_]
    Floats = npt.NDArray[np.float64]

MOST_OFTEN, MOST_SELDOM = 1e-3, 1e-10
A_DECADE = 2
"""Points."""
GRAIN = 1e4
"""Scores are written with four decimals, rounded up."""


@dataclass(frozen=True)
class Point:
    """How often strangers reach a score."""

    score: float
    rate: Estimate
    counted: int | None
    """Pairs that reached it; None: drawn on."""


@dataclass(frozen=True)
class Curve:
    """All points of some people, scores ascending."""

    points: tuple[Point, ...]
    subjects: int
    comparisons: int
    """Non-mated, among them."""

    def rate_at(self, score: float) -> float:
        """Read a rate between points, or beyond the first and the last by the same line."""
        scores = [point.score for point in self.points]
        rates = [math.log(point.rate.value or 0.0) for point in self.points]
        place = min(max(int(np.searchsorted(scores, score)), 1), len(scores) - 1)
        share = (score - scores[place - 1]) / (scores[place] - scores[place - 1])
        return math.exp(rates[place - 1] + share * (rates[place] - rates[place - 1]))


def curve(found: Comparisons, drawn: Resample, within: Members | None = None) -> Curve | None:
    """Count the pairs of some people, and draw the line on.

    Args:
        found: Comparisons of everybody.
        drawn: Subjects drawn anew.
        within: (S,), who they are; None: everybody.

    Returns:
        None where they are too few for two points.
    """
    members = np.ones(len(found.pictures), np.bool_) if within is None else within
    pictures = found.pictures * members
    every = int(pairs_between(np.ones((1, len(pictures)), np.float32), pictures)[0])
    figures = _counted(found, drawn, members, every)
    if len(figures) < 2:  # noqa: PLR2004 - a line has two points
        return None
    counted = [Point(score, one.estimate(), round(one.hits)) for score, one in figures]
    return Curve((*counted, *_drawn_on(figures)), int((pictures > 0).sum()), every)


def _counted(
    found: Comparisons, drawn: Resample, members: Members, every: int
) -> list[tuple[float, Figure]]:
    """Reckon each rate that 30 pairs hold, at the score where it is reached."""
    tail = found.tail
    scores = tail["score"][members[tail["first"]] & members[tail["second"]]]
    figures: list[tuple[float, Figure]] = []
    for rate in _rates():
        pairs = math.floor(rate * every)
        if pairs < ENOUGH or pairs > len(scores):
            continue
        score = math.ceil(float(scores[pairs - 1]) * GRAIN) / GRAIN
        figure = false_matches(found, score, drawn, members)
        # Scores that are all alike may be one point.
        if figure.hits >= ENOUGH and (not figures or score > figures[-1][0]):
            figures.append((score, figure))
    return figures


def _drawn_on(figures: list[tuple[float, Figure]]) -> list[Point]:
    (first, often), (last, seldom) = figures[0], figures[-1]
    value = _line((first, often.value or 0.0), (last, seldom.value or 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        rounds = _line((first, often.rounds), (last, seldom.rounds))
    points: list[Point] = []
    for rate in _rates():
        start, slope = math.log(seldom.value or 1.0), float(value)
        score = math.ceil((last + (start - math.log(rate)) / slope) * GRAIN) / GRAIN
        if rate < 0.99 * (seldom.value or 0.0) and score < 1:
            run = score - last
            with np.errstate(invalid="ignore"):
                each = seldom.rounds * np.exp(-rounds * run)
            at = (seldom.value or 0.0) * math.exp(-slope * run)
            low, high = np.nanpercentile(each, (2.5, 97.5))
            points.append(
                Point(score, Estimate(at, min(float(low), at), max(float(high), at)), None)
            )
    return points


def _line(
    first: tuple[float, float | Floats], last: tuple[float, float | Floats]
) -> float | Floats:
    """Give the slope of the logarithm, falling: per 1 of score."""
    return np.log(np.divide(first[1], last[1])) / (last[0] - first[0])


def _rates() -> list[float]:
    decades = round(math.log10(MOST_OFTEN / MOST_SELDOM))
    return [MOST_OFTEN * 10 ** (-step / A_DECADE) for step in range(decades * A_DECADE + 1)]
