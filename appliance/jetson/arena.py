"""Memory that is lent for one step and used again in the next; none goes back while we run.

To free memory would make the processor wait for the GPU, and leave what was in it.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from appliance.jetson.array import DeviceArray, DeviceView, Pinned

if TYPE_CHECKING:
    from appliance.jetson.gpu import Gpu

Shape = tuple[int, ...]

GRAIN = 256
"""What is lent begins at multiples of it, in bytes."""
LEAST = 1 << 20
"""Bytes of the first staging."""


class Arena:
    """Memory of the GPU for float16 batches."""

    kind = np.dtype(np.float16)

    def __init__(self, gpu: Gpu) -> None:
        self._gpu = gpu
        self._chunks: list[DeviceArray] = []
        self._used: list[int] = []
        """Bytes of each chunk that are lent."""
        self._lent: dict[Shape, DeviceView] = {}

    def lend(self, shape: Shape, most: int) -> DeviceView:
        """Lend a batch until `take_back`. The same shape is the same memory.

        Args:
            shape: Of the batch.
            most: Of how many rows a batch may be; memory for all is taken at the first.

        Raises:
            MachineError: the GPU has not enough.
        """
        lent = self._lent.get(shape)
        if lent is None:
            lent = self._lent[shape] = self._place(shape, most)
        return lent

    def take_back(self) -> list[DeviceView]:
        """Take back what was lent, and say where it lies: it must be overwritten."""
        used = [chunk.view((n,)) for chunk, n in zip(self._chunks, self._used, strict=True) if n]
        self._used = [0] * len(self._chunks)
        self._lent.clear()
        return used

    def _place(self, shape: Shape, most: int) -> DeviceView:
        size = self._bytes(shape)
        for i, chunk in enumerate(self._chunks):
            if self._used[i] + size <= chunk.nbytes:
                break
        else:
            i, room = len(self._chunks), max(size, self._bytes((most, *shape[1:])))
            self._chunks.append(self._gpu.allocate((room,), np.uint8))
            self._used.append(0)
        self._used[i] += size
        return self._chunks[i].view(shape, self.kind, self._used[i] - size)

    def _bytes(self, shape: Shape) -> int:
        return -(-prod(shape) * self.kind.itemsize // GRAIN) * GRAIN


class Staging:
    """Pinned memory for what a verb brings to the processor: used up before the verb is done."""

    def __init__(self, gpu: Gpu) -> None:
        self._gpu = gpu
        self._slab = gpu.pinned((LEAST,), np.uint8)
        self._used = 0

    def lend(self, shape: Shape, kind: npt.DTypeLike) -> Pinned:
        """Lend it until the next call.

        Raises:
            MachineError: there is not enough.
        """
        view = DeviceView(self._slab.view.address, shape, np.dtype(kind))
        if view.nbytes > self._slab.view.nbytes:
            self.erase()
            self._slab = self._gpu.pinned((2 * view.nbytes,), np.uint8)
            view = DeviceView(self._slab.view.address, shape, view.kind)
        self._used = max(self._used, view.nbytes)
        return Pinned(self._slab.host[: view.nbytes].view(view.kind).reshape(shape), view)

    def erase(self) -> None:
        """Overwrite what was in it with zeros, at once."""
        self._slab.host[: self._used].fill(0)
        self._used = 0
