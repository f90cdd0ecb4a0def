"""What an engine refuses in one line, and when it becomes a graph."""

from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from appliance.errors import MachineError
from appliance.jetson.engine import Engine
from appliance.jetson.loading import load_tensorrt
from tests.engines.rounding import run
from tests.jetson.engine.runs import fetched
from tests.jetson.plants import ENCODER, FORMS, pixels, put
from tests.standin import driver


@pytest.fixture
def trt(gpu):
    return load_tensorrt()


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
