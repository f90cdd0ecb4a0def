"""CUDA graphs of a network's run, by the driver's own functions: pycuda has none for them."""

from __future__ import annotations

import ctypes
import weakref
from typing import TYPE_CHECKING, Any

from appliance.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Callable

Key = tuple[tuple[int, ...], int]
"""A batch's shape and address: a graph has both baked in."""

DRIVER = "libcuda.so.1"
THREAD_LOCAL = 1
"""CU_STREAM_CAPTURE_MODE_THREAD_LOCAL: what a camera's thread does meanwhile is no fault."""
MOST = 64
"""Graphs of one network: one for every batch of faces. Further shapes run without."""


class Graphs:
    """The graphs of one network on one stream.

    Args:
        stream: Handle of a stream that is not the default one.
        driver: The CUDA driver, which is loaded already.
    """

    def __init__(self, stream: int, driver: Any = None) -> None:  # noqa: ANN401 - ctypes' library
        self._stream = ctypes.c_void_p(stream)
        self._driver = driver or ctypes.CDLL(DRIVER)
        self._ready: dict[Key, ctypes.c_void_p] = {}
        self._seen: set[Key] = set()

    def launch(self, key: Key) -> bool:
        """Replay the run of such a batch; False where there is no graph of it yet.

        Raises:
            MachineError: the driver refuses.
        """
        graph = self._ready.get(key)
        if graph is None:
            return False
        self._call("cuGraphLaunch", graph, self._stream)
        return True

    def offer(self, key: Key, enqueue: Callable[[], None]) -> None:
        """Record a run that has just been done, if such a batch came before.

        TensorRT settles what a new shape changes in its first real run, so only a shape that has
        just run may be recorded. Recording runs nothing.

        Args:
            key: Of the batch.
            enqueue: Does the run again; it must only enqueue.

        Raises:
            MachineError: the driver or TensorRT refuses.
        """
        if key not in self._seen:
            self._seen.add(key)
        elif len(self._ready) < MOST:
            self._ready[key] = self._record(enqueue)

    def _record(self, enqueue: Callable[[], None]) -> ctypes.c_void_p:
        graph, ready = ctypes.c_void_p(), ctypes.c_void_p()
        self._call("cuStreamBeginCapture_v2", self._stream, ctypes.c_int(THREAD_LOCAL))
        try:
            enqueue()
        except BaseException:
            # The stream would stay in recording and refuse all later work.
            self._driver.cuStreamEndCapture(self._stream, ctypes.byref(graph))
            raise
        self._call("cuStreamEndCapture", self._stream, ctypes.byref(graph))
        flags = ctypes.c_ulonglong(0)
        self._call("cuGraphInstantiateWithFlags", ctypes.byref(ready), graph, flags)
        self._call("cuGraphDestroy", graph)
        weakref.finalize(self, self._driver.cuGraphExecDestroy, ready).atexit = False
        return ready

    def _call(self, name: str, *arguments: object) -> None:
        code = int(getattr(self._driver, name)(*arguments))
        if code:
            raise MachineError(
                f"The GPU's driver does not record or replay this network ({name}: {code}).",
                mend="Set gpu.graphs to false in the settings; it is only slower.",
            )
