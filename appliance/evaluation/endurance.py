"""Every curve of worse pictures together: what `lfr evaluate degradation` says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from appliance.evaluation.degradation import (
    Bench,
    Lists,
    Row,
    by_pose,
    cohort_of,
    compared,
    measure,
    open_searches,
)
from appliance.evaluation.fusing import Fused, open_fusing
from appliance.evaluation.gates import Gated, Tallies
from appliance.evaluation.rejection import SHARES, Rejected, reject
from appliance.evaluation.spoil import KINDS, MIXED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from appliance.evaluation.resample import Resample
    from appliance.evaluation.sightings import Sightings
    from appliance.evaluation.spoil import Step
    from appliance.evaluation.trials import Chosen
    from appliance.settings import VisionSettings
    from appliance.vision.models import Pack

POSE, POSE_TITLE = "pose", "Turned head"
POSE_UNIT = "eye distances of the nose off the middle, and more"
BEARABLE = 0.1
"""The share of false non-matches at which a way of being spoilt is said to have gone too far."""


@dataclass(frozen=True)
class Curve:
    """One way of being spoilt, from the least to the most."""

    kind: str
    title: str
    unit: str
    rows: tuple[Row, ...]
    reach: float | None = None
    """The level at which FNMR is BEARABLE, between two that were tried; None where none is."""


@dataclass(frozen=True)
class Degradation:
    """What worse pictures do."""

    lists: Lists
    plain: Row
    """The pictures as they are."""
    curves: tuple[Curve, ...]
    width_px: float | None
    """Faces were brought to this width before all else."""
    shares: tuple[float, ...] = SHARES
    rejected: tuple[Rejected, ...] = ()
    """Of the mixture: what each measure of quality is worth."""
    gates: tuple[Gated, ...] = ()
    fused: tuple[Fused, ...] = ()
    """Passings of several shots, where such were asked for: as they are, and of each step."""
    closer: bool = True
    """Whether small faces were looked at once more, as the van does."""
    bearable: float = BEARABLE


@dataclass(frozen=True)
class Measure:
    """What the trials are measured by."""

    chosen: Chosen
    pack: Pack
    settings: VisionSettings
    threshold: float
    lists: Lists
    drawn: Resample
    width_px: float | None = None

    def bench(self, plain: Sightings) -> Bench:
        """Make what trials are judged by of the pictures as they are."""
        cohort = cohort_of(self.chosen, plain)
        searches = open_searches(cohort, self.lists)
        points = self.pack.landmarks
        return Bench(cohort, self.drawn, self.threshold, points, self.settings, searches)


def degrade(plain: Sightings, trials: Iterable[tuple[Step, Sightings]], by: Measure) -> Degradation:
    """Judge each step as it comes, and forget its sights.

    Args:
        plain: The pictures as they are.
        trials: What came of them in each step.
        by: What they are measured by.
    """
    bench = by.bench(plain)
    rows: dict[str, list[Row]] = {}
    rejected: tuple[Rejected, ...] = ()
    tallies = Tallies(bench)
    tallies.add(None, plain, compared(bench, plain))
    fuse = open_fusing(bench, plain, by.lists)
    fused = [*fuse(None, plain)]
    for step, sights in trials:
        tallies.add(step.kind, sights, compared(bench, sights))
        rows.setdefault(step.kind, []).append(
            measure(bench, step.level, sights, bench.plain.acquired)
        )
        fused += fuse(step, sights)
        if step.kind == MIXED:
            rejected = reject(bench, sights, _measures(sights, bench))
    unspoilt = measure(bench, 0.0, plain, bench.plain.acquired)
    gates = tallies.told([*rows])
    told = Degradation(by.lists, unspoilt, _curves(bench, plain, rows), by.width_px)
    return replace(
        told, rejected=rejected, gates=gates, fused=tuple(fused), closer=by.settings.closer_px > 0
    )


def _curves(bench: Bench, plain: Sightings, rows: Mapping[str, list[Row]]) -> tuple[Curve, ...]:
    pose = Curve(POSE, POSE_TITLE, POSE_UNIT, tuple(by_pose(bench, plain)))
    spoilt = [
        Curve(kind, KINDS[kind].title, KINDS[kind].unit, tuple(of), reach(of))
        for kind, of in rows.items()
    ]
    return pose, *spoilt


def reach(rows: Sequence[Row]) -> float | None:
    """Find the level at which FNMR is BEARABLE, on a straight line between two that were tried."""
    for before, after in pairwise(rows):
        low, high = before.fnmr.value or 0.0, after.fnmr.value or 0.0
        if low <= BEARABLE < high:
            way = (BEARABLE - low) / (high - low)
            return before.level + way * (after.level - before.level)
    return None


def _measures(sights: Sightings, bench: Bench) -> dict[str, npt.NDArray[np.floating]]:
    judged = sights.judge(bench.points, bench.settings).value
    measures: dict[str, npt.NDArray[np.floating]] = {"the gate's value": judged}
    if np.ptp(sights.norms[sights.found]) > 0:
        measures["the template's norm"] = sights.norms
        measures["a shot's weight, both together"] = judged * sights.norms
    return measures
