"""The stand-in catches what hardware lets pass or shows only now and then.

Each mistake is made here. They are made with pycuda itself, so that nothing of ours stands between.
"""

import ctypes
import os
import subprocess
import sys
import threading
from ctypes import byref, c_int, c_uint64, c_void_p
from pathlib import Path

import numpy as np
import pytest

from appliance.errors import MachineError
from appliance.jetson.array import DeviceView
from appliance.jetson.gpu import open_gpu
from appliance.jetson.launch import RANGES, erase
from tests.standin import driver
from tests.standin.build import SONAME

ROOT = Path(__file__).parents[2]
EARLY = 0xCD
"""What a copy shows until it is done."""


@pytest.fixture
def gpu(standin):
    return open_gpu(standin)


@pytest.fixture
def cuda(gpu):
    import pycuda.driver  # noqa: PLC0415 - the stand-in must be there first

    return pycuda.driver


@pytest.fixture
def kernel(gpu):
    """The kernel that overwrites ranges, and how it is launched."""

    some_grid, some_block = erase(1)

    def launch(*arguments, grid=some_grid, block=some_block, stream=gpu.stream):
        function = gpu._module.get_function("erase")
        function(*arguments, grid=grid, block=block, stream=stream)

    return launch


@pytest.fixture
def refused(cuda):
    """Why the driver refuses something."""

    def ask(call, *given, **named):
        with pytest.raises(cuda.LogicError):
            call(*given, **named)
        return driver.words()

    return ask


def ranges(address, nbytes):
    one = np.zeros((), RANGES)
    one["address"][0], one["bytes"][0] = address, nbytes
    return one[()]


def fails(script, **variables):
    """A mistake after which a GPU is of no use until the process ends: what is said about it."""
    begin = """
import numpy as np
from tests.standin import enter
from appliance.jetson.gpu import open_gpu
from appliance.jetson.array import DeviceView
gpu = open_gpu(enter())
memory = gpu.allocate((1000,), np.uint8)
"""
    end = "\ntry:\n    gpu.wait()\nfinally:\n    gpu.allocate((1,), np.uint8)"
    done = subprocess.run(
        [sys.executable, "-c", begin + script + end],
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables}, cwd=ROOT,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.count("appliance.errors.MachineError: The GPU failed") == 2
    return done.stderr


# ---- Launches


@pytest.mark.parametrize("count", [np.int64(1), np.int16(1), np.float64(1)])
def test_an_argument_of_the_wrong_size(gpu, kernel, refused, count):
    memory = gpu.allocate((10,), np.uint8)
    words = refused(kernel, ranges(memory.address, 10), count)
    assert "takes 1028 bytes of arguments" in words


def test_an_argument_that_lacks(gpu, kernel, refused):
    memory = gpu.allocate((10,), np.uint8)
    assert "is given 1024" in refused(kernel, ranges(memory.address, 10))


@pytest.mark.parametrize(
    ("grid", "block"),
    [((1, 1, 1), (1025, 1, 1)), ((1, 65536, 1), (1, 1, 1)), ((0, 1, 1), (1, 1, 1)),
     ((1, 1, 1), (32, 32, 2)), ((1, 1, 1), (1, 1, 65))],
)  # fmt: skip
def test_a_grid_that_no_gpu_has(kernel, refused, grid, block):
    assert "out of bounds" in refused(kernel, ranges(0, 0), np.int32(0), grid=grid, block=block)


def test_memory_of_the_processor_in_a_structure(kernel, refused):
    pageable = np.zeros(4096, np.uint8)
    words = refused(kernel, ranges(pageable.ctypes.data, 4096), np.int32(1))
    assert "the GPU cannot reach" in words


def test_memory_that_was_freed_in_a_structure(gpu, kernel, refused):
    address = gpu.allocate((10,), np.uint8).address
    assert "has been freed" in refused(kernel, ranges(address, 10), np.int32(1))


def test_sizes_that_look_like_an_address_are_none(gpu, kernel):
    one = np.zeros((), RANGES)
    one["bytes"][1] = 480 << 32 | 640
    kernel(one[()], np.int32(1))
    gpu.wait()


