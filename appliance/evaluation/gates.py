"""From what measure on a sight is no use: each gate held against what came of sights beside it.

A gate that refuses is right where what it alone refuses would seldom match its own person; one that
is too high hides people, one that is too low only costs time, as long as what it lets in is no more
often taken for others. So each of the van's gates is opened while the others stay, and what then
comes in is told by its measure.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from appliance.evaluation.spoil import MIXED
from appliance.vision.quality import turn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from appliance.evaluation.degradation import Bench, Compared
    from appliance.evaluation.resample import Estimate
    from appliance.evaluation.sightings import Sightings

    Reals = npt.NDArray[np.floating]
    Flags = npt.NDArray[np.bool_]
    Counts = npt.NDArray[np.int64]

HALF: Final = 0.5
"""A sight that is likelier than this not to match is no use: the gate belongs where they begin."""
ENDLESS: Final = float("inf")


@dataclass(frozen=True)
class Gate:
    """One number that the van refuses sights by."""

    measure: str
    unit: str
    setting: str
    """Of `vision`."""
    open: object
    """The setting that refuses nothing."""
    kinds: tuple[str, ...]
    """The ways of being spoilt that move it."""
    edges: tuple[float, ...]
    take: Callable[[Sightings, Bench], Reals]
    """Reads it: (P,)."""


def _widths(sights: Sightings, _: Bench) -> Reals:
    return sights.faces.boxes[:, 2] - sights.faces.boxes[:, 0]


def _values(sights: Sightings, bench: Bench) -> Reals:
    return sights.judge(bench.points, bench.settings).value


GATES: Final = (
    Gate(
        "Face width", "px", "face_width_px", 0, ("size",),
        (0, 16, 20, 24, 27, 30, 34, 40, 60, 80, ENDLESS), _widths,
    ),
    Gate(
        "Sharpness", "variance of the Laplacian", "sharpness", 0, ("focus", "motion"),
        (0, 3, 6, 12, 25, 50, 100, 200, 400, ENDLESS), lambda sights, _: sights.gauged[:, 0],
    ),
    Gate(
        "Brightness", "mean luma", "brightness", (0, 256), ("dark",),
        (0, 10, 15, 20, 25, 30, 40, 60, 90, 150, ENDLESS), lambda sights, _: sights.gauged[:, 1],
    ),
    Gate(
        "Turn", "eye distances", "turn", 99, (),
        (0, 0.1, 0.2, 0.3, 0.4, 0.55, 0.75, ENDLESS),
        lambda sights, bench: turn(sights.faces, bench.points),
    ),
    Gate(
        "Value", "share that should match", "quality", -1, (MIXED,),
        (0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.95, ENDLESS), _values,
    ),
)  # fmt: skip
"""Every gate but the detector's own. Pictures as they are are judged by all of them."""


@dataclass(frozen=True)
class Bin:
    """Sights between two measures that every other gate takes."""

    low: float
    high: float | None
    """None: without end."""
    tried: int
    fnmr: Estimate


@dataclass(frozen=True)
class Gated:
    """What one gate is worth."""

    measure: str
    unit: str
    setting: str
    now: tuple[float, ...]
    """As the van has it."""
    bins: tuple[Bin, ...]
    refused: int
    """Sights that this gate alone refuses."""
    fnmr_refused: Estimate
    fmr_refused: Estimate
    fmr_taken: Estimate
    half: float | None
    """Where FNMR falls below one half, from low measures to high; None where it never does."""


class Tallies:
    """Counts by gate, bin and subject, as sights come."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        size = bench.plain.subjects
        self._bins: Mapping[str, Counts] = {
            one.setting: np.zeros((3, len(one.edges) - 1, size), np.int64) for one in GATES
        }
        """Sights, mated comparisons and missed ones."""
        self._sides: Mapping[str, Counts] = {
            one.setting: np.zeros((2, 5, size), np.int64) for one in GATES
        }
        """Of those that the gate takes and refuses: sights, mated, missed, others, false."""

    def add(self, kind: str | None, sights: Sightings, of: Compared) -> None:
        """Count the sights of one step, None of pictures as they are."""
        for gate in GATES:
            if kind is None or kind in gate.kinds:
                self._add(gate, sights, of)

    def _add(self, gate: Gate, sights: Sightings, of: Compared) -> None:
        bench = self.bench
        opened = bench.settings.model_copy(update={gate.setting: gate.open})
        others = sights.judge(bench.points, opened).passed & (of.mated > 0)
        taken = sights.judge(bench.points, bench.settings).passed
        place = np.searchsorted(gate.edges, gate.take(sights, bench), side="right") - 1
        counts = np.ones_like(of.mated), of.mated, of.mated - of.matched, of.others, of.false
        for number, sums in enumerate(self._bins[gate.setting].swapaxes(0, 1)):
            self._count(sums, others & (place == number), counts)
        for sums, side in zip(self._sides[gate.setting], (taken, ~taken), strict=True):
            self._count(sums, others & side, counts)

    def _count(self, sums: Counts, which: Flags, counts: Sequence[Counts]) -> None:
        owners, size = self.bench.plain.owners[which], self.bench.plain.subjects
        for number in range(len(sums)):
            sums[number] += np.bincount(owners, counts[number][which], size).astype(np.int64)

    def told(self, kinds: Sequence[str]) -> tuple[Gated, ...]:
        """Tell of each gate that one of these ways moves, or that needs none."""
        return tuple(
            self._gated(gate) for gate in GATES if not gate.kinds or {*gate.kinds} & {*kinds}
        )

    def _gated(self, gate: Gate) -> Gated:
        drawn, (taken, refused) = self.bench.drawn, self._sides[gate.setting]
        tried, mated, missed = self._bins[gate.setting]
        bins = tuple(
            Bin(low, None if high == ENDLESS else high, int(here.sum()), fnmr.estimate())
            for (low, high), here, fnmr in zip(
                pairwise(gate.edges), tried, map(drawn.share, missed, mated), strict=True
            )
        )
        now = getattr(self.bench.settings, gate.setting)
        return Gated(
            gate.measure,
            gate.unit,
            gate.setting,
            now if isinstance(now, tuple) else (now,),
            bins,
            int(refused[0].sum()),
            fnmr_refused=drawn.share(refused[2], refused[1]).estimate(),
            fmr_refused=drawn.share(refused[4], refused[3]).estimate(),
            fmr_taken=drawn.share(taken[4], taken[3]).estimate(),
            half=half(bins),
        )


def half(bins: Sequence[Bin]) -> float | None:
    """Find the edge below which a sight more likely misses than matches."""
    rates = [(one.high, one.fnmr.value) for one in bins if one.fnmr.value is not None]
    return next(
        (edge for (edge, below), (_, above) in pairwise(rates) if below > HALF >= above),
        None,
    )
