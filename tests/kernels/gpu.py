"""A GPU whose memory is NumPy's and whose kernels run through shim.hpp."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from appliance.jetson.array import DeviceArray, DeviceView, Pinned
from appliance.jetson.launch import MOST_RANGES, RANGES

if TYPE_CHECKING:
    from tests.kernels.build import Kernels


class HostGpu:
    """Does at once what a GPU does in its stream, and remembers what it lent."""

    def __init__(self, kernels: Kernels) -> None:
        self._kernels = kernels
        self.lent: list[np.ndarray[Any, Any]] = []
        """Every array that was ever allocated or pinned."""
        self.launched: list[str] = []
        self.waited = 0

    def allocate(self, shape, kind) -> DeviceArray:
        # A GPU's memory begins at multiples of 256 bytes, and kernels count on 16.
        size = int(np.prod(shape)) * np.dtype(kind).itemsize
        raw = np.zeros(size + 256, np.uint8)
        begin = -raw.ctypes.data % 256
        array = raw[begin : begin + size].view(kind).reshape(shape)
        self.lent.append(array)
        return DeviceArray(array.ctypes.data, shape, np.dtype(kind), owner=array)

    def pinned(self, shape, kind) -> Pinned:
        view = self.allocate(shape, kind)
        return Pinned(view.owner, DeviceView(view.address, shape, np.dtype(kind)))

    def to_device(self, view, host) -> None:
        assert view.nbytes == host.nbytes
        self.at(view)[...] = host

    def at(self, view):
        """The memory behind a view; it must lie in an array that was lent."""
        for array in self.lent:
            offset = view.address - array.ctypes.data
            if offset >= 0 and offset + view.nbytes <= array.nbytes:
                raw = array.reshape(-1).view(np.uint8)[offset : offset + view.nbytes]
                return raw.view(view.kind).reshape(view.shape)
        raise AssertionError("not the GPU's memory")

    def zero(self, views) -> None:
        every = list(views)
        for start in range(0, len(every), MOST_RANGES):
            some = every[start : start + MOST_RANGES]
            ranges = np.zeros((), RANGES)
            ranges["address"][: len(some)] = [view.address for view in some]
            ranges["bytes"][: len(some)] = [view.nbytes for view in some]
            self.launch("erase", (64, len(some), 1), (256, 1, 1), ranges[()], np.int32(len(some)))

    def launch(self, kernel, grid, block, *arguments) -> None:
        self.launched.append(kernel)
        raw = [np.uint64(a.address) if isinstance(a, DeviceView) else a for a in arguments]
        for argument in arguments:
            if isinstance(argument, DeviceView):
                self.at(argument)
        self._kernels.launch(kernel, grid, block, *raw)

    def wait(self) -> None:
        self.waited += 1
