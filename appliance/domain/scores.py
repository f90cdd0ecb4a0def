"""How near strangers come to the list: best scores counted in coarse bins, and of nobody in it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

PER_ONE: Final = 20
"""Bins to a cosine of 1: each is 0.05 wide."""
EDGES: Final = tuple(step / PER_ONE for step in range(-PER_ONE, PER_ONE + 1))
BINS: Final = len(EDGES) - 1
LEAST_FACES: Final = 1000
"""Of fewer faces nothing is said: one of them might be told apart."""


def _none() -> npt.NDArray[np.int64]:
    return np.zeros(BINS, np.int64)


@dataclass
class Scores:
    """Of each passing that did not alert, the best score that it came to: how often each."""

    counts: npt.NDArray[np.int64] = field(default_factory=_none)
    """(BINS,), between `EDGES`; a bin holds its lower edge."""
    comparisons: int = 0
    """Templates that these faces were compared with, all in all."""

    @property
    def faces(self) -> int:
        """Of how many passings."""
        return int(self.counts.sum())

    def add(self, score: float, templates: int) -> None:
        """Count a passing that has ended.

        Args:
            score: The best that it came to, -1 to 1.
            templates: With how many it was compared.
        """
        place = bisect_right(EDGES, score) - 1
        # A float may be a little beyond 1.
        self.counts[min(max(place, 0), BINS - 1)] += 1
        self.comparisons += templates
