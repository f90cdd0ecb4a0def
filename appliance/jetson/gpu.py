"""The GPU: its primary context, one stream, and the kernels; nothing waits unless told to.

Everything of ours goes through this one stream, in order. One thread uses it at a time, inside
`Gpu.attend`; jetson-utils and TensorRT share the context because it is the primary one.
"""

from __future__ import annotations

import atexit
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from appliance.errors import MachineError
from appliance.jetson.array import DeviceArray, DeviceView, Pinned
from appliance.jetson.cache import read_ours
from appliance.jetson.cubins import cubin_file
from appliance.jetson.launch import MOST_RANGES, RANGES
from appliance.jetson.launch import erase as plan_erase

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

    from pycuda import driver

Grid = tuple[int, int, int]


FAILED = "Start again; if it comes back, look at `dmesg` and the heat."


class Gpu:
    """One GPU, its stream and its kernels. Made by `open_gpu` alone.

    Raises:
        MachineError: there is no NVIDIA GPU here, or its software is not all there.
    """

    def __init__(self, folder: Path) -> None:
        self._cuda = _driver()
        device = self._cuda.Device(0)
        self.name: str = device.name()
        self.capability: tuple[int, int] = device.compute_capability()
        file = cubin_file(folder, self.capability)
        image = read_ours(file)  # it is a program
        # The primary context, never a second one: jetson-utils and TensorRT live in it too.
        self._context: driver.Context = device.retain_primary_context()
        self._context.push()
        atexit.register(self._leave)
        try:
            self.stream: driver.Stream = self._cuda.Stream()
            self._module: driver.Module = self._cuda.module_from_buffer(image)
        except self._cuda.Error as error:
            atexit.unregister(self._leave)
            self._leave()
            raise MachineError(
                f"The GPU does not take its kernels ({file.name}).",
                mend="Build them again with `lfr engines build`.",
            ) from error
        self._functions: dict[str, driver.Function] = {}

    def _leave(self) -> None:
        # With a context that is still pushed at the end pycuda aborts the process; what Python
        # frees after `detach` pycuda knows to be gone with the context.
        self._context.pop()
        self._context.detach()

    @contextmanager
    def attend(self) -> Generator[None]:
        """Make the context this thread's own until the block ends.

        The thread that opened the GPU attends already. A thread that ends while it attends makes
        pycuda abort the process.
        """
        self._context.push()
        try:
            yield
        finally:
            self._context.pop()

    def allocate(self, shape: tuple[int, ...], kind: npt.DTypeLike) -> DeviceArray:
        """Take memory of the GPU, all zero.

        Raises:
            MachineError: there is not enough, or the GPU has failed.
        """
        view = DeviceView(0, shape, np.dtype(kind))
        size = max(view.nbytes, 1)
        with self._heeded(), self._enough(size, "The GPU"):
            owner = self._cuda.mem_alloc(size)
            self._cuda.memset_d8_async(int(owner), 0, size, self.stream)
        return DeviceArray(int(owner), shape, view.kind, owner=owner)

    def pinned(self, shape: tuple[int, ...], kind: npt.DTypeLike) -> Pinned:
        """Take memory of the computer, all zero, that kernels may read and write at its address.

        Raises:
            MachineError: there is not enough, or the GPU has failed.
        """
        view = DeviceView(0, shape, np.dtype(kind))
        flags = self._cuda.host_alloc_flags.DEVICEMAP
        with self._heeded(), self._enough(view.nbytes, "The computer"):
            host = self._cuda.pagelocked_zeros(shape, view.kind, mem_flags=flags)
        address = int(host.base.get_device_pointer())
        return Pinned(host, DeviceView(address, shape, view.kind))

    def to_device(self, view: DeviceView, host: npt.NDArray[Any]) -> None:
        """Copy there, in the stream. `host` stays as it is until the stream has come so far.

        Raises:
            MachineError: something that the stream did before has failed.
            ValueError: they are of different size.
        """
        _demand_same_size(view, host)
        with self._heeded():
            self._cuda.memcpy_htod_async(view.address, host, self.stream)

    def to_host(self, host: npt.NDArray[Any], view: DeviceView) -> None:
        """Copy here, in the stream; `wait` before looking at `host`.

        Raises:
            MachineError: something that the stream did before has failed.
            ValueError: they are of different size.
        """
        _demand_same_size(view, host)
        with self._heeded():
            self._cuda.memcpy_dtoh_async(host, view.address, self.stream)

    def zero(self, views: Iterable[DeviceView]) -> None:
        """Overwrite with zeros, in the stream; up to 64 places in one launch."""
        every = [view for view in views if view.nbytes]
        for start in range(0, len(every), MOST_RANGES):
            some = every[start : start + MOST_RANGES]
            ranges = np.zeros((), RANGES)
            ranges["address"][: len(some)] = [view.address for view in some]
            ranges["bytes"][: len(some)] = [view.nbytes for view in some]
            self.launch("erase", *plan_erase(len(some)), ranges[()], np.int32(len(some)))

    def launch(self, kernel: str, grid: Grid, block: Grid, *arguments: object) -> None:
        """Start a kernel in the stream.

        Args:
            kernel: Its name in kernels.cu.
            grid: Blocks along x, y and z.
            block: Threads along x, y and z.
            arguments: NumPy scalars, structures as `array[()]`, and DeviceViews for pointers; their
                sizes must be those of the kernel's signature.

        Raises:
            MachineError: the driver refuses, or something that the stream did before has failed.
        """
        function = self._functions.get(kernel)
        with self._heeded():
            if function is None:
                function = self._functions[kernel] = self._module.get_function(kernel)
            function(*arguments, grid=grid, block=block, stream=self.stream)

    def wait(self) -> None:
        """Wait until the stream has done everything.

        Raises:
            MachineError: something in it failed.
        """
        with self._heeded():
            self.stream.synchronize()

    @contextmanager
    def _heeded(self) -> Generator[None]:
        try:
            yield
        except self._cuda.Error as error:
            raise MachineError(f"The GPU failed ({type(error).__name__}).", mend=FAILED) from error

    @contextmanager
    def _enough(self, nbytes: int, whose: str) -> Generator[None]:
        try:
            yield
        except self._cuda.MemoryError as error:
            raise MachineError(
                f"{whose} has no {nbytes / 1e6:.0f} MB left.",
                mend="Take a smaller list, fewer cameras or a smaller vision.detect_width.",
            ) from error


