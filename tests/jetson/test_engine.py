"""A plan runs on our stream in memory of ours, answers as its network, and leaves nothing."""

import gc
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from appliance.errors import MachineError
from appliance.jetson.engine import GRAIN, Engine
from appliance.jetson.gpu import open_gpu
from appliance.jetson.loading import load_tensorrt
from tests.engines.rounding import run
from tests.jetson.plants import DETECTOR, ENCODER, FORMS, MOST, look, pixels, plan_of, put
from tests.standin import driver

GARBAGE = b"\xa5" * 64
"""What the stand-in leaves in the scratch while it runs; hardware would leave pictures there."""
both_ways = pytest.mark.parametrize("graphs", [False, True], ids=["plainly", "as graphs"])


@pytest.fixture
def gpu(standin):
    return open_gpu(standin)


@pytest.fixture
def trt(gpu):
    return load_tensorrt()


@pytest.fixture
def open_engine(gpu, tmp_path):
    def build(network=ENCODER, *, graphs=False):
        return Engine(gpu, plan_of(gpu, tmp_path / "cache", network), graphs=graphs)

    return build


@pytest.fixture
def engine(open_engine):
    return open_engine()


@pytest.fixture
def batch(gpu):
    return put(gpu, pixels((4, 3, 16, 16)))


def fetched(outputs):
    return {name: view.fetch().copy() for name, view in outputs.items()}


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
        held = (engine._slab, engine._memory)
        assert not any(look(gpu, view).any() for view in held)
        assert not engine._mirror.host.any()


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
    assert not look(gpu, engine._slab).any()


def test_the_scratch_is_ours_and_lies_as_tensorrt_wants_it(engine):
    assert engine._scratch.address % GRAIN == 0
    memory = engine._memory
    assert memory.address <= engine._scratch.address
    end = engine._scratch.address + engine._scratch.nbytes
    assert end <= memory.address + memory.nbytes


def test_an_engine_that_nobody_holds_gives_its_memory_back(gpu, open_engine, batch):
    gc.collect()
    before = driver.counts()["live_bytes"]
    engine = open_engine(graphs=True)
    for _ in range(3):
        fetched(engine(batch))
    assert driver.counts()["live_bytes"] > before
    del engine
    gc.collect()
    assert driver.counts()["live_bytes"] == before


# ---- Refused


@pytest.mark.parametrize(
    "shape",
    [(9, 3, 16, 16), (0, 3, 16, 16), (1, 3, 16, 17), (1, 4, 16, 16), (1, 3, 16), (3, 16, 16)],
)
def test_a_batch_that_the_plan_was_not_built_for_is_refused(gpu, engine, shape):
    with pytest.raises(MachineError, match="The plan takes float16 of") as refused:
        engine(put(gpu, pixels(shape)))
    assert "lfr engines build" in refused.value.mend


def test_a_batch_of_another_type_is_refused(gpu, engine):
    with pytest.raises(MachineError, match="not float32"):
        engine(put(gpu, pixels((1, 3, 16, 16)).astype(np.float32)))


def test_it_goes_on_after_a_refusal(gpu, engine, batch):
    with pytest.raises(MachineError):
        engine(put(gpu, pixels((9, 3, 16, 16))))
    (array,) = fetched(engine(batch)).values()
    assert np.array_equal(array, run(FORMS[ENCODER], pixels(batch.shape))["template"])


@pytest.mark.parametrize("data", [b"", b"no plan", b"STANDIN-PLAN\n"])
def test_what_is_no_plan_is_refused_with_tensorrts_own_words(gpu, trt, data):
    with pytest.raises(MachineError, match=r"refuses the plan \(.+\)") as refused:
        Engine(gpu, data, graphs=False)
    assert "\n" not in refused.value.advice()
    assert "lfr engines build" in refused.value.mend


