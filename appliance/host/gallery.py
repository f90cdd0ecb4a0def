"""The watchlist's templates in the computer's memory, searched exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from appliance.errors import InputError

if TYPE_CHECKING:
    from appliance.domain.face import Floats, Ints

DEPTH = 4
"""A subject has 3 templates at most, so the fourth row is of another one."""


class Gallery:
    """Every row is compared: an approximate index would lose a wanted person silently."""

    def __init__(self) -> None:
        self._rows: Floats = np.zeros((0, 0), np.float32)

    def load(self, templates: Floats) -> None:
        """Replace everything by (N, D) rows of length 1.

        Raises:
            InputError: there is no row.
        """
        self.erase()
        if len(templates) == 0:
            raise InputError("The watchlist is empty.", mend="Enrol somebody.")
        self._rows = np.array(templates, np.float32, order="C")

    def search(self, probes: Floats) -> tuple[Floats, Ints]:
        """Find the best rows of each probe, best first; see `machine.Gallery`."""
        scores = probes @ self._rows.T
        depth = min(DEPTH, len(self._rows))
        best = np.zeros((len(probes), depth), np.float32)
        rows = np.zeros((len(probes), depth), np.int32)
        every = np.arange(len(probes))
        # Four sweeps over the scores beat a partial sort, which would copy them.
        for k in range(depth):
            rows[:, k] = scores.argmax(axis=1)
            best[:, k] = scores[every, rows[:, k]]
            scores[every, rows[:, k]] = -np.inf
        return best, rows

    def erase(self) -> None:
        """Overwrite every template with zeros and forget them."""
        self._rows.fill(0)
        self._rows = np.zeros((0, 0), np.float32)
