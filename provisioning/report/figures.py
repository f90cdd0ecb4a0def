"""The numbers that an enrolment report begins with."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from provisioning.enrol import gate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provisioning.enrol.rows import Row

ELSEWHERE = "other reasons"
KINDS = 20
"""Reasons that are told apart; the rest are counted together."""
RANKED = ("eyes_px", "sharpness", "turn", "score")
"""What the gate's quality is made of."""


@dataclass(frozen=True)
class Quarters:
    """How a measure is spread: a quarter of the pictures lies below `low`, three below `high`."""

    low: float
    median: float
    high: float


def quarters(values: Sequence[float]) -> Quarters | None:
    """Sum up a measure; None where nothing was measured."""
    if not values:
        return None
    low, median, high = np.percentile(np.array(values, np.float32), (25, 50, 75)).tolist()
    return Quarters(round(low, 3), round(median, 3), round(high, 3))


@dataclass
class Figures:
    """Counted row by row."""

    taken: int = 0
    refused: int = 0
    people_refused: int = 0
    noted: int = 0
    """Pictures on the list at which somebody should look again."""
    undated: int = 0
    """Pictures on the list of which nobody knows when they were taken."""
    reasons: Counter[str] = field(default_factory=Counter[str])
    measures: dict[str, array[float]] = field(default_factory=dict[str, "array[float]"])

    def count(self, row: Row, *, told: bool = True) -> None:
        """Add a row; whether its reason is one more, or follows from those before."""
        if row.verdict == "refused":
            self._refuse(row, told=told)
        elif row.picture:
            self.taken += 1
            self.noted += row.verdict == "review"
            self.undated += "age_years" not in row.measures
            self._measure(row.measures)

    def _refuse(self, row: Row, *, told: bool) -> None:
        if row.picture:
            self.refused += 1
        else:
            self.people_refused += 1
        if told:
            kind = row.kind or row.reason
            room = kind in self.reasons or len(self.reasons) < KINDS
            self.reasons[kind if room else ELSEWHERE] += 1

    def _measure(self, measures: Mapping[str, float]) -> None:
        known = dict(measures)
        if all(name in known for name in RANKED):
            known["quality"] = gate.quality(known)
        for name in ("age_years", "eyes_px", "sharpness", "quality"):
            if name in known:
                self.measures.setdefault(name, array("f")).append(known[name])

    def spread(self) -> dict[str, Quarters]:
        """Sum up what was measured of the pictures that were taken."""
        found = {name: quarters(values) for name, values in self.measures.items()}
        return {name: each for name, each in found.items() if each}
