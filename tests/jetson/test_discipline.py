"""The stand-in catches what hardware lets pass or shows only now and then.

Each mistake is made here. They are made with pycuda itself, so that nothing of ours stands between.
"""

import ctypes
import os
import subprocess
import sys
import threading
from ctypes import byref, c_uint64, c_void_p
from pathlib import Path

import numpy as np
import pytest

from appliance.jetson.gpu import open_gpu
from appliance.jetson.launch import RANGES, erase
from tests.standin import driver
from tests.standin.build import SONAME

ROOT = Path(__file__).parents[2]


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
