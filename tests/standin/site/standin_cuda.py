"""Pinned memory as cudaHostAlloc gives it, in any thread: through whichever libcuda there is."""

import ctypes

import numpy as np

PORTABLE, DEVICEMAP = 1, 2


def call(name, *arguments):
    code = getattr(ctypes.CDLL("libcuda.so.1"), name)(*arguments)
    if code:
        raise RuntimeError(f"{name} failed ({code})")


class Current:
    """The primary context, for as long as a thread needs it; CUDA's runtime does the same."""

    def __enter__(self):
        context, device = ctypes.c_void_p(), ctypes.c_int()
        call("cuInit", 0)
        call("cuDeviceGet", ctypes.byref(device), 0)
        call("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
        call("cuCtxPushCurrent_v2", context)
        self._device = device

    def __exit__(self, *_):
        call("cuCtxPopCurrent_v2", ctypes.byref(ctypes.c_void_p()))
        call("cuDevicePrimaryCtxRelease_v2", self._device)


def synchronize():
    with Current():
        call("cuCtxSynchronize")


class Pinned:
    """So many places of so many bytes, all zero; kept until `free`."""

    kept = None
    """Where it is a list, what would be freed is kept in it instead, for a test to look at."""

    def __init__(self, places, length):
        self.places, self.length = places, length
        self._parts = []
        with Current():
            for _ in range(places):
                self._parts.append(self._allocate())

    def _allocate(self):
        at, device = ctypes.c_void_p(), ctypes.c_uint64()
        flags = PORTABLE | DEVICEMAP
        call("cuMemHostAlloc", ctypes.byref(at), ctypes.c_size_t(self.length), flags)
        call("cuMemHostGetDevicePointer_v2", ctypes.byref(device), at, 0)
        if device.value != at.value:
            raise RuntimeError("jetson-utils has one address for the processor and for the GPU")
        ctypes.memset(at.value, 0, self.length)
        part = np.ctypeslib.as_array((ctypes.c_uint8 * self.length).from_address(at.value))
        return at.value, part

    def address(self, place):
        return self._parts[place][0]

    def at(self, place):
        return self._parts[place][1]

    def free(self):
        parts, self._parts, self.places = self._parts, [], 0
        addresses = [address for address, _ in parts]
        if Pinned.kept is None:
            release(addresses)
        else:
            Pinned.kept.append(addresses)


def release(addresses):
    with Current():
        for address in addresses:
            call("cuMemFreeHost", ctypes.c_void_p(address))
