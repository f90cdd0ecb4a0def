"""The GPU is taken once, keeps its promises, and says in one line what is wrong."""

import ast
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from appliance.errors import MachineError
from appliance.jetson.array import DeviceView
from appliance.jetson.cubins import cubin_file
from appliance.jetson.gpu import Gpu, open_gpu
from appliance.jetson.launch import erase
from tests.standin import CAPABILITY, driver

ROOT = Path(__file__).parents[2]
BEGIN = """
import threading
import numpy as np
from tests.standin import enter
from appliance.errors import MachineError
from appliance.jetson.gpu import open_gpu
"""


@pytest.fixture
def gpu(standin):
    return open_gpu(standin)


@pytest.fixture
def forged(standin, tmp_path):
    """A folder whose kernels are these bytes."""

    def forge(data: bytes) -> Path:
        cubin_file(tmp_path, CAPABILITY).write_bytes(data)
        return tmp_path

    return forge


def fetched(gpu, view):
    copy = gpu.pinned(view.shape, view.kind)
    gpu.to_host(copy.host, view)
    gpu.wait()
    return copy.host


def alone(standin, script, **variables):
    """Run a script in a process of its own."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", BEGIN + script],
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables}, cwd=ROOT,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


# ---- Taken, and left


def test_it_is_taken_once_in_a_process(gpu, standin):
    assert open_gpu(standin) is gpu
    assert gpu.capability == CAPABILITY


def test_a_process_that_holds_memory_and_has_work_waiting_ends_well(standin):
    done = alone(standin, """
gpu = open_gpu(enter())
held = [gpu.allocate((100,), np.float32), gpu.pinned((100,), np.uint8)]
gpu.zero([held[0]])
def look():
    with gpu.attend():
        gpu.allocate((5,), np.uint8)
        gpu.wait()
thread = threading.Thread(target=look)
thread.start()
thread.join()
""")  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_a_process_whose_gpu_failed_ends_with_the_error_and_not_with_a_crash(standin):
    done = alone(standin, """
gpu = open_gpu(enter())
memory = gpu.allocate((4096,), np.uint8)
beyond = type(memory)(memory.address, (1 << 20,), memory.kind)
gpu.zero([beyond])
gpu.wait()
""")  # fmt: skip
    assert done.returncode == 1
    assert "MachineError: The GPU failed (LogicError)" in done.stderr
    assert "not empty upon module cleanup" not in done.stderr


def test_after_kernels_were_refused_others_can_be_taken(standin, forged):
    done = alone(standin, """
import os
from pathlib import Path
folder = enter()
for _ in range(3):
    try:
        open_gpu.__wrapped__(Path(os.environ["FORGED"]))
    except MachineError as error:
        print(error.advice())
open_gpu(folder)
""", FORGED=str(forged(b"no cubin")))  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 3


# ---- What may be missing


def advice(folder) -> str:
    with pytest.raises(MachineError) as refused:
        Gpu(folder)
    assert "\n" not in refused.value.advice()
    return refused.value.advice()


def test_kernels_that_were_not_built_are_to_be_built(standin, tmp_path):
    assert "lfr engines build" in advice(tmp_path)


@pytest.mark.parametrize("data", [b"", b"\x7fELF", b"HOSTMOD:/nowhere.so\0", b"HOSTMOD:" * 600])
def test_a_file_that_is_no_machine_code_is_to_be_built_again(forged, data):
    assert "lfr engines build" in advice(forged(data))


def test_kernels_that_others_may_write_are_not_loaded(standin, tmp_path):
    file = cubin_file(tmp_path, CAPABILITY)
    file.write_bytes(cubin_file(standin, CAPABILITY).read_bytes())
    file.chmod(0o666)
    assert "somebody else" in advice(tmp_path)


def test_without_pycuda_it_says_so(standin, monkeypatch):
    monkeypatch.setitem(sys.modules, "pycuda.driver", None)
    assert "pycuda is not installed" in advice(standin)


def test_without_a_gpu_it_says_so(standin):
    done = alone(standin, """
try:
    open_gpu(enter())
except MachineError as error:
    print(error.advice())
