"""The stand-in does work as late as hardware may, or at once, and runs graphs as they were made."""

import ctypes
from ctypes import byref, c_int, c_uint64, c_void_p

import numpy as np
import pytest

from appliance.errors import MachineError
from appliance.jetson.array import DeviceView
from appliance.jetson.gpu import open_gpu
from tests.standin import driver
from tests.standin.build import SONAME

EARLY = 0xCD
"""What a copy shows until it is done."""


@pytest.fixture
def gpu(standin):
    return open_gpu(standin)


@pytest.fixture
def cuda(gpu):
    import pycuda.driver  # noqa: PLC0415 - the stand-in must be there first

    return pycuda.driver


# ---- Order


def test_a_result_that_is_looked_at_too_early(gpu):
    memory, copy = gpu.allocate((100,), np.uint8), gpu.pinned((100,), np.uint8)
    gpu.to_host(copy.host, memory)
    assert (copy.host == EARLY).all()
    gpu.wait()
    assert not copy.host.any()


def test_an_input_that_is_changed_too_early(gpu):
    """Late and hasty are both what hardware may do; code that differs between them is wrong."""

    def bring():
        memory, source = gpu.allocate((100,), np.uint8), gpu.pinned((100,), np.uint8)
        copy = gpu.pinned((100,), np.uint8)
        source.host[:] = 1
        gpu.to_device(memory, source.host)
        source.host[:] = 2
        gpu.to_host(copy.host, memory)
        gpu.wait()
        return copy.host[0]

    late = bring()
    with driver.hasty():
        hasty = bring()
    assert (late, hasty) == (2, 1)


def test_waits_that_nobody_asked_for_are_counted(gpu):
    memory, pageable = gpu.allocate((100,), np.uint8), np.ones(100, np.uint8)
    with driver.counted() as seen:
        gpu.to_host(pageable, memory)
    assert (seen["pageable"], seen["hidden_waits"], seen["waits"]) == (1, 1, 0)
    assert not pageable.any()
    with driver.counted() as seen:
        gpu.zero([memory])
        del memory
    assert (seen["frees"], seen["hidden_waits"]) == (1, 1)


def test_an_event_comes_when_the_work_before_it_is_done(cuda, gpu):
    memory, copy = gpu.allocate((100,), np.uint8), gpu.pinned((100,), np.uint8)
    first, last = cuda.Event(), cuda.Event()
    first.record(gpu.stream)
    gpu.to_host(copy.host, memory)
    last.record(gpu.stream)
    with pytest.raises(cuda.Error):
        last.time_since(first)
    last.synchronize()
    assert not copy.host.any()
    assert last.time_since(first) >= 0


def test_who_asks_often_enough_is_told_that_it_is_done(cuda, gpu):
    memory = gpu.allocate((100,), np.uint8)
    gpu.zero([memory] * 70)
    event = cuda.Event()
    event.record(gpu.stream)
    asked = 0
    while not event.query():
        asked += 1
    assert 0 < asked < 10


def test_one_stream_waits_for_another_at_an_event(cuda, gpu):
    other, event = cuda.Stream(), cuda.Event()
    memory, copy = gpu.allocate((100,), np.uint8), gpu.pinned((100,), np.uint8)
    copy.host[:] = 1
    gpu.to_device(memory, copy.host)
    event.record(gpu.stream)
    other.wait_for_event(event)
    cuda.memcpy_dtoh_async(copy.host, memory.address, other)
    other.synchronize()
    assert (copy.host != 0).all()


# ---- Graphs


class Capture:
    """The driver's own functions, as `jetson/graphs.py` calls them."""

    def __init__(self, gpu):
        self.driver, self.stream = ctypes.CDLL(SONAME), c_void_p(gpu.stream.handle)
        self.graph, self.ready = c_void_p(), c_void_p()

    def begin(self):
        assert self.driver.cuStreamBeginCapture_v2(self.stream, 1) == 0

    def end(self):
        return self.driver.cuStreamEndCapture(self.stream, byref(self.graph))

    def make(self):
        made = self.driver.cuGraphInstantiateWithFlags(byref(self.ready), self.graph, c_uint64(0))
        return made or self.driver.cuGraphDestroy(self.graph)

    def launch(self):
        return self.driver.cuGraphLaunch(self.ready, self.stream)

    def capturing(self):
        state = c_int()
        assert self.driver.cuStreamIsCapturing(self.stream, byref(state)) == 0
        return state.value


@pytest.fixture
def capture(gpu):
    return Capture(gpu)


def test_what_is_captured_runs_at_each_launch_and_not_before(gpu, capture):
    memory, copy = gpu.allocate((100,), np.uint8), gpu.pinned((100,), np.uint8)
    ones = gpu.pinned((100,), np.uint8)
    ones.host[:] = 1
    gpu.to_device(memory, ones.host)
    gpu.wait()
    capture.begin()
    assert capture.capturing() == 1
    gpu.zero([memory])
    gpu.to_host(copy.host, memory)
    assert (capture.end(), capture.make(), capture.capturing()) == (0, 0, 0)
    gpu.wait()
    assert not copy.host.any()
    for _ in range(2):
        gpu.to_device(memory, ones.host)
        assert capture.launch() == 0
        assert (copy.host == EARLY).all()
        gpu.wait()
        assert not copy.host.any()
    assert capture.driver.cuGraphExecDestroy(capture.ready) == 0


@pytest.mark.parametrize("mistake", ["allocate", "wait"])
def test_a_capture_is_spoilt_by_what_it_forbids(gpu, capture, mistake):
    capture.begin()
    with pytest.raises(MachineError):
        gpu.allocate((4,), np.uint8) if mistake == "allocate" else gpu.wait()
    assert capture.capturing() == 2
    assert capture.end() == 901


def test_a_graph_of_memory_that_was_freed(gpu, capture):
    memory = gpu.allocate((100,), np.uint8)
    capture.begin()
    gpu.zero([DeviceView(memory.address, memory.shape, memory.kind)])
    assert (capture.end(), capture.make(), capture.launch()) == (0, 0, 0)
    gpu.wait()
    del memory
    assert capture.launch() == 1
    assert "has been freed" in driver.words()
