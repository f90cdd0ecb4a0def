"""The driver of this process: ours, or that of a true GPU. It can have only one."""

from __future__ import annotations

import ctypes

from tests.standin.build import SONAME


def has_gpu() -> bool:
    """Whether the true driver finds a GPU; a stand-in that was entered is none."""
    try:
        library = ctypes.CDLL(SONAME)
    except OSError:
        return False
    count = ctypes.c_int()
    found = not library.cuInit(0) and not library.cuDeviceGetCount(ctypes.byref(count))
    return found and count.value > 0 and not hasattr(library, "standin_count")


def capability_here() -> tuple[int, int]:
    """Which kernels the GPU takes."""
    library, device = ctypes.CDLL(SONAME), ctypes.c_int()
    major, minor = ctypes.c_int(), ctypes.c_int()
    library.cuDeviceGet(ctypes.byref(device), 0)
    library.cuDeviceComputeCapability(ctypes.byref(major), ctypes.byref(minor), device)
    return major.value, minor.value
