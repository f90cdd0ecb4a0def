"""The watchlist's templates in the computer's memory, searched exactly."""

from __future__ import annotations

import ctypes
import mmap
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from appliance.errors import MachineError
from appliance.succession import DEPTH, Succession

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.domain.face import Floats, Ints
    from appliance.machine import Listed

PIECE_ROWS = 512
"""Brought at one step; 1 MB of the usual network's."""
PIECE_BYTES = 8 << 20
"""Overwritten at one step."""
MLOCK_ONFAULT = 1
"""Each page is locked when it is first written to: all at once would take seconds."""

_libc = ctypes.CDLL(None, use_errno=True)
for _name, _rest in (("mlock2", (ctypes.c_int,)), ("munlock", ())):
    getattr(_libc, _name).argtypes = (ctypes.c_void_p, ctypes.c_size_t, *_rest)


class Sheet:
    """Rows in pages of their own, all zero at first, which can be given back a piece at a time.

    A list of a million in one allocation would be given back in one go, and nobody looks meanwhile.
    They do not come onto a disk where the bundle that they are made of does not, either: that was
    locked already, or refused.

    Raises:
        MachineError: the computer has no room for them.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        count = shape[0] * shape[1]
        try:
            self._memory = mmap.mmap(-1, max(4 * count, 1), flags=mmap.MAP_PRIVATE)
        except OSError as error:
            raise MachineError(
                f"The computer has no {4 * count / 1e6:.0f} MB left.", mend="Take a smaller list."
            ) from error
        with suppress(OSError):  # where the kernel has no large pages
            self._memory.madvise(mmap.MADV_HUGEPAGE)
        self.rows: Floats = np.frombuffer(self._memory, np.float32, count).reshape(shape)
        _libc.mlock2(self.rows.ctypes.data, len(self._memory), MLOCK_ONFAULT)
        self.whole = False

    def fill(self, templates: Listed) -> Iterator[None]:
        """Copy the list in, a piece at each step."""
        for start in range(0, len(templates), PIECE_ROWS):
            some = slice(start, start + PIECE_ROWS)
            self.rows[some] = templates[some]
            yield
        self.whole = True

    def sweep(self) -> Iterator[None]:
        """Overwrite everything, and give each piece back."""
        pages = np.frombuffer(self._memory, np.uint8)
        for start in range(0, len(pages), PIECE_BYTES):
            piece = pages[start : start + PIECE_BYTES]
            piece.fill(0)
            _libc.munlock(piece.ctypes.data, len(piece))  # else they cannot be given back
            with suppress(OSError):  # then they go with the last of them
                self._memory.madvise(mmap.MADV_DONTNEED, start, len(piece))
            yield


class Gallery(Succession[Sheet]):
    """Every row is compared: an approximate index would lose a wanted person silently."""

    def __init__(self) -> None:
        super().__init__(Sheet)

    @property
    def _rows(self) -> Floats:
        return np.zeros((0, 0), np.float32) if self._held is None else self._held.rows

    def strike(self, rows: Ints) -> None:
        """Overwrite some rows of the held list with zeros."""
        self._rows[rows] = 0

    def search(self, probes: Floats) -> tuple[Floats, Ints]:
        """Find the best rows of each probe, best first; see `machine.Gallery`."""
        scores = np.empty((len(probes), len(self._rows)), np.float32)
        # One at a time: for several, the library would pack them into memory of its own, and leave
        # them there.
        for row, probe in zip(scores, probes, strict=True):
            np.matmul(self._rows, probe, out=row)
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