REFUSALS = {
    "Runtime.deserialize_cuda_engine": None,
    "ICudaEngine.create_execution_context": None,
    "IExecutionContext.set_input_shape": False,
    "IExecutionContext.set_tensor_address": False,
    "IExecutionContext.execute_async_v3": False,
    "IExecutionContext.infer_shapes": ["pixels"],
    "IExecutionContext.get_tensor_shape": (-1, 8),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_whatever_tensorrt_says_no_to_is_one_line(gpu, open_engine, batch, trt, monkeypatch, name):
    """It raises nothing by itself; each of its answers has to be looked at."""
    kind, call = name.split(".")
    monkeypatch.setattr(getattr(trt, kind), call, lambda *given: REFUSALS[name])
    with pytest.raises(MachineError) as refused:
        open_engine()(batch)
    assert "\n" not in refused.value.advice()
    assert refused.value.mend


def test_tensorrt_that_does_not_start_is_one_line(gpu, open_engine, trt, monkeypatch):
    def start(self, logger):
        raise TypeError("pybind11::init(): factory function returned nullptr")

    monkeypatch.setattr(trt.Runtime, "__init__", start)
    with pytest.raises(MachineError, match="does not start") as refused:
        open_engine()
    assert "nullptr" not in refused.value.advice()


def test_the_default_stream_is_refused(gpu, engine, batch, monkeypatch):
    monkeypatch.setattr(gpu, "stream", SimpleNamespace(handle=0))
    with pytest.raises(MachineError, match="default stream"):
        engine(batch)


def test_a_gpu_without_memory_is_told_so(gpu, open_engine):
    with driver.limited(1), pytest.raises(MachineError, match="MB left"):
        open_engine()


def odd_plan(inputs, outputs):
    """The stand-in's plan of a network with such values, which the appliance never builds."""
    from tensorrt._plan import Plan  # noqa: PLC0415 - the stand-in must be there first

    fed = [helper.make_tensor_value_info(f"in{i}", k, (1, 3)) for i, k in enumerate(inputs)]
    told = [helper.make_tensor_value_info(f"out{i}", k, (1, 3)) for i, k in enumerate(outputs)]
    nodes = [
        helper.make_node("Cast", [fed[i % len(fed)].name], [value.name], to=kind)
        for i, (value, kind) in enumerate(zip(told, outputs, strict=True))
    ]
    model = helper.make_model(
        helper.make_graph(nodes, "odd", fed, told), ir_version=8,
        opset_imports=[helper.make_opsetid("", 13)],
    )  # fmt: skip
    onnx.checker.check_model(model)
    profiles = {value.name: ((1, 3),) * 3 for value in fed}
    return Plan(model.SerializeToString(), load_tensorrt().__version__, profiles).pack()


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        ([TensorProto.FLOAT16, TensorProto.FLOAT16], [TensorProto.FLOAT, TensorProto.FLOAT]),
        ([TensorProto.FLOAT16], [TensorProto.FLOAT16]),
        ([TensorProto.FLOAT16], [TensorProto.FLOAT, TensorProto.INT32]),
    ],
    ids=["two inputs", "fp16 out", "whole numbers out"],
)
def test_a_plan_of_another_form_than_ours_is_refused(gpu, trt, inputs, outputs):
    with pytest.raises(MachineError, match="not of a form"):
        Engine(gpu, odd_plan(inputs, outputs), graphs=False)


# ---- Graphs


def test_the_third_run_of_a_shape_and_address_is_a_graph(engine, open_engine, batch):
    engine = open_engine(graphs=True)
    launched = []
    for _ in range(5):
        with driver.counted() as counts:
            fetched(engine(batch))
        launched.append(counts["graph_launches"])
    assert launched == [0, 0, 1, 1, 1]


def test_a_graph_sees_what_the_batch_holds_now(gpu, open_engine, batch):
    engine = open_engine(graphs=True)
    for seed in range(5):
        host = pixels(batch.shape, seed)
        gpu.to_device(batch, host)
        gpu.wait()
        (array,) = fetched(engine(batch)).values()
        assert np.array_equal(array, run(FORMS[ENCODER], host)["template"])


def test_another_address_is_another_graph(gpu, open_engine, batch):
    engine = open_engine(graphs=True)
    other = put(gpu, pixels(batch.shape, 4))
    for view in (batch, batch, batch, other):
        (array,) = fetched(engine(view)).values()
    assert np.array_equal(array, run(FORMS[ENCODER], pixels(batch.shape, 4))["template"])


def test_without_the_setting_nothing_is_recorded(engine, batch):
    for _ in range(5):
        with driver.counted() as counts:
            fetched(engine(batch))
        assert counts["graph_launches"] == 0
