"""The kernels for an ordinary processor: built with g++ through shim.hpp, and called from NumPy."""

from __future__ import annotations

import ctypes
import hashlib
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
KERNELS = ROOT / "appliance/jetson/kernels.cu"
SHIM = Path(__file__).with_name("shim.hpp")
FLAGS = (
    *("-std=c++17", "-fPIC", "-shared", "-march=native", "-U_FORTIFY_SOURCE"),
    *("-Wall", "-Wextra", "-Wno-unknown-pragmas", "-Wno-unused-function", "-DHOST_BUILD"),
)
FAST = ("-O3",)
# g++ promises that the sanitizers find more where functions are not inlined away.
SANITIZED = ("-O1", "-g1", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")
Sizes = tuple[int, int, int]


def build(folder: Path, *, sanitize: bool = False, source: Path = KERNELS) -> Path:
    """Make the shared object, unless it is there for these sources and flags already.

    Args:
        folder: Where it goes; made if it is not there.
        sanitize: With AddressSanitizer and UndefinedBehaviorSanitizer, whose runtime must have been
            loaded first (`sanitized_environment`).
        source: The CUDA source; what it includes is looked for beside it.

    Raises:
        CalledProcessError: g++ refuses it; its words are on stderr.
    """
    flags = (*FLAGS, *(SANITIZED if sanitize else FAST))
    digest = hashlib.sha256(" ".join(flags).encode())
    digest.update(_processor())
    for file in (SHIM, source, *sorted(source.parent.glob("*.cuh"))):
        digest.update(file.read_bytes())
    built = folder / f"{source.stem}-{digest.hexdigest()[:16]}.so"
    if not built.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as fresh:
            raw = Path(fresh) / built.name
            inputs = ("-x", "c++", "-include", str(SHIM), str(source))
            subprocess.run(["g++", *flags, *inputs, "-o", str(raw)], check=True)
            raw.replace(built)
    return built


def _processor() -> bytes:
    """Tell processors apart: what was built for one may have instructions that another lacks."""
    lines = Path("/proc/cpuinfo").read_bytes().splitlines()
    return next((line for line in lines if line.startswith((b"flags", b"Features"))), b"")


def sanitized_environment() -> dict[str, str]:
    """Make the environment for a Python that loads a build with sanitizers."""
    runtime = subprocess.run(
        ["g++", "-print-file-name=libasan.so"], check=True, capture_output=True, text=True
    ).stdout.strip()
    # Python itself never frees everything, so leaks are not looked for.
    options = {"ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"}
    return {**os.environ, "LD_PRELOAD": runtime, **options}


class _Sizes(ctypes.Structure):
    _fields_ = (("x", ctypes.c_uint), ("y", ctypes.c_uint), ("z", ctypes.c_uint))


class LaunchError(Exception):
    """The shim refused a launch, or threads did not meet."""


class Kernels:
    """The kernels of a build, launched like a GPU's."""

    def __init__(self, file: Path) -> None:
        self._library = ctypes.CDLL(str(file))
        self._library.shim_error.restype = ctypes.c_char_p

    def backwards(self, *, yes: bool) -> None:
        """Run warps and lanes in the opposite order; the answers must not change."""
        self._library.shim_backwards(int(yes))

    def launch(self, kernel: str, grid: Sizes, block: Sizes, *arguments: object) -> None:
        """Run a kernel to its end.

        Args:
            kernel: Its name.
            grid: Blocks along x, y and z.
            block: Threads along x, y and z.
            arguments: Arrays for pointers (None for a null one), NumPy scalars, structures as
                `array[()]`.

        Raises:
            LaunchError: the arguments' size is not that of the signature, or threads did not meet.
        """
        failed = self.call(kernel, grid, block, None, pack(arguments))
        if failed:
            raise LaunchError(self._library.shim_error().decode())

    def call(self, kernel: str, grid: Sizes, block: Sizes, pointers: Any, packed: bytes) -> int:
        """Call a kernel's symbol as shim.hpp describes it; 0 means that it ran."""
        call = getattr(self._library, f"{kernel}__host")
        size = ctypes.c_size_t(len(packed))
        return int(call(_Sizes(*grid), _Sizes(*block), 0, pointers, packed, size))


def pack(arguments: tuple[object, ...]) -> bytes:
    """Lay the arguments out as a GPU takes them: each at its natural alignment."""
    packed = b""
    for argument in arguments:
        raw, alignment = _raw(argument)
        packed += bytes(-len(packed) % alignment) + raw
    return packed


def _raw(argument: Any) -> tuple[bytes, int]:
    if argument is None:
        return bytes(8), 8
    if isinstance(argument, np.ndarray):
        if not argument.flags.c_contiguous:
            raise ValueError("a kernel takes arrays without gaps")
        return np.uint64(argument.ctypes.data).tobytes(), 8
    if isinstance(argument, (np.number, np.void)):
        return argument.tobytes(), argument.dtype.alignment
    raise TypeError(f"a kernel cannot take a {type(argument).__name__}: its size is not known")
