"""How many are still found where pictures are worse, and from where on a face is no use.

Each picture is a probe as it was spoilt, and everybody's pictures as they are are what it is
compared with: a list holds good pictures, and who passes is seen as may be. Thresholds are those of
unspoilt probes, as in operation, where nobody sets another one for rain.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np

from appliance.evaluation.bars import bar_at
from appliance.evaluation.cohort import Cohort
from appliance.evaluation.search import NO_SHOT, Drawn, draw, search, together
from appliance.evaluation.way import VAN, Way
from appliance.vision.quality import eye_distance, turn

if TYPE_CHECKING:
    import numpy.typing as npt

    from appliance.evaluation.resample import Estimate, Resample
    from appliance.evaluation.search import Searched
    from appliance.evaluation.sightings import Sightings
    from appliance.evaluation.trials import Chosen
    from appliance.settings import VisionSettings
    from appliance.vision.models import Landmarks

    Flags = npt.NDArray[np.bool_]
    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float32]
    Numbers = Flags | Ints | Floats

RATES = (1e-2, 1e-3)
"""Shares of unspoilt strangers who raise an alert, at whose thresholds TPIR is told."""
POSES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.55, 2.0)
"""Edges between the poses that are told apart, in distances between the eyes."""
BLOCK_ROWS = 512


@dataclass(frozen=True)
class Lists:
    """Which lists are drawn."""

    size: int = 500
    draws: int = 10
    seed: int = 1
    shots: int = 1
    """So many spoilt pictures of a subject are fused as well, in place of a passing's shots."""
    score: Literal["cosine", "crowding"] = "crowding"
    """Plain, or less what is taken off for crowded entries, as the van does."""


@dataclass(frozen=True)
class Searches:
    """Lists of unspoilt pictures, and the thresholds that unspoilt strangers give them."""

    drawn: tuple[Drawn, ...] = field(repr=False)
    way: Way = VAN
    thresholds: tuple[float, ...] = ()
    """By rate, one for all lists; only of rates that rest on enough strangers."""


@dataclass(frozen=True)
class AtRate:
    """TPIR and FPIR at the threshold where so many unspoilt strangers raise an alert."""

    rate: float
    tpir: Estimate
    fpir: Estimate


@dataclass(frozen=True)
class Row:
    """What is left at one level."""

    level: float
    tried: int
    width_px: float
    """Median, of the detector's box."""
    eyes_px: float
    score: float | None
    """Mean of the mated comparisons of those that gave a template: the likeness that is left."""
    lost: Estimate
    """Share without a template."""
    taken: Estimate
    """Share that the van's gate, as it is set, would have encoded."""
    fnmr: Estimate
    """At the threshold in operation; what gave no template does not match."""
    fnmr_taken: Estimate
    """Of those that the gate takes."""
    fmr: Estimate
    rates: tuple[AtRate, ...] = ()


@dataclass(frozen=True)
class Bench:
    """All that trials are judged by."""

    plain: Cohort = field(repr=False)
    drawn: Resample = field(repr=False)
    threshold: float
    points: Landmarks
    settings: VisionSettings
    searches: Searches


def cohort_of(chosen: Chosen, sights: Sightings) -> Cohort:
    """Take sights of the chosen pictures for a cohort."""
    return Cohort(sights.templates, chosen.owners, sights.found, chosen.subjects)


def draw_lists(plain: Cohort, lists: Lists, shots: int = 1) -> tuple[Drawn, ...]:
    """Draw the lists; none where there are too few people."""
    drawn: list[Drawn] = []
    for number in range(lists.draws):
        generator = np.random.default_rng((lists.seed, lists.size, number))
        one = draw(plain, lists.size, 1, generator, shots)
        drawn += [one] if one else []
    return tuple(drawn)


def open_searches(plain: Cohort, lists: Lists) -> Searches:
    """Draw the lists, and find their thresholds; none where there are too few people."""
    drawn, way = draw_lists(plain, lists), Way(score=lists.score)
    if not drawn:
        return Searches(())
    searched = together([search(plain, one, way) for one in drawn])
    bars = [bar_at(searched, rate) for rate in RATES]
    return Searches(drawn, way, tuple(bar.threshold for bar in bars if bar.told))


