"""Several spoilt pictures of a subject fused, in place of a passing's shots: what that gives back.

Each picture is spoilt by itself, so their shots differ as those of a passing do; they are of
different days, too, so that fusing them gains more. Three ways are tried on the same passings: the
first shot alone, all alike, and all weighed as the van weighs them, by the gate's value and what
the network's norm says. Each has the threshold that unspoilt strangers give it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from appliance.evaluation.bars import bar_at
from appliance.evaluation.degradation import RATES, beside, draw_lists, moved
from appliance.evaluation.search import search, together
from appliance.evaluation.way import Way
from appliance.oversight.intervals import LEVEL

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from appliance.evaluation.degradation import Bench, Lists
    from appliance.evaluation.resample import Estimate, Figure
    from appliance.evaluation.search import Drawn, Searched
    from appliance.evaluation.sightings import Sightings
    from appliance.evaluation.spoil import Step
    from appliance.oversight.intervals import Interval
    from appliance.settings import VisionSettings
    from appliance.vision.models import Landmarks

    Flags = npt.NDArray[np.bool_]
    Floats = npt.NDArray[np.float32]

FIRST: Final = "first"
ALIKE: Final = "alike"
WEIGHED: Final = "weighed"
HOW: Final = (FIRST, ALIKE, WEIGHED)


@dataclass(frozen=True)
class FusedAt:
    """TPIR of passings where so many unspoilt strangers raise an alert."""

    rate: float
    first: Estimate
    """Of the first shot alone."""
    alike: Estimate
    weighed: Estimate
    """As the van fuses."""
    fpir: Estimate
    """Of strangers who are spoilt likewise, weighed."""
    gained: Interval
    """95 %, in the same draws of subjects: what weighed shots find more than the first alone."""
    by_weights: Interval
    """The same, than all alike."""


@dataclass(frozen=True)
class Fused:
    """What is found of passings that were spoilt in one step."""

    kind: str | None
    """None: as they are."""
    level: float
    rates: tuple[FusedAt, ...]


@dataclass(frozen=True)
class Fusing:
    """Lists with passings of several shots, and the thresholds that unspoilt strangers give."""

    bench: Bench
    lists: Lists
    drawn: tuple[Drawn, ...] = field(repr=False)
    bars: tuple[tuple[float, ...], ...]
    """By rate, one of each way; only of rates that rest on enough strangers."""

    def __call__(self, step: Step | None, sights: Sightings) -> Iterator[Fused]:
        """Judge what came of a step, or of pictures as they are: (P,) sights."""
        if self.bars:
            found = self.search(sights)
            rates = tuple(
                self._at_rate(rate, found, bars)
                for rate, bars in zip(RATES, self.bars, strict=False)
            )
            yield Fused(step.kind if step else None, step.level if step else 0.0, rates)

    def search(self, sights: Sightings) -> list[Searched]:
        """Search all passings, in each way."""
        plain, points, settings = self.bench.plain, self.bench.points, self.bench.settings
        shift = len(plain.owners)
        passings = [moved(one, plain.acquired, shift) for one in self.drawn]
        found: list[Searched] = []
        for how in HOW:
            weights = weigh(sights, points, settings)[:, None] if how == WEIGHED else 1
            way = Way(1 if how == FIRST else self.lists.shots, score=self.lists.score)
            both = beside(plain, sights.templates * weights, sights.found)
            found.append(together([search(both, one, way) for one in passings]))
        return found

    def _at_rate(self, rate: float, found: list[Searched], bars: tuple[float, ...]) -> FusedAt:
        first, alike, weighed = (
            self._share(one.hits > bar, one.mated_of) for one, bar in zip(found, bars, strict=True)
        )
        alarms = self._share(found[-1].strangers > bars[-1], found[-1].strangers_of)
        return FusedAt(
            rate,
            first.estimate(),
            alike.estimate(),
            weighed.estimate(),
            alarms.estimate(),
            weighed.less(first, LEVEL),
            weighed.less(alike, LEVEL),
        )

    def _share(self, above: Flags, whose: npt.NDArray[np.int64]) -> Figure:
        subjects = self.bench.plain.subjects
        counts = (np.bincount(whose, weights, subjects) for weights in (above, None))
        return self.bench.drawn.share(*counts)


def open_fusing(bench: Bench, plain: Sightings, lists: Lists) -> Fusing:
    """Draw lists, and search them with the pictures as they are.

    Where one shot was asked for, or people are too few, nothing comes of it.
    """
    drawn = draw_lists(bench.plain, lists, lists.shots) if lists.shots > 1 else ()
    fusing = Fusing(bench, lists, drawn, ())
    if not drawn:
        return fusing
    found = fusing.search(plain)
    bars = [[bar_at(one, rate) for one in found] for rate in RATES]
    told = [tuple(bar.threshold for bar in row) for row in bars if all(bar.told for bar in row)]
    return replace(fusing, bars=tuple(told))


def weigh(sights: Sightings, points: Landmarks, settings: VisionSettings) -> Floats:
    """Weigh shots as the van does, by the gate's value and the norm: (P,)."""
    value = np.nan_to_num(sights.judge(points, settings).value)
    return np.asarray(value * sights.norms, np.float32)
