"""Is this the same person: FNMR at FMR, and both at the threshold in operation (ISO/IEC 19795-1).

FMR is the false match rate, the share of comparisons of two people that match; FNMR the false
non-match rate, the share of comparisons of one person that do not; TAR at FAR is 1 - FNMR at FMR.
FRR, the false reject rate, also counts comparisons that a failure to acquire made impossible.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from appliance.evaluation.comparisons import survival
from appliance.evaluation.resample import Figure, pairs_between

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from appliance.evaluation.comparisons import Comparisons
    from appliance.evaluation.resample import Estimate, Resample

    Floats = npt.NDArray[np.float64]

RATES = (1e-3, 1e-4, 1e-5, 1e-6)
FEWEST = 3.0
"""Errors that must be expected, for a rate to be told at all (rule of 3)..."""
ENOUGH = 30.0
"""...and not to be marked as resting on few (rule of 30, ISO/IEC 19795-1)."""
POINTS = 200


@dataclass(frozen=True)
class AtRate:
    """FNMR where so many strangers match."""

    fmr: float
    expected: float
    """False matches among all comparisons at that rate."""
    told: bool
    """False: too few comparisons hold a rate so low."""
    few: bool
    """It rests on fewer than 30 errors."""
    threshold: float | None = None
    fnmr: Estimate | None = None
    tar: Estimate | None = None


@dataclass(frozen=True)
class Operating:
    """The rates at the threshold in operation."""

    threshold: float
    fmr: Estimate
    fnmr: Estimate
    fnmr_of_subjects: Estimate
    """Each subject counted alike, however many pictures there are."""
    frr: Estimate


@dataclass(frozen=True)
class Verification:
    """What all the comparisons say."""

    mated: int
    non_mated: int
    subjects_mated: int
    rates: tuple[AtRate, ...]
    operating: Operating
    curve: tuple[tuple[float, float, float], ...]
    """Threshold, FMR, FNMR."""


def verify(found: Comparisons, threshold: float, drawn: Resample) -> Verification:
    """Reckon everything that comparisons of two pictures say."""
    return Verification(
        len(found.mated),
        found.non_mated,
        len(np.unique(found.mated_of)),
        tuple(_at_rates(found, drawn)),
        operating(found, threshold, drawn),
        _curve(found),
    )


def operating(found: Comparisons, threshold: float, drawn: Resample) -> Operating:
    """Reckon the rates at a threshold."""
    missed, tried = misses(found, threshold)
    matched = tried - missed
    shares = np.divide(missed, tried, out=np.zeros(len(tried)), where=tried > 0)
    return Operating(
        threshold,
        false_matches(found, threshold, drawn).estimate(),
        drawn.share(missed, tried).estimate(),
        drawn.share(shares, (tried > 0).astype(np.float64)).estimate(),
        drawn.share(found.attempted - matched, found.attempted).estimate(),
    )


def misses(
    found: Comparisons, threshold: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Count the false non-matches and the mated comparisons of each subject: (S,), (S,)."""
    subjects = len(found.pictures)
    missed = found.mated_of[found.mated < threshold]
    return np.bincount(missed, minlength=subjects), np.bincount(found.mated_of, minlength=subjects)


def false_matches(
    found: Comparisons,
    threshold: float,
    drawn: Resample,
    members: npt.NDArray[np.bool_] | None = None,
) -> Figure:
    """Reckon the FMR, of everybody or within a group: (S,), who belongs to it."""
    within = np.ones(len(found.pictures), np.bool_) if members is None else members
    hits = found.tail[found.tail["score"] >= threshold]
    hits = hits[within[hits["first"]] & within[hits["second"]]]
    return drawn.of_pairs(hits["first"], hits["second"], found.pictures * within)


def _at_rates(found: Comparisons, drawn: Resample) -> Iterator[AtRate]:
    every = np.ones((1, drawn.weights.shape[1]), np.float32)
    thresholds, values = missed_at(found, every)
    _, rounds = missed_at(found, drawn.weights)
    tried, people = len(found.mated), float(len(np.unique(found.mated_of)))
    for place, rate in enumerate(RATES):
        expected = rate * found.non_mated
        told, few = expected >= FEWEST and tried > 0, expected < ENOUGH
        if not told:
            yield AtRate(rate, expected, told, few)
            continue
        value, drawn_anew = float(values[place, 0]), rounds[place]
        fnmr = Figure(value, value * tried, tried, people, drawn_anew)
        tar = Figure(1 - value, (1 - value) * tried, tried, people, 1 - drawn_anew)
        at = float(thresholds[place, 0])
        yield AtRate(rate, expected, told, few, at, fnmr.estimate(), tar.estimate())


def missed_at(found: Comparisons, weights: npt.NDArray[np.float32]) -> tuple[Floats, Floats]:
    """Find for each of the RATES and each round the threshold, and the FNMR there: (R, B), (R, B).

    What matches lies above the threshold, which is the highest score of a stranger too many.
    """
    thresholds, missed = np.zeros((2, len(RATES), len(weights)))
    allowed = np.outer(pairs_between(weights, found.pictures), RATES)
    first, second = found.tail["first"].copy(), found.tail["second"].copy()
    scores = np.append(found.tail["score"], np.float32(found.bar))
    for number, weight in enumerate(weights):
        reached = np.cumsum(weight[first] * weight[second], dtype=np.float64)
        threshold = scores[np.searchsorted(reached, allowed[number], side="right")]
        mated = np.append(0, np.cumsum(weight[found.mated_of], dtype=np.float64))
        below = np.searchsorted(found.mated, threshold, side="right")
        thresholds[:, number] = threshold
        missed[:, number] = mated[below] / mated[-1] if mated[-1] else np.nan
    return thresholds, missed


def _curve(found: Comparisons) -> tuple[tuple[float, float, float], ...]:
    """Give FMR and FNMR over thresholds, as far down as an FMR is told."""
    if not len(found.mated):
        return ()
    edges, share = survival(found.histogram)
    least = FEWEST / found.non_mated
    wanted = np.geomspace(1, least, POINTS)
    places = np.unique(np.searchsorted(-share, -wanted).clip(0, len(edges) - 1))
    below = np.searchsorted(found.mated, edges[places]) / len(found.mated)
    return tuple(
        (float(edge), float(fmr), float(fnmr))
        for edge, fmr, fnmr in zip(edges[places], share[places], below, strict=True)
        if fmr >= least
    )
