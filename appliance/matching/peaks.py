"""The best score of each passing in view, kept until it ends and then only counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from appliance.domain.face import Floats, Ints

CAPACITY: Final = 1024
"""Twice as many as are followed at once."""
LOWEST: Final = -2.0
"""Below every cosine: of a passing of which no score is known."""


class Peaks:
    """Rows that are preallocated, and zeroed when their passing ends."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._number = np.zeros(capacity, np.int32)
        """0 marks a free row."""
        self._best = np.zeros(capacity, np.float32)
        self._named = np.zeros(capacity, np.bool_)
        """Whether it was called a likeness: then it is no stranger, and not counted."""

    def note(self, passings: Ints, scores: Floats) -> None:
        """Remember the scores that are the best of their passings so far."""
        for number, score in zip(passings, scores, strict=True):
            row = self._row(int(number))
            if row is not None:
                self._best[row] = max(self._best[row], score)

    def name(self, number: int) -> None:
        """Remember that a passing was called a likeness."""
        row = self._row(number)
        if row is not None:
            self._named[row] = True

    def take(self, number: int) -> float | None:
        """Give the best score of a passing that has ended, and forget it.

        Returns:
            None where it was called a likeness, or no score of it is known.
        """
        row = self._find(number)
        if row is None:
            return None
        best, named = float(self._best[row]), bool(self._named[row])
        for array in (self._number, self._best, self._named):
            array[row] = 0
        return None if named or best == LOWEST else best

    def _row(self, number: int) -> int | None:
        """Find the row of a passing, or take one for it; None where there is no room."""
        found = self._find(number)
        if found is None:
            found = self._find(0)
            if found is not None:
                self._number[found], self._best[found] = number, LOWEST
        return found

    def _find(self, number: int) -> int | None:
        row = int((self._number == number).argmax())
        return row if self._number[row] == number else None
