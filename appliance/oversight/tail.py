"""False matches foretold from how near strangers came, without waiting for any and keeping nobody.

Where the best of N comparisons reaches a score for a share q of the faces, one comparison reaches
it for 1 - (1 - q)^(1/N): that is held beside what the calibration says of the same score. Whoever
alerts is in no bin, so nothing is read above the threshold, and strangers who did alert are added.
Listed people who were missed are in the bins: strangers never look farther than they are. Up to the
threshold the tail is drawn on as a straight line of logarithms; it falls faster in every
calibration that we have measured, so that is rather too much than too little.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from appliance.errors import InputError
from appliance.oversight.intervals import Interval, Share, clopper_pearson

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from appliance.oversight.figures import Scored

    Points = Sequence[tuple[float, float]]
    """Scores, ascending, and how often one comparison of strangers reaches each."""

FEWEST: Final = 10
"""Faces by which the tail is drawn on; fewer are chance."""


@dataclass(frozen=True)
class Step:
    """How often strangers reach a score."""

    score: float
    faces: int
    """So many reached it."""
    rate: float
    """Of one comparison."""
    interval: Interval
    """95 %, of the rate."""
    foretold: float | None
    """By the calibration; None outside what it has measured."""


@dataclass(frozen=True)
class Tail:
    """What the scores of strangers say."""

    faces: int
    templates: float
    """With how many each was compared, in the mean."""
    steps: tuple[Step, ...]
    """From the first score that not every face reached, to the threshold."""
    threshold: float
    rate: float | None
    """Of one comparison at the threshold, drawn on; None where too few faces came near."""
    foretold: float | None
    """The same, by the calibration."""
    drift: float | None
    """By how much strangers score higher than they did in the calibration; None where nobody came
    as near as it has measured."""
    nearer: tuple[float, ...] = ()
    """Scores that they reach more often than the calibration allows, by more than chance: the
    intervals of both, 95 %, lie apart."""

    @property
    def advised(self) -> float | None:
        """Give a threshold that makes up for a drift until somebody has calibrated anew."""
        drift = self.drift or 0.0
        return self.threshold + drift if self.nearer and drift > 0 else None


def tail(
    scored: Sequence[Scored],
    points: Points,
    threshold: float,
    false_alerts: int = 0,
    limits: Points = (),
) -> Tail:
    """Read the scores of strangers from the log's entries.

    Args:
        scored: Of one model, of one deployment or of several.
        points: That model's calibration.
        threshold: In force.
        false_alerts: Strangers who alerted.
        limits: The upper ends of the calibration's intervals; none: it has no intervals.

    Raises:
        InputError: there are none, or they cannot be put together.
    """
    if len({(one.model_id, one.edges) for one in scored}) != 1:
        raise InputError("These scores are not of one model.", mend="Take those of one alone.")
    counted = sum(one.faces for one in scored)
    faces = counted + false_alerts
    templates = sum(one.comparisons for one in scored) / counted
    if templates < 1:
        raise InputError("With how many they were compared is not said.", mend="Take newer ones.")
    counts = [sum(each) for each in zip(*(one.counts for one in scored), strict=True)]
    reached = [*accumulate(reversed(counts), initial=false_alerts)][:0:-1]
    steps = tuple(
        _step(score, Share(hits, faces), templates, points)
        for score, hits in zip(scored[0].edges[:-1], reached, strict=True)
        if 0 < hits < faces and score <= threshold
    )
    rate, foretold = _drawn_on(steps, threshold), _between(points, threshold)
    nearer = tuple(_nearer(steps, limits or points))
    return Tail(faces, templates, steps, threshold, rate, foretold, _drift(steps, points), nearer)


def _step(score: float, share: Share, templates: float, points: Points) -> Step:
    rate, low, high = (
        _single(one, templates) for one in (share.hits / share.trials, *clopper_pearson(share))
    )
    return Step(score, int(share.hits), rate, Interval(low, high), _between(points, score))


def _single(share: float, templates: float) -> float:
    """Give how often one comparison reaches what the best of several reaches for that share."""
    return 1.0 if share >= 1 else -math.expm1(math.log1p(-share) / templates)


def _between(points: Points, score: float) -> float | None:
    """Read a rate between points, on a straight line of logarithms."""
    for (low, often), (high, seldom) in pairwise(points):
        if low <= score <= high:
            share = (score - low) / (high - low)
            return math.exp((1 - share) * math.log(often) + share * math.log(seldom))
    return None


def _drawn_on(steps: Sequence[Step], threshold: float) -> float | None:
    sure = [(step.score, step.rate) for step in steps if step.faces >= FEWEST]
    if len(sure) < 2 or threshold < sure[0][0]:  # noqa: PLR2004 - a line has two points
        return None
    within = _between(sure, threshold)
    if within is not None:
        return within
    (low, often), (high, seldom) = sure[-2:]
    slope = math.log(seldom / often) / (high - low)
    return seldom * math.exp(slope * (threshold - high))


def _nearer(steps: Sequence[Step], limits: Points) -> Iterator[float]:
    for step in steps:
        most = _between(limits, step.score)
        if most is not None and step.faces >= FEWEST and step.interval.low > most:
            yield step.score


def _drift(steps: Sequence[Step], points: Points) -> float | None:
    """Compare at which scores the same rate is reached, where both are known, in the mean."""
    sure = [step for step in steps if step.faces >= FEWEST]
    rarities, scores = [-math.log(step.rate) for step in sure], [step.score for step in sure]
    apart = [
        float(np.interp(-math.log(rate), rarities, scores)) - score
        for score, rate in points
        if sure and rarities[0] <= -math.log(rate) <= rarities[-1]
    ]
    return sum(apart) / len(apart) if apart else None
