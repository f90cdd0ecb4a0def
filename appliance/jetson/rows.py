"""One form of the watchlist in GPU memory, the probes compared with it, and how blocks share it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from appliance.domain.face import Ints
    from appliance.jetson.array import DeviceArray, DeviceView, Pinned
    from appliance.jetson.gpu import Gpu, Grid
    from appliance.machine import Listed

    Halves = npt.NDArray[np.float16]

MOST_PROBES = 64
"""Probes of one pass; more are searched in turn."""
THREADS = (128, 1, 1)
"""SEARCH_THREADS and MERGE_THREADS of search.cuh."""
BLOCKS = {8: 396, 16: 264, 32: 264}
"""Blocks by probes at once: what a GPU of 132 processors holds, 3 or 2 each (SEARCH_BOUNDS in
search.cuh). A Jetson has fewer processors, which take them one after another."""
BLOCK_ROWS = 256
"""Rows that a block takes at once; a short list needs fewer blocks."""
TILE_ROWS = 16
CHUNK_BYTES = 64
"""A row is padded with zeros to a multiple of this: search.cuh."""
CHUNK_ROWS = 64
"""And the list to a multiple of this."""
PIECE = 512
"""Templates that are brought at a time, so that no second list is made on the way and a frame that
comes meanwhile does not wait: half a megabyte of the usual network's."""
ERASED_BYTES = 64 << 20
"""Overwritten at one step: some milliseconds of the smallest GPU's time."""


def pad(size: int, multiple: int) -> int:
    """Round up."""
    return -(-size // multiple) * multiple


def to_halves(values: Listed) -> Halves:
    """Round to float16; what is too large becomes infinite."""
    with np.errstate(over="ignore", invalid="ignore"):
        return values.astype(np.float16)


def pieces(templates: Listed) -> Generator[Halves]:
    """Give the list as float16, a piece at a time."""
    for start in range(0, len(templates), PIECE):
        yield to_halves(templates[start : start + PIECE])


@dataclass(frozen=True)
class Sweep:
    """How the blocks of one pass over the list share it."""

    width: int
    """Probes that a block compares with each row: 8, 16 or 32."""
    groups: int
    blocks: int

    @property
    def probes(self) -> int:
        """With those that only fill a group up."""
        return self.width * self.groups

    @property
    def grid(self) -> Grid:
        """Of the kernels that read the list."""
        return self.blocks, self.groups, 1


def plan(probes: int, count: int) -> Sweep:
    """Share a list of `count` rows out for 1 to 64 probes."""
    width = next((width for width in BLOCKS if probes <= width), max(BLOCKS))
    groups = -(-probes // width)
    # Groups run side by side on the same rows, so that the second finds them in the cache.
    return Sweep(width, groups, min(BLOCKS[width] // groups, -(-count // BLOCK_ROWS)))


class Rows:
    """Rows of one type, all zero at first.

    Raises:
        MachineError: the GPU has no room for them.
    """

    def __init__(self, gpu: Gpu, shape: tuple[int, int], kind: npt.DTypeLike) -> None:
        self._gpu = gpu
        self.count, self.dimension = shape
        kind = np.dtype(kind)
        self.stride = pad(self.dimension * kind.itemsize, CHUNK_BYTES)
        """Bytes from one row to the next."""
        self._width = self.stride // kind.itemsize
        self.device: DeviceArray = gpu.allocate((pad(self.count, CHUNK_ROWS), self._width), kind)
        self._probes: DeviceArray = gpu.allocate((MOST_PROBES, self._width), kind)
        self._asked: Pinned = gpu.pinned((MOST_PROBES, self._width), kind)

    def fill(self, parts: Iterable[npt.NDArray[Any]]) -> Iterator[None]:
        """Take the rows, a part at each step, through pinned memory that is zeroed after each."""
        stage = self._gpu.pinned((PIECE, self._width), self.device.kind)
        start = 0
        for part in parts:
            count, dimension = part.shape
            stage.host[:count, :dimension] = part
            place = self.device.view((count, self._width), offset=start * self.stride)
            try:
                self._gpu.to_device(place, stage.host[:count])
                self._gpu.wait()
            finally:
                stage.host.fill(0)
            start += count
            yield

    def strike(self, rows: Ints) -> None:
        """Zero some rows, one or more, in order, in the stream."""
        # Neighbours go together: a subject's images stand side by side.
        runs = np.split(rows, np.flatnonzero(np.diff(rows) != 1) + 1)
        self._gpu.zero(self.device.rows(int(run[0]), int(run[-1]) + 1) for run in runs)

    def ask(self, probes: npt.NDArray[Any], padded: int) -> DeviceView:
        """Bring probes to the GPU, in the stream, with zeros up to `padded` of them."""
        count, dimension = probes.shape
        self._asked.host[:count, :dimension] = probes
        lent = self._probes.view((padded, self._width))
        self._gpu.to_device(lent, self._asked.host[:padded])
        return lent

    def forget_probes(self) -> None:
        """Zero the probes here, once the stream has done with them; `ask` lent those there."""
        self._asked.host.fill(0)

    def sweep(self) -> Iterator[None]:
        """Zero everything, the GPU's in the stream, a piece at each step."""
        self.forget_probes()
        self._gpu.zero([self._probes])
        each = max(1, ERASED_BYTES // self.stride)
        count = self.device.shape[0]
        for start in range(0, count, each):
            self._gpu.zero([self.device.rows(start, min(start + each, count))])
            yield
