"""When frames were taken up and which list was searched, and how long nobody looked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Doubles = npt.NDArray[np.float64]

DIGITS = 1


@dataclass(frozen=True)
class Searched:
    """One search of the gallery."""

    number: int
    """Of the list, the first being 1."""
    done_s: float
    took_s: float


@dataclass(frozen=True)
class Turn:
    """What was worked on a list between two frames."""

    done_s: float
    took_s: float
    worked_s: float
    """Processor time: what does not count whoever else is at work."""


@dataclass
class Gaps:
    """Moments on the monotonic clock, noted in the thread that looks."""

    frames_s: list[float] = field(default_factory=list)
    """When each frame was taken up."""
    searches: list[Searched] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    swept: int = 0
    """How many lists were in the gallery by then when the last former one was overwritten."""

    def first(self, number: int) -> float | None:
        """Tell when a list was searched first; None as long as it was not."""
        return next((one.done_s for one in self.searches if one.number == number), None)

    def figures(self, since_s: float, until_s: float) -> dict[str, float | int]:
        """Sum up what happened in between.

        Returns:
            `frames`; `longest_gap_ms` and `p99_gap_ms` between two that were taken up, of which
            one that begins before counts where it ends, so that none is lost between two parts;
            `without_search_ms`, the longest where the searches in each gap do not count;
            `longest_turn_ms`, the most that was worked on a list between two frames, and
            `longest_turn_cpu_ms`, in processor time; `searches`, and `search_ms`, the median.
        """
        taken = [at for at in self.frames_s if at <= until_s]
        before = sum(at < since_s for at in taken)
        moments = np.array(taken[max(before - 1, 0) :])
        searches = [one for one in self.searches if since_s <= one.done_s <= until_s]
        turns = [turn for turn in self.turns if since_s <= turn.done_s <= until_s]
        gaps_s = np.diff(moments) if len(moments) > 1 else np.zeros(1)
        figures = {
            "longest_gap_ms": gaps_s.max(),
            "p99_gap_ms": np.quantile(gaps_s, 0.99),
            "without_search_ms": (gaps_s - _spent(self.searches, moments, len(gaps_s))).max(),
            "longest_turn_ms": max((turn.took_s for turn in turns), default=0.0),
            "longest_turn_cpu_ms": max((turn.worked_s for turn in turns), default=0.0),
            "search_ms": np.median([one.took_s for one in searches]) if searches else 0.0,
        }
        told = {name: round(1000 * float(value), DIGITS) for name, value in figures.items()}
        return {"frames": len(taken) - before, "searches": len(searches), **told}


def _spent(searches: Sequence[Searched], moments: Doubles, gaps: int) -> Doubles:
    """Add up what was searched in each gap."""
    spent = np.zeros(gaps)
    for one in searches:
        gap = int(np.searchsorted(moments, one.done_s)) - 1
        if 0 <= gap < gaps:
            spent[gap] += one.took_s
    return spent
