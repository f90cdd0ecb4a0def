"""Memory and streams of the driver that this process has: the stand-in's, or a true GPU's."""

import ctypes
from ctypes import byref, c_int, c_size_t, c_ubyte, c_ulonglong, c_void_p
from itertools import count

import numpy as np

DEFAULT_STREAMS = {0, 1, 2}
"""NULL, the legacy one and the thread's own."""

_numbers = count(1)
_jobs: dict[int, tuple] = {}


@ctypes.CFUNCTYPE(None, c_void_p)
def _perform(number):
    job, again = _jobs[number]
    if not again:
        del _jobs[number]
    job()


class Device:
    def __init__(self, driver=None):
        self._driver = driver or ctypes.CDLL("libcuda.so.1")
        self.deferred = hasattr(self._driver, "standin_enqueue")

    def reachable(self, address: int, size: int) -> bool:
        """Whether the GPU may use these bytes; a true one tells only when it fails."""
        if not self.deferred:
            return True
        return bool(self._driver.standin_device_ok(c_ulonglong(address), c_size_t(size)))

    def enqueue(self, stream: int, job) -> bool:
        """Do something when all that is in the stream before it has been done."""
        captured = c_int()
        if self._driver.cuStreamIsCapturing(c_void_p(stream), byref(captured)):
            return False
        if not self.deferred:
            return not captured.value and self._at_once(stream, job)
        number = next(_numbers)
        _jobs[number] = (job, bool(captured.value))
        return self._driver.standin_enqueue(c_void_p(stream), _perform, c_void_p(number)) == 0

    def _at_once(self, stream: int, job) -> bool:
        if self._driver.cuStreamSynchronize(c_void_p(stream)):
            return False
        job()
        return True

    def read(self, address: int, shape, kind) -> np.ndarray:
        array = np.empty(shape, kind)
        self._copy(array.ctypes.data, address, array.nbytes, "cuMemcpyDtoH_v2")
        return array

    def write(self, address: int, array: np.ndarray) -> None:
        array = np.ascontiguousarray(array)
        if self.deferred:
            self._copy(address, array.ctypes.data, array.nbytes, "")
        else:
            here, size = c_void_p(array.ctypes.data), c_size_t(array.nbytes)
            self._call("cuMemcpyHtoD_v2", c_ulonglong(address), here, size)

    def fill(self, address: int, size: int, value: int) -> None:
        if self.deferred:
            self._demand(address, size)
            ctypes.memset(address, value, size)
        else:
            self._call("cuMemsetD8_v2", c_ulonglong(address), c_ubyte(value), c_size_t(size))

    def _copy(self, target: int, source: int, size: int, call: str) -> None:
        if self.deferred:
            self._demand(source if call else target, size)
            ctypes.memmove(target, source, size)
        else:
            self._call(call, c_void_p(target), c_ulonglong(source), c_size_t(size))

    def _demand(self, address: int, size: int) -> None:
        if not self.reachable(address, size):
            raise RuntimeError("the network reads or writes memory that is not there any more")

    def _call(self, name: str, *arguments) -> None:
        code = getattr(self._driver, name)(*arguments)
        if code:
            raise RuntimeError(f"{name}: {code}")
