"""The stand-in of TensorRT refuses what hardware would answer with a crash or with nothing at all.

Each mistake is made here with its own calls, so that nothing of ours stands between.
"""

import numpy as np
import pytest

from appliance.jetson.gpu import open_gpu
from appliance.jetson.loading import load_tensorrt
from tests.jetson.plants import ENCODER, FORMS, MOST, pixels, plan_of, put

SIZE = (4, 3, 16, 16)


@pytest.fixture
def gpu(standin):
    return open_gpu(standin)


@pytest.fixture
def trt(gpu):
    return load_tensorrt()


@pytest.fixture
def ear(trt):
    from appliance.jetson.listen import Ear  # noqa: PLC0415 - imports TensorRT

    return Ear()


@pytest.fixture
def engine(gpu, trt, ear, tmp_path):
    plan = plan_of(gpu, tmp_path / "cache", ENCODER)
    return trt.Runtime(ear).deserialize_cuda_engine(plan)


@pytest.fixture
def context(trt, engine):
    return engine.create_execution_context(trt.ExecutionContextAllocationStrategy.USER_MANAGED)


class Bench:
    """A context that is made ready step by step, with memory that is held."""

    def __init__(self, gpu, engine, context):
        self.gpu, self.engine, self.context = gpu, engine, context
        self.batch = put(gpu, pixels(SIZE))
        self.scratch = gpu.allocate((engine.device_memory_size_v2,), np.uint8)
        self.out = gpu.allocate((4, 8), np.float32)

    def prepare(self, *without):
        steps = {
            "memory": lambda: self.context.set_device_memory(
                self.scratch.address, self.scratch.nbytes
            ),
            "shape": lambda: self.context.set_input_shape("pixels", SIZE),
            "input": lambda: self.context.set_tensor_address("pixels", self.batch.address),
            "output": lambda: self.context.set_tensor_address("template", self.out.address),
        }
        for name, step in steps.items():
            if name not in without:
                assert step() in {None, True}

    def run(self):
        return self.context.execute_async_v3(self.gpu.stream.handle)


@pytest.fixture
def bench(gpu, engine, context):
    return Bench(gpu, engine, context)


def test_in_order_it_runs(bench, gpu):
    bench.prepare()
    assert bench.run()
    gpu.wait()


@pytest.mark.parametrize(
    ("lacking", "words"),
    [
        ("memory", "No device memory"), ("shape", "input shapes"), ("input", "Address is not set"),
        ("output", "Address is not set"),
    ],
)  # fmt: skip
def test_what_was_not_set_is_refused(bench, ear, lacking, words):
    bench.prepare(lacking)
    assert bench.run() is False
    assert words in ear.heard()


def test_the_default_stream_is_refused(bench, ear):
    bench.prepare()
    for stream in (0, 1, 2):
        assert bench.context.execute_async_v3(stream) is False
        assert "default stream" in ear.heard()


def test_memory_that_is_misaligned_or_too_small_is_none(bench, ear):
    for address, size in (
        (bench.scratch.address + 8, bench.scratch.nbytes),
        (bench.scratch.address, bench.scratch.nbytes - 1),
    ):
        bench.prepare("memory")
        bench.context.set_device_memory(address, size)
        assert "misaligned or too small" in ear.heard()
        assert bench.run() is False
        ear.heard()


def test_an_output_that_does_not_fit_its_memory_is_refused(bench, gpu, ear):
    bench.prepare()
    small = gpu.allocate((4, 7), np.float32)
    bench.context.set_tensor_address("template", small.address)
    assert bench.run() is False
    assert "too small" in ear.heard()


def test_memory_that_was_freed_is_refused(bench, ear):
    bench.prepare()
    bench.batch = None
    assert bench.run() is False
    assert "not there" in ear.heard()


@pytest.mark.parametrize("shape", [(9, 3, 16, 16), (4, 3, 16), (4, 1, 16, 16)])
def test_a_shape_outside_the_profile_is_refused(bench, shape):
    assert bench.context.set_input_shape("pixels", shape) is False
    assert bench.context.infer_shapes() == ["pixels"]


def test_names_and_addresses_that_are_none_are_refused(bench):
    assert bench.context.set_input_shape("pixel", SIZE) is False
    assert bench.context.set_tensor_address("pixel", bench.batch.address) is False
    assert bench.context.set_tensor_address("pixels", 0) is False


def test_memory_of_tensorrts_own_is_refused(engine, ear):
    """What lies between the layers is of pictures: it must be ours to erase."""
    assert engine.create_execution_context() is None
    assert "no memory of its own" in ear.heard()


def test_other_types_than_the_bindings_take_are_refused(bench, gpu):
    with pytest.raises(TypeError, match="memory is no int"):
        bench.context.set_tensor_address("pixels", np.uint64(1))
    with pytest.raises(TypeError, match="shape is no tuple"):
        bench.context.set_input_shape("pixels", list(SIZE))
    with pytest.raises(TypeError, match="stream_handle is no int"):
        bench.context.execute_async_v3(gpu.stream)


def test_a_plan_of_another_version_is_refused(trt, ear):
    from tensorrt._plan import Plan  # noqa: PLC0415 - the stand-in must be there first

    old = Plan(FORMS[ENCODER], "10.2.0", {"pixels": MOST[ENCODER]}).pack()
    assert trt.Runtime(ear).deserialize_cuda_engine(old) is None
    assert "another version" in ear.heard()


def test_a_network_whose_types_tensorrt_would_choose_is_refused(trt, ear):
    assert trt.Builder(ear).create_network() is None
    assert "strongly typed" in ear.heard()


def test_a_network_without_a_profile_is_refused(trt, ear):
    builder = trt.Builder(ear)
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    assert trt.OnnxParser(network, ear).parse(FORMS[ENCODER])
    assert builder.build_serialized_network(network, builder.create_builder_config()) is None
    assert "no optimization profile" in ear.heard()


def test_a_build_that_is_stopped_gives_nothing(trt, ear):
    class Stop(trt.IProgressMonitor):
        def __init__(self):
            trt.IProgressMonitor.__init__(self)

        def phase_start(self, phase_name, parent_phase, num_steps):
            pass

        def step_complete(self, phase_name, step):
            return False

    builder = trt.Builder(ear)
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    trt.OnnxParser(network, ear).parse(FORMS[ENCODER])
    config, profile = builder.create_builder_config(), builder.create_optimization_profile()
    profile.set_shape("pixels", *MOST[ENCODER])
    config.add_optimization_profile(profile)
    config.progress_monitor = Stop()
    assert builder.build_serialized_network(network, config) is None
    assert "cancelled" in ear.heard()


@pytest.mark.parametrize("kind", ["ILogger", "IProgressMonitor"])
def test_a_listener_that_did_not_call_the_real_constructor_is_refused(trt, ear, kind):
    """pybind11's own rule; without it the process would crash."""
    listener = type("Careless", (getattr(trt, kind),), {"__init__": lambda self: None})()
    config = trt.Builder(ear).create_builder_config()
    uses = {
        "ILogger": lambda: trt.Builder(listener),
        "IProgressMonitor": lambda: setattr(config, "progress_monitor", listener),
    }
    with pytest.raises(TypeError, match="must be called"):
        uses[kind]()
