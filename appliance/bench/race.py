"""Rounds of a film, run by each contestant in turn, so that a noisy minute hits them all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

ROUNDS = 3


@dataclass(frozen=True)
class Round:
    """The film once, or its beginning."""

    frames: int
    """At least one: a film without a picture is refused."""
    faces: int
    """Detections."""
    cpu_s: float
    """Processor time of the whole process."""
    wall_s: float

    @property
    def cpu_ms(self) -> float:
        """Processor time of a frame."""
        return 1000 * self.cpu_s / self.frames


Play = Callable[[], Round]
"""A contestant."""


class Clock:
    """Started when it is made."""

    def __init__(self) -> None:
        self._cpu_s, self._wall_s = time.process_time(), time.monotonic()

    def stop(self, frames: int, faces: int) -> Round:
        """Say how long a round took."""
        wall_s = time.monotonic() - self._wall_s
        return Round(frames, faces, time.process_time() - self._cpu_s, wall_s)


def race(
    contestants: Mapping[str, Play], rounds: int, progress: Callable[[int], None]
) -> dict[str, list[Round]]:
    """Let everyone play once, then again.

    Args:
        contestants: By name.
        rounds: How often each plays.
        progress: Is told how often somebody has played.
    """
    played: dict[str, list[Round]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, play in contestants.items():
            played[name].append(play())
            progress(sum(map(len, played.values())))
    return played


def figures(rounds: list[Round]) -> dict[str, float]:
    """Sum up a contestant: frames a second, and milliseconds of a frame."""
    cpu_ms = float(np.median([played.cpu_ms for played in rounds]))
    wall_ms = float(np.median([1000 * played.wall_s / played.frames for played in rounds]))
    return {
        "fps": round(1000 / cpu_ms, 2),
        "ms": round(cpu_ms, 3),
        "wall_ms": round(wall_ms, 3),
        "faces": rounds[-1].faces,
    }


def times_slower(rounds: list[Round], ours: list[Round]) -> float:
    """Compare round with round: the median of the ratios of processor time."""
    ratios = [theirs.cpu_ms / our.cpu_ms for theirs, our in zip(rounds, ours, strict=True)]
    return round(float(np.median(ratios)), 2)
