"""Arrays in the memory that the GPU reads: what is only borrowed, and what is owned."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

Kind = np.dtype[Any]


@dataclass(frozen=True)
class DeviceView:
    """An address that the GPU can read, with a shape. It owns nothing and outlives nothing.

    Lifetime: that of whoever lent it: a camera's frame until the next read, a result until `erase`.
    """

    address: int
    shape: tuple[int, ...]
    kind: Kind
    fetch: Callable[[], npt.NDArray[Any]] | None = field(default=None, repr=False, compare=False)
    """How it comes to numpy at the least cost, where its owner knows one; waits for the stream."""

    @property
    def nbytes(self) -> int:
        """Bytes, without gaps."""
        return prod(self.shape) * self.kind.itemsize

    def rows(self, first: int, last: int) -> DeviceView:
        """Lend the rows from the first up to, not including, the last.

        Raises:
            ValueError: they are not all there.
        """
        if not 0 <= first <= last <= self.shape[0]:
            raise ValueError("the rows do not lie inside the array")
        each = prod(self.shape[1:]) * self.kind.itemsize
        return DeviceView(self.address + first * each, (last - first, *self.shape[1:]), self.kind)

    @property
    def gpudata(self) -> int:
        """The address, by the name under which pycuda looks for it in a kernel's argument."""
        return self.address

    @property
    def __cuda_array_interface__(self) -> dict[str, object]:
        """Describe it to any CUDA library (version 3 of the interface)."""
        return {
            "shape": self.shape,
            "typestr": self.kind.str,
            "data": (self.address, False),
            "version": 3,
        }


@dataclass(frozen=True)
class DeviceArray(DeviceView):
    """Memory of the GPU that is ours, from `Gpu.allocate`; freed with the last reference."""

    owner: object = field(default=None, repr=False, compare=False)

    def view(
        self, shape: tuple[int, ...], kind: npt.DTypeLike | None = None, offset: int = 0
    ) -> DeviceView:
        """Lend a part of it.

        Args:
            shape: Of the part.
            kind: Its type; the array's own where left out.
            offset: Where it begins, in bytes.

        Raises:
            ValueError: the part does not lie inside.
        """
        lent = DeviceView(self.address + offset, shape, np.dtype(kind or self.kind))
        if offset < 0 or offset + lent.nbytes > self.nbytes:
            raise ValueError("the part does not lie inside the array")
        return lent


@dataclass(frozen=True)
class Pinned:
    """Memory of the computer that the GPU reads and writes too; for small things that travel."""

    host: npt.NDArray[Any] = field(repr=False)
    view: DeviceView
