"""The watchlist's templates in GPU memory, searched exactly."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from appliance.jetson.array import DeviceView
from appliance.jetson.int8 import Preview, Survey
from appliance.jetson.rows import BLOCKS, MOST_PROBES, THREADS, Rows, pieces, plan, to_halves
from appliance.succession import DEPTH, Succession

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.domain.face import Floats, Ints
    from appliance.jetson.gpu import Gpu
    from appliance.jetson.rows import Halves
    from appliance.machine import Listed

    Keys = npt.NDArray[np.uint64]

SIGN, LAST = np.uint32(1 << 31), np.uint64(0xFFFFFFFF)


class Sheet:
    """One list on the GPU: its rows, and an int8 copy where one is wanted and can be made.

    Raises:
        MachineError: the GPU has no room for it.
    """

    def __init__(self, gpu: Gpu, shape: tuple[int, int], *, int8: bool) -> None:
        self._gpu = gpu
        self._shape = shape
        self._int8 = int8
        self.rows = Rows(gpu, shape, np.float16)
        self.preview: Preview | None = None
        self.whole = False

    def fill(self, templates: Listed) -> Iterator[None]:
        """Bring the list, a piece at each step."""
        survey = Survey()
        parts = pieces(templates)
        yield from self.rows.fill(survey.see(parts) if self._int8 else parts)
        if self._int8 and survey.sound:
            self.preview = Preview(self._gpu, self._shape, survey.largest)
            yield from self.preview.fill(pieces(templates))
        self.whole = True

    @property
    def forms(self) -> list[Rows | Preview]:
        """All that is held of it."""
        return [self.rows] if self.preview is None else [self.rows, self.preview]

    def sweep(self) -> Iterator[None]:
        """Zero everything, a piece at each step."""
        for form in self.forms:
            for _ in form.sweep():
                self._gpu.wait()
                yield


class Gallery(Succession[Sheet]):
    """Every row is compared: an approximate index would lose a wanted person silently.

    Args:
        gpu: Where the list is held.
        int8: Look at an int8 copy first, and at the float16 rows only where the best can be. The
            answers are the same; about half of the bytes are read.
    """

    def __init__(self, gpu: Gpu, *, int8: bool = False) -> None:
        super().__init__(partial(Sheet, gpu, int8=int8))
        self._gpu = gpu
        self._found = gpu.allocate((MOST_PROBES, max(BLOCKS.values()), DEPTH), np.uint64)
        self._best = gpu.pinned((MOST_PROBES, DEPTH), np.uint64)

    def strike(self, rows: Ints) -> None:
        """Overwrite some rows of the held list with zeros."""
        if self._held is not None and len(rows):
            for form in self._held.forms:
                form.strike(rows)
            self._gpu.wait()

    def search(self, probes: Floats) -> tuple[Floats, Ints]:
        """Find the best rows of each probe, best first; see `machine.Gallery`. None before `load`.

        Scores are those of float16 templates, summed in float32. Where a probe or too many rows are
        no numbers the score is -inf, of any row.
        """
        if self._held is None:
            return np.zeros((len(probes), 0), np.float32), np.zeros((len(probes), 0), np.int32)
        held = self._held.rows
        depth = min(DEPTH, held.count)
        scores = np.zeros((len(probes), depth), np.float32)
        rows = np.zeros((len(probes), depth), np.int32)
        if probes.shape[1] != held.dimension:
            raise ValueError("probes and templates are of different networks")
        for start in range(0, len(probes), MOST_PROBES):
            some = slice(start, start + MOST_PROBES)
            keys = self._look(held, self._held.preview, to_halves(probes[some]))
            scores[some], rows[some] = _decode(keys[:, :depth])
        return scores, rows

    def _look(self, rows: Rows, preview: Preview | None, probes: Halves) -> Keys:
        sweep = plan(len(probes), rows.count)
        asked = rows.ask(probes, sweep.probes)
        found = self._found.view((sweep.probes, sweep.blocks, DEPTH))
        kernel, seen = "search_f16", tuple[DeviceView, ...]()
        if preview and np.isfinite(probes).all():
            kernel, seen = "rescore", preview.look(probes, sweep, found)
        given = (rows.device, asked, found, *seen, np.int32(rows.count), np.int32(rows.stride))
        self._gpu.launch(f"{kernel}_{sweep.width}", sweep.grid, THREADS, *given)
        lists = np.int32(sweep.blocks)
        self._gpu.launch("merge", (len(probes), 1, 1), THREADS, found, self._best.view, lists)
        self._gpu.zero([asked, found, *seen])
        self._gpu.wait()
        keys = self._best.host[: len(probes)].copy()
        self._best.host.fill(0)
        rows.forget_probes()
        if preview:
            preview.forget_probes()
        return keys


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
