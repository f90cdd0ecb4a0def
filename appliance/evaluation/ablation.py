"""What each part of a decision is worth: ways of making a score, on the same people.

In each part all ways are tried on the same lists and passings; what a way gains on the first is
reckoned in the same draws of subjects, so that its interval is that of the difference. Several
pictures of a subject stand in for shots of a passing; they are of different days, so that fusing
them gains more than fusing the shots of one passing would.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from appliance.evaluation.attempts import PARTS
from appliance.evaluation.bars import figure_at
from appliance.evaluation.norms import UNSEEN
from appliance.evaluation.search import Beside, draw, search, shots_of, together
from appliance.evaluation.way import Listed
from appliance.oversight.intervals import LEVEL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from appliance.evaluation.attempts import Attempt, Part
    from appliance.evaluation.bars import Bar
    from appliance.evaluation.cohort import Cohort
    from appliance.evaluation.resample import Estimate, Figure, Resample
    from appliance.evaluation.search import Drawn
    from appliance.oversight.intervals import Interval

    Step = Callable[[int, int], None]

RATES: Final = (1e-2, 3e-3, 1e-3)
ASIDE: Final = 500
"""People whom ways of normalising may look at."""
TIMED: Final = 40
"""Passings that are searched one by one, to see how long it takes."""


@dataclass(frozen=True)
class AtRate:
    """TPIR where so many strangers are taken for somebody, and what it gains on the first way."""

    fpir: float
    errors: int
    """False positives in all draws."""
    people: int
    """Strangers who raised them, each counted once: of fewer than 3 nothing is told."""
    told: bool
    few: bool
    """It rests on fewer than 30 people."""
    threshold: float | None = None
    tpir: Estimate | None = None
    gain: Interval | None = None
    """95 %, in the same draws of subjects; of the first way none."""
    over_van: Interval | None = None
    """The same, on what the van does; of that itself none."""


@dataclass(frozen=True)
class Trial:
    """What came of one way."""

    name: str
    encodings: int
    """Of each shot."""
    cost_ms: float
    """Of each shot: encoding it, and searching the list for the passing once."""
    rank_one: float
    rates: tuple[AtRate, ...]
    key: str = ""
    """For a program, of one that cards tell of."""


@dataclass(frozen=True)
class Result:
    """What came of a part."""

    title: str
    images: int
    shots: int
    mated: float
    non_mated: float
    trials: tuple[Trial, ...]


@dataclass(frozen=True)
class Ablation:
    """What came of all of them."""

    size: int
    encoder_ms: float
    """Of one face, cut out and encoded, on this machine."""
    parts: tuple[Result, ...]
    left_out: tuple[str, ...]
    """Parts for which the cohort has too few people."""


@dataclass(frozen=True)
class Cast:
    """Who is looked for, and how often lists are drawn."""

    cohort: Cohort
    beside: Beside
    encoder_ms: float
    size: int = 500
    draws: int = 10
    seed: int = 1


def ablate(cast: Cast, drawn: Resample, step: Step) -> Ablation:
    """Try every way of every part."""
    count = sum(len(part.attempts) for part in PARTS)
    results: list[Result] = []
    left_out: list[str] = []
    done = 0
    for part in PARTS:
        here = set_aside(cast, ASIDE) if part.aside else cast
        lists = _lists(here, part)
        tries: list[Tried] = []
        for attempt in part.attempts if lists else ():
            tries.append(_try(here, attempt, lists, drawn))
            step(done + len(tries), count)
        done += len(part.attempts)
        results += [_result(part, lists, tries)] if lists else []
        left_out += [] if lists else [part.title]
    return Ablation(cast.size, cast.encoder_ms, tuple(results), tuple(left_out))


def set_aside(cast: Cast, most: int) -> Cast:
    """Take people out of whom there are fewest pictures; a quarter of them all at the most."""
    cohort, beside = cast.cohort, cast.beside
    generator = np.random.default_rng((cast.seed, most))
    pictures = np.bincount(cohort.owners[cohort.acquired], minlength=cohort.subjects)
    mixed = generator.permutation(np.flatnonzero(pictures))
    people = mixed[np.argsort(pictures[mixed], kind="stable")][: min(most, len(mixed) // 4)]
    away = np.isin(cohort.owners, people)
    firsts = np.unique(cohort.owners[away & cohort.acquired], return_index=True)[1]
    aside = cohort.templates[away & cohort.acquired][firsts]
    left = replace(
        cohort,
        templates=cohort.templates[~away],
        owners=cohort.owners[~away],
        acquired=cohort.acquired[~away],
    )
    kept = Beside(left.templates, beside.mirrored[~away], beside.weights[~away], aside)
    return replace(cast, cohort=left, beside=kept)


def _lists(cast: Cast, part: Part) -> list[Drawn]:
    """Draw the lists of a part; none where the cohort has too few people."""
    seeds = (
        (cast.seed, cast.size, part.images, part.shots, number) for number in range(cast.draws)
    )
    lists = [
        draw(cast.cohort, cast.size, part.images, np.random.default_rng(seed), part.shots)
        for seed in seeds
    ]
    return [one for one in lists if one is not None]


@dataclass(frozen=True)
class Tried:
    """A way, and what came of it at each rate."""

    attempt: Attempt
    found: list[tuple[Figure, Bar]]
    cost_ms: float
    rank_one: float


def _try(cast: Cast, attempt: Attempt, lists: Sequence[Drawn], drawn: Resample) -> Tried:
    """Search all lists in one way."""
    searched = together([search(cast.cohort, one, attempt.way, cast.beside) for one in lists])
    found = [figure_at(searched, rate, drawn) for rate in RATES]
    cost_ms = _encodings(attempt) * cast.encoder_ms + _search_ms(cast, attempt, lists[0])
    return Tried(attempt, found, cost_ms, float(np.mean(searched.hits > UNSEEN)))


def _encodings(attempt: Attempt) -> int:
    return 2 if attempt.way.mirrors_probe else 1


def _trial(of: Tried, first: Tried, van: Tried) -> Trial:
    rates = tuple(_at_rate(place, of, first, van) for place in range(len(RATES)))
    attempt = of.attempt
    return Trial(attempt.name, _encodings(attempt), of.cost_ms, of.rank_one, rates, attempt.key)


def _at_rate(place: int, of: Tried, first: Tried, van: Tried) -> AtRate:
    figure, bar = of.found[place]
    at = RATES[place], bar.errors, bar.people, bar.told, bar.few
    if not bar.told:
        return AtRate(*at)
    gain, over = (
        None if of is other else figure.less(other.found[place][0], LEVEL) for other in (first, van)
    )
    return AtRate(*at, bar.threshold, figure.estimate(), gain, over)


def _search_ms(cast: Cast, attempt: Attempt, drawn: Drawn) -> float:
    """Time the search of a list that is ready, a passing at a time."""
    cohort = cast.cohort
    whose, aside = cohort.owners[drawn.gallery], cast.beside.aside
    listed = Listed(cohort.templates[drawn.gallery], whose, attempt.way, aside)
    spans: list[float] = []
    for row in drawn.mated[:TIMED]:
        shots = shots_of(cohort.templates, cohort.acquired, row[None])
        began_s = time.perf_counter()
        listed.scores(shots)
        spans.append(time.perf_counter() - began_s)
    return 1e3 * float(np.median(spans))


def _result(part: Part, lists: Sequence[Drawn], tries: Sequence[Tried]) -> Result:
    mated = float(np.mean([len(one.mated) for one in lists]))
    strangers = float(np.mean([len(one.non_mated) for one in lists]))
    van = next(one for one in tries if one.attempt.van)
    trials = tuple(_trial(one, tries[0], van) for one in tries)
    return Result(part.title, part.images, part.shots, mated, strangers, trials)