@cache
def open_gpu(folder: Path) -> Gpu:
    """Take the GPU, once in a process.

    Args:
        folder: Where `lfr engines build` keeps what it has made.

    Raises:
        MachineError: there is no NVIDIA GPU here, or its software is not all there.
    """
    return Gpu(folder)


def find_capability() -> tuple[int, int]:
    """Ask which architecture the GPU has, such as (8, 7); nothing of it is taken.

    Raises:
        MachineError: there is no NVIDIA GPU here, or its software is not all there.
    """
    major, minor = _driver().Device(0).compute_capability()
    return major, minor


def _demand_same_size(view: DeviceView, host: npt.NDArray[Any]) -> None:
    if view.nbytes != host.nbytes:
        raise ValueError(f"{host.nbytes} bytes here, {view.nbytes} on the GPU")


def _driver() -> Any:  # noqa: ANN401 - pycuda has no types
    try:
        import pycuda.driver as cuda  # noqa: PLC0415 - where it is missing, that is an answer
    except ImportError as error:
        raise MachineError(
            "pycuda is not installed, or the NVIDIA driver is not there.",
            mend="Run provisioning/install.sh on the van, or set machine to host.",
        ) from error
    try:
        cuda.init()
    except cuda.Error as error:
        raise MachineError(
            "The NVIDIA driver finds no GPU.",
            mend="Look at `dmesg`, or set machine to host in the settings.",
        ) from error
    return cuda
