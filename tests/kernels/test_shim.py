"""The shim runs kernels as a GPU would, and is stricter where a GPU would only go wrong."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.kernels.build import ROOT, Kernels, LaunchError, build, sanitized_environment

CASES = Path(__file__).with_name("cases.cu")
MIXED = np.dtype([("first", "u1"), ("second", "<f8"), ("third", "<i2")], align=True)
WARP = (32, 1, 1)
ONE = (1, 1, 1)


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    sanitize = "KERNELS_SANITIZE" in os.environ
    return Kernels(build(tmp_path_factory.mktemp("cases"), sanitize=sanitize, source=CASES))


@pytest.fixture(params=[False, True], ids=["forwards", "backwards"])
def both_ways(request, cases):
    cases.backwards(yes=request.param)
    yield
    cases.backwards(yes=False)


def test_every_thread_of_every_block_runs_once(cases):
    out = np.zeros((2 * 3 * 2, 4 * 2 * 3), np.uint32)
    cases.launch("places", (2, 3, 2), (4, 2, 3), out)
    assert out.tolist() == [[b * 1000 + t for t in range(24)] for b in range(12)]


def test_arguments_lie_at_their_natural_alignment(cases):
    out = np.zeros(7)
    mixed = np.array((4, 5.5, 6), MIXED)
    given = (np.uint8(1), np.float64(2.5), np.int16(3), mixed[()], np.float32(7.5), out)
    cases.launch("layout", ONE, ONE, *given)
    assert out.tolist() == [1, 2.5, 3, 4, 5.5, 6, 7.5]


def test_arguments_may_come_as_pointers(cases):
    values, doubled = np.arange(5, dtype=np.float32), np.zeros(5, np.float32)
    held = (
        ctypes.c_void_p(values.ctypes.data),
        ctypes.c_void_p(doubled.ctypes.data),
        ctypes.c_int(5),
    )
    pointers = (ctypes.c_void_p * 3)(*(ctypes.addressof(one) for one in held))
    assert cases.call("twice", ONE, (8, 1, 1), pointers, b"") == 0
    assert doubled.tolist() == [0, 2, 4, 6, 8]


@pytest.mark.parametrize("count", [np.int64(4), np.int16(4), np.float64(4)])
def test_arguments_of_another_size_than_the_kernels_are_refused(cases, count):
    values, doubled = np.ones(4, np.float32), np.zeros(4, np.float32)
    with pytest.raises(LaunchError, match=r"twice: \d+ bytes of arguments, the kernel takes 20"):
        cases.launch("twice", ONE, (4, 1, 1), values, doubled, count)
    assert not doubled.any()


@pytest.mark.parametrize(
    ("grid", "block"),
    [((0, 1, 1), ONE), (ONE, (1025, 1, 1)), (ONE, (32, 32, 2)), (ONE, (1, 1, 65)),
     ((1, 65536, 1), ONE), ((1, 1, 65536), ONE), (ONE, (0, 1, 1))],
)  # fmt: skip
def test_what_no_gpu_could_launch_is_refused(cases, grid, block):
    with pytest.raises(LaunchError, match="cannot be launched"):
        cases.launch("places", grid, block, np.zeros(1, np.uint32))


def test_a_python_number_is_refused_since_its_size_is_not_known(cases):
    with pytest.raises(TypeError, match="size is not known"):
        cases.launch("twice", ONE, ONE, None, None, 4)


def test_an_array_with_gaps_is_refused(cases):
    with pytest.raises(ValueError, match="without gaps"):
        cases.launch("twice", ONE, ONE, np.ones(8, np.float32)[::2], None, np.int32(4))


@pytest.mark.parametrize("threads", [1, 7, 32, 33, 256])
@pytest.mark.usefixtures("both_ways")
def test_threads_see_what_others_wrote_before_the_barrier(cases, threads):
    values = np.arange(threads, dtype=np.int32)
    cases.launch("mirror", ONE, (threads, 1, 1), values, np.int32(3))
    assert values.tolist() == [threads - 1 - i + 3 for i in range(threads)]


def test_a_barrier_that_lacks_shows_when_the_order_is_turned_round(cases):
    answers = []
    for backwards in (False, True):
        cases.backwards(yes=backwards)
        values = np.arange(256, dtype=np.int32)
        cases.launch("mirror_without_barrier", ONE, (256, 1, 1), values)
        answers.append(values.tolist())
    cases.backwards(yes=False)
    assert answers[0] != answers[1]


@pytest.mark.parametrize("count", [0, 1, 31, 300, 1000])
@pytest.mark.usefixtures("both_ways")
def test_warps_and_blocks_reduce(cases, count):
    values, out = np.arange(1000, dtype=np.int32), np.zeros(1, np.int32)
    cases.launch("total", ONE, (256, 1, 1), values, out, np.int32(count))
    assert out[0] == sum(range(count))


@pytest.mark.parametrize("signs", [1, -1, 0])
@pytest.mark.usefixtures("both_ways")
def test_lanes_exchange_values(cases, signs):
    lanes = np.arange(32)
    values = np.random.default_rng(1).uniform(0.5, 1, 32).astype(np.float32)
    values *= signs or np.where(lanes % 3, 1, -1)
    out, votes = np.zeros((4, 32), np.float32), np.zeros((2, 32), np.uint32)
    cases.launch("exchange", ONE, WARP, values, out, votes)
    came = [31 - lanes, lanes ^ 5, np.where(lanes < 29, lanes + 3, lanes), lanes]
    came[3] = np.where(lanes >= 3, lanes - 3, lanes)
    assert np.array_equal(out, values[came])
    assert set(votes[0]) == {sum(1 << i for i in range(32) if values[i] > 0)}
    assert set(votes[1]) == {2 * any(values > 0) + all(values > 0)}


@pytest.mark.parametrize("threads", [32, 64])
@pytest.mark.parametrize(
    ("how", "words"),
    [(1, "is done"), (2, "at the barrier of line"), (3, "is done"), (4, "at the collective of"),
     (5, "a mask that is not the whole warp"), (6, "at the barrier of line")],
)  # fmt: skip
def test_threads_that_do_not_meet_are_an_error(cases, how, words, threads):
    out = np.zeros(threads, np.int32)
    with pytest.raises(LaunchError, match=words):
        cases.launch("meeting", ONE, (threads, 1, 1), np.int32(how), out)
    cases.launch("meeting", ONE, (threads, 1, 1), np.int32(0), out)
    assert out.tolist() == [1] * threads


def test_a_shuffle_in_a_part_of_a_warp_is_an_error(cases):
    with pytest.raises(LaunchError, match="fewer than 32 threads"):
        cases.launch("meeting", ONE, (40, 1, 1), np.int32(7), np.zeros(40, np.int32))


def test_a_barrier_in_a_kernel_that_was_not_said_to_have_one_is_an_error(cases):
    with pytest.raises(LaunchError, match="HOST_EXPORT_COLLECTIVE"):
        cases.launch("meeting_alone", ONE, ONE)


@pytest.mark.usefixtures("both_ways")
def test_mma_of_halves_is_the_product_and_adds(cases):
    draw = np.random.default_rng(2).integers
    a, b = draw(-9, 9, (16, 16)).astype(np.float16), draw(-9, 9, (16, 8)).astype(np.float16)
    d = draw(-9, 9, (16, 8)).astype(np.float32)
    wanted = a.astype(np.float32) @ b.astype(np.float32) + d
    cases.launch("product_f16", ONE, WARP, a, b, d)
    assert np.array_equal(d, wanted)


@pytest.mark.usefixtures("both_ways")
def test_mma_of_bytes_is_the_product_and_adds(cases):
    draw = np.random.default_rng(3).integers
    a, b = draw(-128, 128, (16, 32), np.int8), draw(-128, 128, (32, 8), np.int8)
    d = draw(-9, 9, (16, 8)).astype(np.int32)
    wanted = a.astype(np.int32) @ b.astype(np.int32) + d
    cases.launch("product_s8", ONE, WARP, a, b, d)
    assert np.array_equal(d, wanted)


def test_numbers_are_turned_into_others_as_on_a_gpu(cases):
    values = np.array([np.nan, np.inf, -np.inf, 1e10, -1e10, 0.5, 1.5, -1.5, 70000, 1e-9], "f4")
    count = len(values)
    floats, ints = np.zeros((count, 4), np.float32), np.zeros((count, 4), np.int32)
    halves = np.zeros(count, np.float16)
    cases.launch("arithmetic", ONE, (count, 1, 1), values, floats, ints, halves)
    assert floats[0, :3].tolist() == [1, 1, 0], "a NaN loses"
    assert ints[0].tolist() == [0] * 4
    assert ints[1].tolist() == ints[3].tolist() == [2**31 - 1] * 4
    assert ints[2].tolist() == ints[4].tolist() == [-(2**31)] * 4
    assert ints[5:8].tolist() == [[0, 0, 0, 1], [2, 1, 1, 2], [-2, -1, -2, -1]]
    with np.errstate(over="ignore"):
        assert np.array_equal(halves, values.astype(np.float16), equal_nan=True)
    assert np.array_equal(floats[:, 3], values, equal_nan=True)


def test_it_is_built_again_only_when_a_source_changes(tmp_path):
    source = tmp_path / "one.cu"
    source.write_text('extern "C" __global__ void one() {}\nHOST_EXPORT(one)\n')
    first = build(tmp_path / "built", source=source)
    made = first.stat().st_mtime_ns
    assert build(tmp_path / "built", source=source) == first
    assert first.stat().st_mtime_ns == made
    (tmp_path / "more.cuh").write_text("// changed\n")
    assert build(tmp_path / "built", source=source) != first


def test_a_source_that_does_not_compile_is_refused(tmp_path, capfd):
    source = tmp_path / "bad.cu"
    source.write_text("this is no CUDA")
    with pytest.raises(subprocess.CalledProcessError):
        build(tmp_path / "built", source=source)
    assert "bad.cu:1" in capfd.readouterr().err
    assert not list((tmp_path / "built").iterdir())


BEYOND = """
import sys
import numpy as np
from pathlib import Path
from tests.kernels.build import Kernels, build
cases = Kernels(build(Path(sys.argv[1]), sanitize=True, source=Path(sys.argv[2])))
values, out = np.ones(64, np.float32), np.ones(64, np.float32)
cases.launch("beyond", (1, 1, 1), (64, 1, 1), values, out, np.int32(int(sys.argv[3])))
"""


@pytest.fixture(scope="module")
def sanitized_folder(tmp_path_factory):
    """Where both cases find one build."""
    return tmp_path_factory.mktemp("sanitized")


@pytest.mark.parametrize(("count", "seen"), [(65, False), (64, True)])
def test_the_sanitizers_see_a_fiber_read_beyond_an_array(sanitized_folder, count, seen):
    run = subprocess.run(
        [sys.executable, "-c", BEYOND, str(sanitized_folder), str(CASES), str(count)],
        cwd=ROOT, env=sanitized_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ("heap-buffer-overflow" in run.stderr) is seen, run.stderr
    assert (run.returncode != 0) is seen