@pytest.mark.parametrize("stream", [None, "legacy"])
def test_the_default_stream(cuda, gpu, kernel, refused, stream):
    if stream is None:
        assert "default stream" in refused(kernel, ranges(0, 0), np.int32(0), stream=None)
    else:
        memory = gpu.allocate((10,), np.uint8)
        words = refused(cuda.memcpy_dtoh, np.zeros(10, np.uint8), memory.address)
        assert "uses the default stream" in words


# ---- Contexts


def test_a_thread_without_a_context(cuda):
    heard = []

    def look():
        try:
            cuda.mem_alloc(16)
        except cuda.LogicError:
            heard.append(driver.words())

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert heard == ["cuMemAlloc_v2 on a thread without a context"]


def test_a_second_context(gpu):
    assert ctypes.CDLL(SONAME).cuCtxCreate_v2(byref(c_void_p()), 0, 0) == 801
    assert "a second context" in driver.words()


# ---- Memory


def test_a_copy_beyond_the_end(cuda, gpu, refused):
    memory = gpu.allocate((1000,), np.uint8)
    for call in (cuda.memcpy_dtoh_async, lambda a, b, s: cuda.memcpy_htod_async(b, a, s)):
        words = refused(call, np.zeros(1001, np.uint8), memory.address, gpu.stream)
        assert "1001 bytes reach beyond" in words
    assert "beyond" in refused(cuda.memset_d8_async, memory.address + 1, 0, 1000, gpu.stream)


def test_a_copy_from_memory_that_was_freed(cuda, gpu, refused):
    address = gpu.allocate((1000,), np.uint8).address
    words = refused(cuda.memcpy_dtoh_async, np.zeros(9, np.uint8), address, gpu.stream)
    assert "has been freed" in words


def test_a_copy_from_an_address_of_nothing(cuda, gpu, refused):
    words = refused(cuda.memcpy_dtoh_async, np.zeros(9, np.uint8), 4096, gpu.stream)
    assert "not memory that the GPU can reach" in words


@pytest.mark.parametrize(("offset", "times", "words"), [(0, 2, "freed twice"), (256, 1, "not the")])
def test_a_free_of_what_is_not_held(cuda, offset, times, words):
    library, address = ctypes.CDLL(SONAME), c_uint64()
    assert library.cuMemAlloc_v2(byref(address), ctypes.c_size_t(1000)) == 0
    place = c_uint64(address.value + offset)
    codes = [library.cuMemFree_v2(place) for _ in range(times)]
    assert codes[-1] == 1
    assert words in driver.words()
    assert offset == 0 or library.cuMemFree_v2(address) == 0


@pytest.mark.parametrize("nbytes", [1001, 1_000_000])
def test_a_kernel_that_writes_beyond_the_end(nbytes):
    heard = fails(f"gpu.zero([DeviceView(memory.address, ({nbytes},), np.dtype(np.uint8))])")
    assert "written outside an allocation" in heard or "memory was touched" in heard


def test_a_kernel_that_writes_before_the_beginning():
    heard = fails("gpu.zero([DeviceView(memory.address - 16, (16,), np.dtype(np.uint8))])")
    assert "written outside an allocation of 1000 bytes" in heard


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
        self.library, self.stream = ctypes.CDLL(SONAME), c_void_p(gpu.stream.handle)
        self.graph, self.ready = c_void_p(), c_void_p()

    def begin(self):
        assert self.library.cuStreamBeginCapture_v2(self.stream, 1) == 0

    def end(self):
        return self.library.cuStreamEndCapture(self.stream, byref(self.graph))

    def make(self):
        made = self.library.cuGraphInstantiateWithFlags(byref(self.ready), self.graph, c_uint64(0))
        return made or self.library.cuGraphDestroy(self.graph)

    def launch(self):
        return self.library.cuGraphLaunch(self.ready, self.stream)

    def capturing(self):
        state = c_int()
        assert self.library.cuStreamIsCapturing(self.stream, byref(state)) == 0
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
    assert capture.library.cuGraphExecDestroy(capture.ready) == 0


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
