"""How long something took: counted in buckets, not kept, so that a long day costs no memory."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

LEAST_MS: Final = 0.001
"""Where the first bucket ends."""
GROWTH: Final = 1.05
"""Each bucket ends 5 % after the one before: no share is told wrong by more."""
LAST: Final = 600
"""Ends after two months."""
SHARES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "p999": 0.999, "max": 1.0}
NEAR: Final = 1e-9
"""What a product of two floats may be off."""


def bucket(time_ms: float) -> int:
    """Number the bucket that a time falls into: the first that does not end before it."""
    if time_ms <= LEAST_MS:
        return 0
    steps = math.log(min(time_ms, end_ms(LAST)) / LEAST_MS) / math.log(GROWTH)
    return math.ceil(steps - NEAR)


def end_ms(number: int) -> float:
    """Tell where a bucket ends."""
    return LEAST_MS * GROWTH**number


def summary(counts: Mapping[int, int]) -> dict[str, float | None]:
    """Summarise times at five places; None where nothing was measured.

    Each is the end of its bucket: never less than was measured, and 5 % more at the most.

    Args:
        counts: How many fell into each bucket.
    """
    return {name: _place(counts, share) for name, share in SHARES.items()}


def _place(counts: Mapping[int, int], share: float) -> float | None:
    wanted, passed = math.ceil(share * sum(counts.values()) - NEAR), 0
    for number in sorted(counts):
        passed += counts[number]
        if passed >= wanted and passed:
            return float(f"{end_ms(number):.4g}")
    return None


@dataclass
class Times:
    """Times of one kind. One thread adds; any may read meanwhile."""

    counts: dict[int, int] = field(default_factory=dict[int, int])

    def add(self, time_ms: float) -> None:
        """Count a time, in milliseconds."""
        number = bucket(time_ms)
        self.counts[number] = self.counts.get(number, 0) + 1

    def __len__(self) -> int:
        return sum(self.taken().values())

    def taken(self) -> dict[int, int]:
        """Give what has been counted so far, in a copy of its own."""
        return self.counts.copy()

    def summary(self) -> dict[str, float | None]:
        """Summarise what has been counted so far, as `summary` does."""
        return summary(self.taken())

    def clear(self) -> None:
        """Begin anew."""
        self.counts.clear()
