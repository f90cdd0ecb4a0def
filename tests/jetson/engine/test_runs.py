"""A plan runs on our stream in memory of ours, answers as its network, and leaves nothing."""

import numpy as np
import pytest

from appliance.jetson.outputs import GRAIN
from tests.engines.rounding import run
from tests.jetson.engine.runs import fetched
from tests.jetson.plants import DETECTOR, ENCODER, FORMS, MOST, look, pixels, put
from tests.standin import driver

GARBAGE = b"\xa5" * 64
"""What the stand-in leaves in the scratch while it runs; hardware would leave pictures there."""
both_ways = pytest.mark.parametrize("graphs", [False, True], ids=["plainly", "as graphs"])


# ---- Answers


@both_ways
@pytest.mark.parametrize("network", [ENCODER, DETECTOR], ids=lambda network: network.name)
def test_it_answers_as_its_network_whatever_the_batch(gpu, open_engine, network, graphs):
    engine = open_engine(network, graphs=graphs)
    least, _, most = MOST[network]
    shapes = [least, most, (2, *most[1:]), least, least, most, most]
    for seed, shape in enumerate(shapes):
        host = pixels(shape, seed)
        truth = run(FORMS[network], host)
        outputs = engine(put(gpu, host))
        assert outputs.keys() == truth.keys()
        for name, array in fetched(outputs).items():
            assert array.dtype == np.float32
            assert outputs[name].shape == array.shape == truth[name].shape
            assert np.array_equal(array, truth[name])


def test_outputs_can_be_read_by_kernels_too(gpu, engine, batch):
    (view,) = engine(batch).values()
    assert np.array_equal(look(gpu, view), view.fetch())
    assert view.address % GRAIN == 0


def test_a_run_only_enqueues_and_the_first_fetch_brings_all(gpu, open_engine):
    engine = open_engine(DETECTOR)
    batch = put(gpu, pixels((2, 3, 64, 64)))
    engine(batch)  # a new shape asks TensorRT once what comes out
    with driver.counted() as counts:
        outputs = engine(batch)
    assert counts["waits"] == counts["hidden_waits"] == counts["copies"] == 0
    assert counts["calls"] == 1
    assert counts["allocations"] == 0
    with driver.counted() as counts:
        fetched(outputs)
    assert counts["copies"] == counts["waits"] == 1
    assert counts["pageable"] == counts["hidden_waits"] == 0


def test_what_is_in_the_batch_when_the_stream_comes_to_it_counts(gpu, engine, batch):
    """Kernels fill the batch in the same stream: it need not be there when `__call__` is."""
    later = pixels(batch.shape, 9)
    staged = gpu.pinned(batch.shape, np.float16)
    staged.host[:] = later
    gpu.to_device(batch, staged.host)
    (array,) = fetched(engine(batch)).values()
    assert np.array_equal(array, run(FORMS[ENCODER], later)["template"])


def test_it_runs_the_same_where_the_gpu_is_as_quick_as_can_be(engine, batch):
    with driver.hasty():
        (array,) = fetched(engine(batch)).values()
    assert np.array_equal(array, run(FORMS[ENCODER], pixels(batch.shape))["template"])


def test_two_engines_take_turns(gpu, open_engine):
    one, other = open_engine(ENCODER), open_engine(DETECTOR)
    faces, frames = pixels((3, 3, 16, 16)), pixels((1, 3, 64, 32))
    first, second = one(put(gpu, faces)), other(put(gpu, frames))
    assert np.array_equal(fetched(first)["template"], run(FORMS[ENCODER], faces)["template"])
    assert np.array_equal(fetched(second)["cls"], run(FORMS[DETECTOR], frames)["cls"])


# ---- Lent, and left


def test_outputs_are_borrowed_until_the_next_run(gpu, engine, batch):
    (view,) = engine(batch).values()
    engine(put(gpu, pixels((1, 3, 16, 16))))
    with pytest.raises(ValueError, match="borrowed"):
        view.fetch()


def test_outputs_are_borrowed_until_erase(engine, batch):
    (view,) = engine(batch).values()
    engine.erase()
    with pytest.raises(ValueError, match="borrowed"):
        view.fetch()


@pytest.fixture
def everywhere(gpu):
    """Every byte that this test has allocated, of the GPU and pinned."""
    others = {block.address for block in driver.blocks()}

    def read():
        blocks = [block for block in driver.blocks() if block.address not in others]
        return [(block.pinned, block.read()) for block in blocks]

    return read


@both_ways
@pytest.mark.parametrize("network", [ENCODER, DETECTOR], ids=lambda network: network.name)
def test_erase_leaves_nothing_in_outputs_scratch_or_mirror(
    gpu, everywhere, open_engine, network, graphs
):
    engine = open_engine(network, graphs=graphs)
    batch = put(gpu, pixels(MOST[network][2]))
    for _ in range(4):
        arrays = fetched(engine(batch)).values()
        marks = [array.tobytes()[-32:] for array in arrays if array.any()]
        assert marks
        assert any(GARBAGE in data.tobytes() for pinned, data in everywhere() if not pinned)
        engine.erase()
        gpu.wait()
        for _, data in everywhere():
            assert not [mark for mark in (GARBAGE, *marks) if mark in data.tobytes()]
        held = (engine._outputs.slab, engine._memory)
        assert not any(look(gpu, view).any() for view in held)
        assert not engine._outputs.mirror.host.any()


def test_erase_only_enqueues_and_does_nothing_where_nothing_ran(engine, batch):
    with driver.counted() as counts:
        engine.erase()
    assert not any(counts.values())
    engine(batch)
    with driver.counted() as counts:
        engine.erase()
    assert counts["launches"] == 1
    assert counts["waits"] == 0


def test_a_small_run_after_a_large_one_leaves_the_large_one_to_be_erased(gpu, engine):
    engine(put(gpu, pixels((8, 3, 16, 16))))
    engine(put(gpu, pixels((1, 3, 16, 16))))
    engine.erase()
    assert not look(gpu, engine._outputs.slab).any()


def test_the_scratch_is_ours_and_lies_as_tensorrt_wants_it(engine):
    assert engine._scratch.address % GRAIN == 0
    memory = engine._memory
    assert memory.address <= engine._scratch.address
    end = engine._scratch.address + engine._scratch.nbytes
    assert end <= memory.address + memory.nbytes
