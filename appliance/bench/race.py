"""Rounds of a film, run by each contestant in turn, so that a noisy minute hits them all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

ROUNDS = 3


@dataclass(frozen=True)
class Round:
    """The film once, or as much of it as there was time for."""

    frames: int
    faces: int
    """Detections."""
    cpu_s: float
    """Processor time of the whole process."""
    wall_s: float


Play = Callable[[], Round]
"""A contestant."""


class Clock:
    """Started when it is made."""

    def __init__(self, limit_s: float | None = None) -> None:
        self._limit_s = float("inf") if limit_s is None else limit_s
        self._cpu_s, self._wall_s = time.process_time(), time.monotonic()

    @property
    def over(self) -> bool:
        """Whether the time for a round is over."""
        return time.monotonic() - self._wall_s >= self._limit_s

    def stop(self, frames: int, faces: int) -> Round:
        """Say how long a round took."""
        wall_s = time.monotonic() - self._wall_s
        return Round(frames, faces, time.process_time() - self._cpu_s, wall_s)


def race(
    contestants: Mapping[str, Play], rounds: int, progress: Callable[[int, int], None]
) -> dict[str, list[Round]]:
    """Let everyone play once, then again.

    Args:
        contestants: By name.
        rounds: How often each plays.
        progress: Is told how many rounds have been played, and of how many.
    """
    played: dict[str, list[Round]] = {name: [] for name in contestants}
    total = rounds * len(contestants)
    for done in range(total):
        name = list(contestants)[done % len(contestants)]
        progress(done, total)
        played[name].append(contestants[name]())
    progress(total, total)
    return played


def cost_ms(rounds: list[Round]) -> float:
    """Give the processor time of a frame: the median of the rounds."""
    return float(np.median([1000 * r.cpu_s / max(r.frames, 1) for r in rounds]))


def wait_ms(rounds: list[Round]) -> float:
    """Give the wall time of a frame: the median of the rounds."""
    return float(np.median([1000 * r.wall_s / max(r.frames, 1) for r in rounds]))


def figures(rounds: list[Round]) -> dict[str, float]:
    """Sum up a contestant: frames a second, and milliseconds of a frame."""
    cost = cost_ms(rounds)
    return {
        "fps": round(1000 / cost, 2) if cost else 0.0,
        "ms": round(cost, 3),
        "wall_ms": round(wait_ms(rounds), 3),
        "faces": rounds[-1].faces,
    }


def times_slower(rounds: list[Round], ours: list[Round]) -> float:
    """Compare round with round: the median of the ratios of processor time."""
    pairs = zip(rounds, ours, strict=True)
    return round(float(np.median([cost_ms([a]) / max(cost_ms([b]), 1e-9) for a, b in pairs])), 2)