""", STANDIN_NO_GPU="1")  # fmt: skip
    assert "finds no GPU" in done.stdout


# ---- Memory


def test_what_is_allocated_is_zero(gpu):
    assert not fetched(gpu, gpu.allocate((1000,), np.float32)).any()
    assert not gpu.pinned((3, 5), np.uint8).host.any()


def test_copies_go_there_and_back_in_the_order_they_were_asked_for(gpu):
    there = gpu.allocate((4, 8), np.float32)
    first, second = gpu.pinned((4, 8), np.float32), gpu.pinned((4, 8), np.float32)
    first.host[:], second.host[:] = 1, 2
    gpu.to_device(there, first.host)
    gpu.to_device(there.rows(1, 3), second.host[1:3])
    assert fetched(gpu, there)[:, 0].tolist() == [1, 2, 2, 1]


def test_copies_of_another_size_are_refused(gpu):
    there = gpu.allocate((8,), np.float32)
    with pytest.raises(ValueError, match="28 bytes here, 32"):
        gpu.to_device(there, np.zeros(7, np.float32))
    with pytest.raises(ValueError, match="36 bytes here, 32"):
        gpu.to_host(np.zeros(9, np.float32), there)


def test_the_gpu_writes_pinned_memory_itself(gpu):
    pinned = gpu.pinned((64,), np.uint8)
    pinned.host[:] = 7
    gpu.zero([pinned.view])
    gpu.wait()
    assert not pinned.host.any()


@pytest.mark.parametrize("count", [0, 1, 64, 65, 200])
def test_any_number_of_places_is_zeroed_in_as_few_launches_as_can_be(gpu, count):
    memory = gpu.allocate((201, 37), np.uint8)
    ones = np.full((201, 37), 1, np.uint8)
    gpu.to_device(memory, ones)
    before = driver.launches("erase")
    gpu.zero(memory.rows(i, i + 1) for i in range(count))
    assert driver.launches("erase") - before == -(-count // 64)
    left = fetched(gpu, memory)
    assert not left[:count].any()
    assert left[count:].all()


def test_places_of_no_bytes_are_passed_over(gpu):
    before = driver.launches("erase")
    gpu.zero([DeviceView(0, (0, 5), np.dtype(np.uint8))])
    assert driver.launches("erase") == before


def test_too_much_memory_is_refused_in_words_and_the_rest_goes_on(gpu):
    with driver.limited(1 << 20):
        for take in (gpu.allocate, gpu.pinned):
            with pytest.raises(MachineError, match="no 100 MB left") as refused:
                take((100_000_000,), np.uint8)
            assert "\n" not in refused.value.advice()
    assert not fetched(gpu, gpu.allocate((10,), np.uint8)).any()


def test_memory_goes_back_with_the_last_reference(gpu):
    before = driver.counts()["live_blocks"]
    memory = gpu.allocate((10,), np.uint8)
    assert driver.counts()["live_blocks"] == before + 1
    del memory
    assert driver.counts()["live_blocks"] == before


@pytest.mark.parametrize(("shape", "offset"), [((11,), 0), ((5,), 6), ((1,), -1)])
def test_a_part_lies_inside(gpu, shape, offset):
    with pytest.raises(ValueError, match="inside"):
        gpu.allocate((10,), np.uint8).view(shape, offset=offset)


@pytest.mark.parametrize("rows", [(-1, 2), (2, 1), (0, 11)])
def test_rows_lie_inside(gpu, rows):
    with pytest.raises(ValueError, match="inside"):
        gpu.allocate((10,), np.uint8).rows(*rows)


# ---- Threads and kernels


def test_another_thread_attends_first(gpu):
    answers = []

    def look():
        try:
            gpu.allocate((4,), np.uint8)
        except Exception as error:  # noqa: BLE001 - whatever it is
            answers.append(type(error).__name__)
        with gpu.attend():
            answers.append(fetched(gpu, gpu.allocate((4,), np.uint8)).tolist())

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert answers == ["MachineError", [0, 0, 0, 0]]


def test_a_kernel_that_is_not_there_is_a_fault(gpu):
    with pytest.raises(MachineError, match="The GPU failed"):
        gpu.launch("draw", *erase(1), np.int32(0))


def test_the_types_that_we_check_against_name_only_what_pycuda_has(gpu):
    tree = ast.parse((ROOT / "typings/pycuda/driver.pyi").read_text())
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            real = getattr(gpu._cuda, node.name)
            for member in getattr(node, "body", []):
                name = getattr(member, "name", getattr(getattr(member, "target", None), "id", ""))
                assert hasattr(real, name or "__doc__"), f"{node.name}.{name}"
