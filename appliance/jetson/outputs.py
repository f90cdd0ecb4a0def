"""Where a network's answers lie: one slab of the GPU's memory, and its pinned mirror."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from appliance.jetson.array import DeviceView

if TYPE_CHECKING:
    import numpy.typing as npt

    from appliance.jetson.gpu import Gpu

Shape = tuple[int, ...]

FLOAT = np.dtype(np.float32)
GRAIN = 256
"""Outputs begin at multiples of it: TensorRT wants its memory so aligned."""


@dataclass(frozen=True)
class Layout:
    """Where the outputs for one shape of input lie in the slab."""

    run: Shape
    """The shape of the input."""
    views: dict[str, DeviceView]
    used: int
    """Bytes from the slab's beginning."""


class Outputs:
    """What an engine lends, one run at a time.

    What is lent holds on to this and this to no engine. In a ring the memory would be freed when
    Python's collector comes by, in whatever thread, without the GPU's context or amid a frame.

    Args:
        gpu: Open.
        size: Bytes of the largest run, by `place`.

    Raises:
        MachineError: there is not enough memory.
    """

    def __init__(self, gpu: Gpu, size: int) -> None:
        self._gpu = gpu
        self.slab = gpu.allocate((size,), np.uint8)
        self.mirror = gpu.pinned((size,), np.uint8)
        self._lent: Shape | None = None
        """The input's shape in the run whose outputs are lent."""
        self._fetched = False
        self._dirty = 0
        """Bytes of the slab that were written since the last `erase`."""

    def lay_out(self, run: Shape, shapes: dict[str, Shape]) -> Layout:
        """Say where the outputs of such a run lie.

        Args:
            run: The input's shape.
            shapes: The outputs', by name.
        """
        offsets, used = place(shapes)
        views: dict[str, DeviceView] = {}
        for name, shape in shapes.items():
            view = self.slab.view(shape, FLOAT, offsets[name])
            fetch = partial(self._fetch, run, used, offsets[name], shape)
            views[name] = DeviceView(view.address, shape, FLOAT, fetch)
        return Layout(run, views, used)

    def lend(self, layout: Layout) -> None:
        """Lend what the next run leaves there, and no longer what was there."""
        self._lent, self._fetched = layout.run, False
        self._dirty = max(self._dirty, layout.used)

    def erase(self, besides: DeviceView) -> None:
        """Overwrite what was written, and something besides, in the stream; the mirror at once."""
        if not self._dirty:
            return
        self._gpu.zero([self.slab.view((self._dirty,)), besides])
        self.mirror.host[: self._dirty] = 0
        self._dirty, self._lent = 0, None

    def _fetch(self, run: Shape, used: int, offset: int, shape: Shape) -> npt.NDArray[np.float32]:
        if self._lent != run:
            raise ValueError("outputs are borrowed until the next run or `erase`")
        if not self._fetched:
            self._gpu.to_host(self.mirror.host[:used], self.slab.view((used,)))
            self._gpu.wait()
            self._fetched = True
        size = prod(shape) * FLOAT.itemsize
        return self.mirror.host[offset : offset + size].view(FLOAT).reshape(shape)


def place(shapes: dict[str, Shape]) -> tuple[dict[str, int], int]:
    """Put outputs one behind another: each one's offset, and the bytes of all."""
    offsets: dict[str, int] = {}
    used = 0
    for name, shape in shapes.items():
        offsets[name] = used
        used += -(-prod(shape) * FLOAT.itemsize // GRAIN) * GRAIN
    return offsets, used
