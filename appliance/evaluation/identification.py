"""How many of a list are found, and how many strangers are taken for one: TPIR at FPIR.

Open set, ISO/IEC 19795-1: TPIR is the share of mated probes whose own subject is at rank 1 and at
or above the threshold; FPIR the share of non-mated probes with anybody there. A failure to acquire
or to enrol is a miss. Figures are of several lists drawn by chance, at one threshold for all; their
interval is that of the people who pass, the lists being as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from appliance.evaluation.bars import figure_at, ranked
from appliance.evaluation.norms import UNSEEN
from appliance.evaluation.search import draw, search, together
from appliance.evaluation.verification import FEWEST
from appliance.evaluation.way import VAN, Way

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from appliance.evaluation.cohort import Cohort
    from appliance.evaluation.resample import Estimate, Resample
    from appliance.evaluation.search import Searched

    Ints = npt.NDArray[np.int64]
    Step = Callable[[int, int], None]

RATES = (1e-1, 1e-2, 1e-3, 1e-4)
SIZES = (100, 500, 1_000, 2_000, 5_000, 10_000, 20_000)
POINTS = 100


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
    errors: int
    """False positives in all draws."""
    people: int
    """Strangers who raised them, each counted once."""
    told: bool
    """False: a rate so low rests on fewer than 3 people."""
    few: bool
    """It rests on fewer than 30 people."""
    threshold: float | None = None
    """One for all draws."""
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
    for done, cell in enumerate(cells, start=1):
        searched = search_lists(cohort, cell, plan)
        if searched:
            counts[cell] = _count(searched, threshold, cohort.subjects)
            rows.append(_row(cell, searched, plan.draws, counts[cell], drawn))
        else:
            left_out.append(cell)
        step(done, len(cells))
    main = min(counts, key=lambda cell: (cell[1], -cell[0]), default=None)
    held = None if main is None else counts[main]
    return Identification(threshold, tuple(rows), tuple(left_out), held, main, plan.way)


def search_lists(cohort: Cohort, cell: tuple[int, int], plan: Plan) -> Searched | None:
    """Draw the lists of one size and number of images, and search all probes in each.

    Returns:
        All searches together; None where the cohort has too few people.
    """
    size, images = cell
    found: list[Searched] = []
    for number in range(plan.draws):
        generator = np.random.default_rng((plan.seed, size, images, number))
        drawn = draw(cohort, size, images, generator, plan.way.shots)
        if drawn is None:
            return None
        found.append(search(cohort, drawn, plan.way))
    return together(found)


def _count(searched: Searched, threshold: float, subjects: int) -> Counts:
    def each(whose: Ints) -> Ints:
        return np.bincount(whose, minlength=subjects)

    return Counts(
        each(searched.mated_of[searched.hits >= threshold]),
        each(searched.mated_of),
        each(searched.strangers_of[searched.strangers >= threshold]),
        each(searched.strangers_of),
    )


def _row(
    cell: tuple[int, int], searched: Searched, draws: int, counts: Counts, drawn: Resample
) -> Row:
    ranked_first = searched.mated_of[searched.hits > UNSEEN]
    first = np.bincount(ranked_first, minlength=len(counts.mated))
    return Row(
        *cell,
        len(searched.hits) / draws,
        len(searched.strangers) / draws,
        searched.unenrolled / draws,
        drawn.share(first, counts.mated).estimate(),
        tuple(_at_rate(searched, rate, drawn) for rate in RATES),
        drawn.share(counts.found, counts.mated).estimate(),
        drawn.share(counts.alarms, counts.strangers).estimate(),
        _curve(searched),
    )


def _at_rate(searched: Searched, rate: float, drawn: Resample) -> AtRate:
    figure, bar = figure_at(searched, rate, drawn)
    at = rate, bar.errors, bar.people, bar.told, bar.few
    return AtRate(*at, bar.threshold, figure.estimate()) if bar.told else AtRate(*at)


def _curve(searched: Searched) -> tuple[tuple[float, float], ...]:
    strangers, hits = np.sort(searched.strangers)[::-1], np.sort(searched.hits)
    # As low as a rate is told: before the third stranger it would rest on fewer people.
    _, firsts = np.unique(ranked(searched), return_index=True)
    least = float(np.sort(firsts)[int(FEWEST) - 1]) + 1
    places = np.unique(np.geomspace(least, len(strangers), POINTS).astype(np.int64)) - 1
    above = len(hits) - np.searchsorted(hits, strangers[places], side="right")
    return tuple(
        (float(place + 1) / len(strangers), float(count) / len(hits))
        for place, count in zip(places, above, strict=True)
    )