def measure(bench: Bench, level: float, sights: Sightings, tried: Flags) -> Row:
    """Judge what came of one level.

    Args:
        bench: What it is judged by.
        level: What to call it.
        sights: (P,), of the same pictures as `bench.plain`, spoilt.
        tried: (P,): of which pictures a probe was made.
    """
    owners, subjects = bench.plain.owners, bench.plain.subjects
    taken = sights.judge(bench.points, bench.settings).passed & tried
    found = sights.found & tried

    def share(hits: Numbers, trials: Numbers) -> Estimate:
        counts = [np.bincount(owners, one, subjects) for one in (hits, trials)]
        return bench.drawn.share(*counts).estimate()

    of = compared(bench, sights)
    missed, pairs = of.mated - of.matched, int((of.mated * found).sum())
    widths = sights.faces.boxes[found, 2] - sights.faces.boxes[found, 0]
    return Row(
        level,
        int(tried.sum()),
        _median(widths),
        _median(eye_distance(sights.faces, bench.points)[found]),
        score=float((of.likeness * found).sum()) / pairs if pairs else None,
        lost=share(tried & ~found, tried),
        taken=share(taken, tried),
        fnmr=share(missed * tried, of.mated * tried),
        fnmr_taken=share(missed * taken, of.mated * taken),
        fmr=share(of.false * tried, of.others * tried),
        rates=_searched(bench, sights, tried),
    )


def _median(values: Floats) -> float:
    return float(np.median(values)) if len(values) else 0.0


def by_pose(bench: Bench, plain: Sightings) -> list[Row]:
    """Judge the pictures as they are, by how far the head is turned in them; in no list."""
    bench = replace(bench, searches=Searches(()))
    turned = turn(plain.faces, bench.points)
    return [
        measure(bench, low, plain, plain.found & (turned >= low) & (turned < high))
        for low, high in pairwise(POSES)
    ]


@dataclass(frozen=True)
class Compared:
    """Of each probe (P,): comparisons with its own subject and with others, and how they went."""

    mated: Ints = field(repr=False)
    matched: Ints = field(repr=False)
    others: Ints = field(repr=False)
    false: Ints = field(repr=False)
    likeness: Floats = field(repr=False)
    """Sum of the mated scores."""


def compared(bench: Bench, sights: Sightings) -> Compared:
    """Compare each spoilt picture with all the others as they are, never with itself."""
    plain, threshold = bench.plain, bench.threshold
    shape = len(plain.owners)
    counts = [np.zeros(shape, np.int64) for _ in range(4)]
    likeness = np.zeros(shape, np.float32)
    for start in range(0, shape, BLOCK_ROWS):
        some = slice(start, start + BLOCK_ROWS)
        scores = sights.templates[some] @ plain.templates.T
        matches = (scores >= threshold) & sights.found[some, None]
        own = (plain.owners[some, None] == plain.owners) & plain.acquired
        other = (plain.owners[some, None] != plain.owners) & plain.acquired
        own[np.arange(len(own)), np.arange(start, start + len(own))] = False
        for count, pairs in zip(counts, (own, own & matches, other, other & matches), strict=True):
            count[some] = pairs.sum(axis=1)
        likeness[some] = (scores * own).sum(axis=1)
    mated, matched, others, false = counts
    return Compared(mated, matched, others, false, likeness)


def _searched(bench: Bench, sights: Sightings, tried: Flags) -> tuple[AtRate, ...]:
    searches = bench.searches
    if not searches.thresholds:
        return ()
    both = beside(bench.plain, sights.templates, sights.found)
    shift, way = len(bench.plain.owners), searches.way
    found = together([search(both, moved(one, tried, shift), way) for one in searches.drawn])
    return tuple(
        _at_rate(bench, rate, found, threshold)
        for rate, threshold in zip(RATES, searches.thresholds, strict=False)
    )


def beside(plain: Cohort, templates: Floats, found: Flags) -> Cohort:
    """Put what came of the same pictures behind them: (P, D), (P,); lists stay the pictures'."""
    return replace(
        plain,
        templates=np.concatenate((plain.templates, templates)),
        owners=np.concatenate((plain.owners, plain.owners)),
        acquired=np.concatenate((plain.acquired, found)),
    )


def moved(drawn: Drawn, tried: Flags, shift: int) -> Drawn:
    """Take the spoilt pictures for the passings' shots, where all of them were tried."""

    def move(passings: Ints) -> Ints:
        none = passings == NO_SHOT
        whole = (tried[passings] | none).all(axis=1)
        return np.asarray(np.where(none, NO_SHOT, passings + shift)[whole], np.int64)

    return Drawn(drawn.gallery, move(drawn.mated), move(drawn.non_mated))


def _at_rate(bench: Bench, rate: float, found: Searched, threshold: float) -> AtRate:
    def share(scores: Floats, whose: Ints) -> Estimate:
        counts = [
            np.bincount(whose, weights, bench.plain.subjects)
            for weights in (scores > threshold, None)
        ]
        return bench.drawn.share(*counts).estimate()

    return AtRate(
        rate, share(found.hits, found.mated_of), share(found.strangers, found.strangers_of)
    )
