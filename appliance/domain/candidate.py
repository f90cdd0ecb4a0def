"""A candidate: the nearest subject, with its score."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Band(str, Enum):
    """How near a likeness is, in words. A percentage would claim what nobody knows."""

    POSSIBLE = "possible"
    LIKELY = "likely"
    STRONG = "strong"


@dataclass(frozen=True)
class Candidate:
    """The nearest subject of a passing."""

    subject: int
    """Place in the watchlist."""
    score: float
    """Cosine similarity, -1 to 1."""
    runner_up: float
    """Score of the best other subject; -1 where there is none."""
    band: Band
    threshold: float
    """The one in force when it was decided."""
