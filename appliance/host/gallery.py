"""The watchlist's templates in the computer's memory, searched exactly."""

from __future__ import annotations

import ctypes
import mmap
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from appliance.errors import InputError, MachineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.domain.face import Floats, Ints
    from appliance.machine import Listed

DEPTH = 4
"""A subject has 3 templates at most, so the fourth row is of another one."""
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


class Gallery:
    """Every row is compared: an approximate index would lose a wanted person silently."""

    def __init__(self) -> None:
        self._held: Sheet | None = None
        self._next: Sheet | None = None
        self._gone: list[Sheet] = []

    @property
    def _rows(self) -> Floats:
        return np.zeros((0, 0), np.float32) if self._held is None else self._held.rows

    def load(self, templates: Listed) -> None:
        """Replace everything by (N, D) rows of length 1.

        Raises:
            InputError: there is no row.
            MachineError: there is no room for them.
        """
        self.erase()
        for _ in self.stage(templates):
            pass
        self.swap()

    def stage(self, templates: Listed) -> Iterator[None]:
        """Bring the next list, a piece at each step; see `machine.Gallery`."""
        if len(templates) == 0:
            raise InputError("The watchlist is empty.", mend="Enrol somebody.")
        self._drop(self._next)
        self._next = Sheet((templates.shape[0], templates.shape[1]))
        return self._bring(self._next, templates)

    def _bring(self, sheet: Sheet, templates: Listed) -> Iterator[None]:
        for _ in sheet.fill(templates):
            yield
            if sheet is not self._next:
                return  # it is being overwritten

    def swap(self) -> None:
        """Search the next list from now on."""
        if self._next is None or not self._next.whole:
            raise ValueError("the next list is not whole")
        following = self._next
        self._drop(self._held)
        self._held, self._next = following, None

    def sweep(self) -> Iterator[None]:
        """Overwrite whatever is not searched with zeros, a piece at each step."""
        self._drop(self._next)
        while self._gone:
            yield from self._gone[-1].sweep()
            self._gone.pop()

    def _drop(self, sheet: Sheet | None) -> None:
        if sheet is not None:
            self._gone.append(sheet)
        if sheet is self._next:
            self._next = None

    def strike(self, rows: Ints) -> None:
        """Overwrite some rows of the held list with zeros."""
        self._rows[rows] = 0

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
        self._drop(self._held)
        self._held = None
        for _ in self.sweep():
            pass
