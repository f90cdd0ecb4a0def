"""The rates of films: who was found, how soon, and how often somebody was taken for another.

After ISO/IEC 19795-1 for open sets: TPIR is the share of passes of listed people that raised an
alert for that person; a failure to detect, to enrol or to encode is a miss. False alerts are
counted by passing. Intervals draw people anew for the first, and films for the second.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from appliance.evaluation.resample import Resample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.evaluation.document import Bootstrap
    from appliance.evaluation.film.labels import Labels
    from appliance.evaluation.film.outcome import Others, Outcome
    from appliance.evaluation.resample import Estimate, Figure

EDGES_PX: Final = (0.0, 10.0, 15.0, 20.0, 30.0, 50.0)
"""Between the eyes; a face is about twice as wide, and the van encodes none below 30 px width."""


@dataclass(frozen=True)
class Way:
    """One way to decide."""

    name: str
    title: str
    short: str
    fusing: bool
    """Whether a passing's shots are added up, or each is searched by itself."""
    hits: int | None = None
    """Shots that must agree; None: as set."""


WAYS: Final = (
    Way("fused", "as the van: shots fused, two of them agree", "shots fused", fusing=True),
    Way("apart", "each shot by itself, two of them agree", "each by itself", fusing=False),
    Way("single", "one shot by itself is enough", "one is enough", fusing=False, hits=1),
)


@dataclass(frozen=True)
class Spread:
    """The middle of several numbers, and where nine of ten of them lie."""

    p5: float
    p50: float
    p95: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Spread | None:
        """Give it; None where there are none."""
        if not numbers:
            return None
        low, middle, high = np.percentile(numbers, (5, 50, 95))
        return cls(float(low), float(middle), float(high))


@dataclass(frozen=True)
class Rates:
    """All figures of one way to decide."""

    way: str
    title: str
    found: int
    """Passes of listed people that raised an alert for that person."""
    tpir: Estimate
    near_found: int
    near_tpir: Estimate
    """Of those who came near enough for long enough."""
    passings_found: int
    passings: int
    """Of listed people, as the van follows them, that are faces seen."""
    passing_tpir: Estimate
    false_alerts: int
    """Passings of anybody that were reported as somebody else."""
    seen: int
    """All passings that are faces seen."""
    false_alert_rate: Estimate
    """Of them."""
    after_s: Spread | None
    """From first sight to first alert."""
    at_px: Spread | None
    """Between the eyes at the first alert."""


@dataclass(frozen=True)
class Band:
    """Passes by how large they came at their largest."""

    from_px: float
    to_px: float | None
    passes: int
    found: int
    tpir: Estimate


@dataclass(frozen=True)
class Drawn:
    """People and films, drawn anew."""

    people: Resample = field(repr=False)
    films: Resample = field(repr=False)

    @classmethod
    def of(cls, labels: Labels, bootstrap: Bootstrap) -> Drawn:
        """Draw."""
        rounds, seed = bootstrap.rounds, bootstrap.seed
        return cls(
            Resample(max(labels.subjects, 1), rounds, seed),
            Resample(len(labels.films), rounds, seed),
        )


def rates(way: Way, told: Sequence[Outcome], others: Sequence[Others], drawn: Drawn) -> Rates:
    """Reckon what one way to decide comes to."""
    near = [one for one in told if one.near]
    hits, tries = _by_subject(told, drawn)
    alarms, seen = _by_film(told, others, drawn)
    return Rates(
        way.name,
        way.title,
        sum(one.found > 0 for one in told),
        _passes(told, drawn).estimate(),
        sum(one.found > 0 for one in near),
        _passes(near, drawn).estimate(),
        int(hits.sum()),
        int(tries.sum()),
        drawn.people.share(hits, tries).estimate(),
        int(alarms.sum()),
        int(seen.sum()),
        drawn.films.share(alarms, seen).estimate(),
        Spread.of([one.after_s for one in told if one.after_s is not None]),
        Spread.of([one.at_px for one in told if one.at_px is not None]),
    )


def _passes(told: Sequence[Outcome], drawn: Drawn) -> Figure:
    people = drawn.people.weights.shape[1]
    of = np.array([one.subject for one in told], np.int64)
    found = np.array([one.found > 0 for one in told], np.float64)
    tries = np.bincount(of, minlength=people)
    return drawn.people.share(np.bincount(of, found, people), tries)


Counts = np.ndarray[tuple[int], np.dtype[np.float64]]


def _by_subject(told: Sequence[Outcome], drawn: Drawn) -> tuple[Counts, Counts]:
    hits, tries = (np.zeros(drawn.people.weights.shape[1]) for _ in range(2))
    for one in told:
        # A passing may be reported by a shot that passed the gate only just now: never uncounted.
        hits[one.subject] += one.found
        tries[one.subject] += max(one.seen, one.found)
    return hits, tries


def _by_film(
    told: Sequence[Outcome], others: Sequence[Others], drawn: Drawn
) -> tuple[Counts, Counts]:
    alarms, seen = (np.zeros(drawn.films.weights.shape[1]) for _ in range(2))
    for other in others:
        alarms[other.film] += other.false_alerts + other.mistaken
        seen[other.film] += other.seen
    for one in told:
        seen[one.film] += one.seen
    return alarms, seen


def bands(told: Sequence[Outcome], drawn: Drawn) -> tuple[Band, ...]:
    """Tell who was found by how large they came."""
    made: list[Band] = []
    for low, high in pairwise((*EDGES_PX, float("inf"))):
        here = [one for one in told if low <= one.eyes_px < high]
        found = sum(one.found > 0 for one in here)
        end = high if np.isfinite(high) else None
        made.append(Band(low, end, len(here), found, _passes(here, drawn).estimate()))
    return tuple(made)


def waiting(told: Sequence[Outcome]) -> tuple[tuple[float, float], ...]:
    """Give the share of passes found within so many seconds of the first sight, as steps."""
    times = sorted(one.after_s for one in told if one.after_s is not None)
    return tuple((after_s, place / len(told)) for place, after_s in enumerate(times, 1))
