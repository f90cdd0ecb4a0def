"""How many of a list are found, and how many strangers are taken for one: TPIR at FPIR.

Open set, ISO/IEC 19795-1: TPIR is the share of mated probes whose own subject is at rank 1 and at
or above the threshold; FPIR the share of non-mated probes with anybody there. A failure to acquire
or to enrol is a miss. Figures are the mean of several lists drawn by chance; their interval is
that of the people who pass, the lists being as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from appliance.evaluation.resample import Figure, mean_of
from appliance.evaluation.search import Searched, draw, search
from appliance.evaluation.verification import ENOUGH, FEWEST
from appliance.evaluation.way import UNSEEN, VAN, Way

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from appliance.evaluation.cohort import Cohort
    from appliance.evaluation.resample import Estimate, Resample

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]
    Step = Callable[[int, int], None]

RATES = (1e-1, 1e-2, 1e-3, 1e-4)
SIZES = (100, 500, 1_000, 2_000, 5_000, 10_000, 20_000)
POINTS = 100
ROUNDS_AT_ONCE = 64


@dataclass(frozen=True)
class Plan:
    """Which lists."""

    sizes: tuple[int, ...] = SIZES
    images: tuple[int, ...] = (1, 3)
    draws: int = 10
    seed: int = 1
    way: Way = VAN
    """How a score is made, and of how many pictures a passing is made."""


@dataclass(frozen=True)
class AtRate:
    """TPIR where so many strangers are taken for somebody."""

    fpir: float
    expected: float
    """False positives in one draw."""
    told: bool
    """False: too few strangers hold a rate so low."""
    few: bool
    """It rests on fewer than 30 errors."""
    threshold: float | None = None
    """The mean over the draws."""
    tpir: Estimate | None = None


@dataclass(frozen=True)
class Row:
    """All figures of lists of one length, with so many images of each subject."""

    size: int
    images: int
    mated: float
    """Probes of a draw, on average."""
    non_mated: float
    unenrolled: float
    """Subjects of a draw without a template."""
    rank_one: Estimate
    rates: tuple[AtRate, ...]
    tpir: Estimate
    """At the threshold in operation."""
    fpir: Estimate
    curve: tuple[tuple[float, float], ...]
    """FPIR, TPIR, over all draws."""


@dataclass(frozen=True)
class Counts:
    """Of each subject, over all draws: (S,), at the threshold in operation."""

    found: Ints = field(repr=False)
    mated: Ints = field(repr=False)
    alarms: Ints = field(repr=False)
    strangers: Ints = field(repr=False)


@dataclass(frozen=True)
class Identification:
    """What searches say."""

    threshold: float
    rows: tuple[Row, ...]
    left_out: tuple[tuple[int, int], ...]
    """Sizes and images for which the cohort has too few people."""
    counts: Counts | None = field(default=None, repr=False)
    """Of the longest list with the fewest images: what groups are compared by."""
    counted: tuple[int, int] | None = None
    """Its size and images."""
    way: Way = VAN


def identify(
    cohort: Cohort, plan: Plan, threshold: float, drawn: Resample, step: Step
) -> Identification:
    """Draw the lists of a plan, and search all probes in each."""
    cells = [(size, images) for images in sorted(plan.images) for size in sorted(plan.sizes)]
    rows: list[Row] = []
    left_out: list[tuple[int, int]] = []
    counts: dict[tuple[int, int], Counts] = {}
    for done, (size, images) in enumerate(cells, start=1):
        searches = searches_of(cohort, (size, images), plan)
        if searches:
            counts[size, images] = _count(searches, threshold, cohort.subjects)
            row = _row((size, images), searches, counts[size, images], drawn)
            rows.append(row)
        else:
            left_out.append((size, images))
        step(done, len(cells))
    main = min(counts, key=lambda cell: (cell[1], -cell[0]), default=None)
    held = None if main is None else counts[main]
    return Identification(threshold, tuple(rows), tuple(left_out), held, main, plan.way)


def searches_of(cohort: Cohort, cell: tuple[int, int], plan: Plan) -> list[Searched]:
    """Draw the lists of one size and number of images, and search all probes in each.

    Returns:
        Nothing where the cohort has too few people.
    """
    size, images = cell
    found: list[Searched] = []
    for number in range(plan.draws):
        generator = np.random.default_rng((plan.seed, size, images, number))
        drawn = draw(cohort, size, images, generator, plan.way.shots)
        if drawn is None:
            return []
        found.append(search(cohort, drawn, plan.way))
    return found


def _count(searches: Sequence[Searched], threshold: float, subjects: int) -> Counts:
    def each(whose: list[Ints]) -> Ints:
        return np.bincount(np.concatenate(whose), minlength=subjects)

    return Counts(
        each([one.mated_of[one.hits >= threshold] for one in searches]),
        each([one.mated_of for one in searches]),
        each([one.strangers_of[one.strangers >= threshold] for one in searches]),
        each([one.strangers_of for one in searches]),
    )


def _row(
    cell: tuple[int, int], searches: Sequence[Searched], counts: Counts, drawn: Resample
) -> Row:
    ranked = [one.mated_of[one.hits > UNSEEN] for one in searches]
    first = np.bincount(np.concatenate(ranked), minlength=len(counts.mated))
    return Row(
        *cell,
        float(np.mean([len(one.hits) for one in searches])),
        float(np.mean([len(one.strangers) for one in searches])),
        float(np.mean([one.unenrolled for one in searches])),
        drawn.share(first, counts.mated).estimate(),
        tuple(_at_rate(searches, rate, drawn) for rate in RATES),
        drawn.share(counts.found, counts.mated).estimate(),
        drawn.share(counts.alarms, counts.strangers).estimate(),
        _curve(searches),
    )


def _at_rate(searches: Sequence[Searched], rate: float, drawn: Resample) -> AtRate:
    expected = rate * min(len(one.strangers) for one in searches)
    if expected < FEWEST:
        return AtRate(rate, expected, told=False, few=True)
    figure, threshold = figure_at(searches, rate, drawn)
    return AtRate(rate, expected, True, expected < ENOUGH, threshold, figure.estimate())


def figure_at(searches: Sequence[Searched], rate: float, drawn: Resample) -> tuple[Figure, float]:
    """Reckon the TPIR where so many strangers are taken for somebody, and the mean threshold."""
    every = np.ones((1, drawn.weights.shape[1]), np.float32)
    points = [found_at(one, rate, every) for one in searches]
    rounds = mean_of([found_at(one, rate, drawn.weights)[1] for one in searches])
    value = float(np.mean([tpir[0] for _, tpir in points]))
    tried = sum(len(one.hits) for one in searches)
    people = len(np.unique(np.concatenate([one.mated_of for one in searches])))
    figure = Figure(value, value * tried, tried, people, rounds)
    return figure, float(np.mean([score[0] for score, _ in points]))


def found_at(
    searched: Searched, rate: float, weights: npt.NDArray[np.float32]
) -> tuple[Floats, Floats]:
    """Find for each round the threshold of a false positive rate, and the TPIR there."""
    order = np.argsort(-searched.strangers, kind="stable")
    scores, whose = searched.strangers[order], searched.strangers_of[order]
    thresholds, found = np.zeros(len(weights)), np.zeros(len(weights))
    for start in range(0, len(weights), ROUNDS_AT_ONCE):
        some = slice(start, start + ROUNDS_AT_ONCE)
        reached = np.cumsum(weights[some][:, whose], axis=1, dtype=np.float64)
        places = (reached <= rate * reached[:, -1:]).sum(axis=1).clip(max=len(scores) - 1)
        thresholds[some] = scores[places]
        mated = weights[some][:, searched.mated_of]
        above = searched.hits > scores[places][:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            found[some] = (mated * above).sum(axis=1) / mated.sum(axis=1)
    return thresholds, found


def _curve(searches: Sequence[Searched]) -> tuple[tuple[float, float], ...]:
    strangers = np.sort(np.concatenate([one.strangers for one in searches]))[::-1]
    hits = np.sort(np.concatenate([one.hits for one in searches]))
    # Drawn again and again, the strangers of one list are not more people than they are.
    fewest = FEWEST * len(strangers) / min(len(one.strangers) for one in searches)
    places = np.unique(np.geomspace(fewest, len(strangers), POINTS).astype(np.int64)) - 1
    above = len(hits) - np.searchsorted(hits, strangers[places], side="right")
    return tuple(
        (float(place + 1) / len(strangers), float(count) / len(hits))
        for place, count in zip(places, above, strict=True)
    )
