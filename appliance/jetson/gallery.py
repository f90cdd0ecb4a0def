"""The watchlist's templates in GPU memory, searched exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from appliance.errors import InputError
from appliance.jetson.array import DeviceView
from appliance.jetson.int8 import Preview
from appliance.jetson.rows import BLOCKS, MOST_PROBES, THREADS, Rows, pieces, plan, to_halves

if TYPE_CHECKING:
    from appliance.domain.face import Floats, Ints
    from appliance.jetson.gpu import Gpu
    from appliance.jetson.rows import Halves

    Keys = npt.NDArray[np.uint64]

DEPTH = 4
"""A subject has 3 templates at most, so the fourth row is of another one."""
SIGN, LAST = np.uint32(1 << 31), np.uint64(0xFFFFFFFF)


class Gallery:
    """Every row is compared: an approximate index would lose a wanted person silently.

    Args:
        gpu: Where the list is held.
        int8: Look at an int8 copy first, and at the float16 rows only where the best can be. The
            answers are the same; about half of the bytes are read.
    """

    def __init__(self, gpu: Gpu, *, int8: bool = False) -> None:
        self._gpu = gpu
        self._int8 = int8
        self._rows: Rows | None = None
        self._preview: Preview | None = None
        self._found = gpu.allocate((MOST_PROBES, max(BLOCKS.values()), DEPTH), np.uint64)
        self._best = gpu.pinned((MOST_PROBES, DEPTH), np.uint64)

    def load(self, templates: Floats) -> None:
        """Replace everything by (N, D) rows of length 1.

        Raises:
            InputError: there is no row.
            MachineError: the GPU has no room for them.
        """
        self.erase()
        if len(templates) == 0:
            raise InputError("The watchlist is empty.", mend="Enrol somebody.")
        self._rows = Rows(self._gpu, templates.shape, np.float16)
        self._rows.fill(pieces(templates))
        # Of a row that is no number int8 would make one that wins.
        if self._int8 and all(np.isfinite(piece).all() for piece in pieces(templates)):
            self._preview = Preview(self._gpu, templates)

    def search(self, probes: Floats) -> tuple[Floats, Ints]:
        """Find the best rows of each probe, best first; see `machine.Gallery`. None before `load`.

        Scores are those of float16 templates, summed in float32. Where a probe or too many rows are
        no numbers the score is -inf, of any row.
        """
        held = self._rows
        if held is None:
            return np.zeros((len(probes), 0), np.float32), np.zeros((len(probes), 0), np.int32)
        depth = min(DEPTH, held.count)
        scores = np.zeros((len(probes), depth), np.float32)
        rows = np.zeros((len(probes), depth), np.int32)
        if probes.shape[1] != held.dimension:
            raise ValueError("probes and templates are of different networks")
        for start in range(0, len(probes), MOST_PROBES):
            some = slice(start, start + MOST_PROBES)
            keys = self._sweep(held, to_halves(probes[some]))
            scores[some], rows[some] = _decode(keys[:, :depth])
        return scores, rows

    def _sweep(self, rows: Rows, probes: Halves) -> Keys:
        sweep = plan(len(probes), rows.count)
        asked = rows.ask(probes, sweep.probes)
        found = self._found.view((sweep.probes, sweep.blocks, DEPTH))
        kernel, seen = "search_f16", tuple[DeviceView, ...]()
        if self._preview and np.isfinite(probes).all():
            kernel, seen = "rescore", self._preview.look(probes, sweep, found)
        given = (rows.device, asked, found, *seen, np.int32(rows.count), np.int32(rows.stride))
        self._gpu.launch(f"{kernel}_{sweep.width}", sweep.grid, THREADS, *given)
        lists = np.int32(sweep.blocks)
        self._gpu.launch("merge", (len(probes), 1, 1), THREADS, found, self._best.view, lists)
        self._gpu.zero([asked, found, *seen])
        self._gpu.wait()
        keys = self._best.host[: len(probes)].copy()
        self._best.host.fill(0)
        rows.forget_probes()
        if self._preview:
            self._preview.forget_probes()
        return keys

    def erase(self) -> None:
        """Overwrite every template with zeros and forget them."""
        for held in (self._rows, self._preview):
            if held:
                held.erase()
        self._gpu.wait()
        self._rows = self._preview = None


def _decode(keys: Keys) -> tuple[Floats, Ints]:
    """Read scores and rows out of keys as search.cuh makes them: (P, K), best first.

    Where there is no row, the score is -inf and the row the number of its place.
    """
    upper = (keys >> np.uint64(32)).astype(np.uint32)
    positive = upper >= SIGN
    scores = np.where(positive, upper ^ SIGN, ~upper).view(np.float32)
    rows = LAST - (keys & LAST)
    nobody = keys == 0
    place = np.arange(keys.shape[1], dtype=np.int32)
    return (
        np.where(nobody, np.float32(-np.inf), scores),
        np.where(nobody, place, rows.astype(np.int64)).astype(np.int32),
    )
