"""How crowded it is around an entry of the list: what takes strangers for it is allowed for.

Some entries are near to many people, and whom they alert on is mostly a stranger (lambs; Doddington
et al., ICSLP 1998). The list itself tells which: an entry's crowding is the mean of its highest
cosines with other subjects, as in adaptive cohort normalisation (Karam, Campbell and Dehak, 2011),
but by its entry alone, not divided by a spread, and only ever taken off. A score is therefore never
above the cosine: at a given threshold nobody is more often taken for somebody than by the cosine,
of whatever group they are, and a calibration of plain cosines is a bound for every list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from appliance.domain.face import Floats, Ints
    from appliance.machine import Listed

NEAREST: Final = 10
"""Others whose cosines count, as the desk counts them to find lambs."""
MOST: Final = 1_024
"""Subjects that an entry is held against: more of them tell little more."""
FEWEST: Final = 64
"""Fewer tell nothing: then nothing is taken off."""
JUDGES: Final = 64
"""Of whose crowding the mean is taken; exact to a tenth of what entries differ by."""
UNSEEN = np.float32(-2.0)


class Crowding:
    """Says what is taken off a cosine with each row; reckoned when it is first asked for.

    Args:
        templates: (N, D), rows of length 1; read as long as this is asked.
        owners: (N,), ascending: the subject of each row.
    """

    def __init__(self, templates: Listed, owners: npt.NDArray[np.integer]) -> None:
        self._templates = templates
        self._owners = owners
        firsts = np.flatnonzero(np.diff(owners, prepend=-1))
        some = np.linspace(0, len(firsts) - 1, min(len(firsts), MOST)).astype(np.int64)
        self._rows = firsts[some] if len(firsts) > FEWEST else firsts[:0]
        self._whose = owners[self._rows]
        self._crowd: Floats = templates[self._rows].astype(np.float32)
        """(C, D): a row of each of some subjects, all zero once they are withdrawn."""
        self._probe = np.zeros(templates.shape[1], np.float32)
        self._scores = np.zeros(len(self._rows), np.float32)
        self._known = np.full(len(owners), np.nan, np.float32)
        self._mean = self._usual()

    def __call__(self, rows: Ints) -> Floats:
        """Give what is taken off a cosine with each of some rows: (R,), 0 or more."""
        for row in rows[np.isnan(self._known[rows])]:
            self._known[row] = max(self._around(int(row)) - self._mean, 0.0)
        return self._known[rows]

    def strike(self, rows: Ints) -> None:
        """Take rows of the list out: they are near to nobody any more."""
        self._crowd[np.isin(self._rows, rows)] = 0

    def erase(self) -> None:
        """Overwrite all that was copied of the list with zeros."""
        for array in (self._crowd, self._probe, self._scores, self._known):
            array.fill(0)

    def _usual(self) -> float:
        if not len(self._rows):
            return 1.0  # more than any crowding, so nothing is taken off
        judges = np.linspace(0, len(self._rows) - 1, JUDGES).astype(np.int64)
        return float(np.mean([self._around(int(row)) for row in self._rows[judges]]))

    def _around(self, row: int) -> float:
        """Reckon the mean of the highest cosines of a row with other subjects.

        One row at a time: for several, the library would pack them into memory of its own, and
        leave them there.
        """
        if not len(self._rows):
            return 0.0
        self._probe[:] = self._templates[row]
        np.matmul(self._crowd, self._probe, out=self._scores)
        self._scores[self._whose == self._owners[row]] = UNSEEN
        self._scores.partition(len(self._scores) - NEAREST)
        return float(self._scores[-NEAREST:].mean())
