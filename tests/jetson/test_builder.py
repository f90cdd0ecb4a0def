"""TensorRT builds what the recipe says, in our words when it refuses, and remembers its timings."""

import stat
from dataclasses import replace

import onnx
import pytest

from appliance.errors import MachineError
from appliance.jetson.builder import WORKSPACE_BYTES, Builder
from appliance.jetson.gpu import open_gpu
from appliance.jetson.loading import load_tensorrt
from appliance.jetson.plans import find_plan
from tests.jetson.plants import DETECTOR, ENCODER, MOST, nobody, recipe


@pytest.fixture
def gpu(standin):
    return open_gpu(standin)


@pytest.fixture
def trt(gpu):
    return load_tensorrt()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def builder(gpu, folder):
    return Builder(gpu, folder)


@pytest.fixture
def configured(trt, monkeypatch):
    """The configurations that TensorRT was given."""
    seen = []
    build = trt.Builder.build_serialized_network

    def note(self, network, config):
        seen.append(config)
        return build(self, network, config)

    monkeypatch.setattr(trt.Builder, "build_serialized_network", note)
    return seen


def timings(folder):
    (file,) = folder.glob("timings-*.cache")
    return file


def test_a_recipe_becomes_a_plan_with_its_label(builder, gpu, folder):
    made = recipe(ENCODER)
    file = builder.build(made, nobody)
    plan = find_plan(folder, made.source_sha256, "fp16", gpu, checked=False)
    assert plan.file == file
    assert plan.label.network == "small encoder"
    assert plan.label.shapes == MOST[ENCODER]
    assert made.onnx in plan.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_it_goes_live_only_after_its_check(builder):
    made = recipe(ENCODER)
    builder.build(made, nobody)
    assert not builder.ready(made.source_sha256, "fp16")
    builder.record(made.source_sha256, "fp16", {"passed": False})
    assert not builder.ready(made.source_sha256, "fp16")
    builder.record(made.source_sha256, "fp16", {"passed": True})
    assert builder.ready(made.source_sha256, "fp16")
    assert not builder.ready(made.source_sha256, "int8")
    builder.build(made, nobody)
    assert not builder.ready(made.source_sha256, "fp16")


def test_tensorrt_is_told_the_sizes_the_memory_and_to_keep_to_the_types(builder, configured, trt):
    builder.build(recipe(DETECTOR), nobody)
    (config,) = configured
    (profile,) = config._profiles
    assert profile._shapes == {"pixels": MOST[DETECTOR]}
    assert config._limits == {trt.MemoryPoolType.WORKSPACE: WORKSPACE_BYTES}
    assert trt.BuilderFlag.TF32 not in config._flags
    assert config.max_aux_streams == 0


def test_progress_rises_to_the_end(builder):
    told = []
    builder.build(recipe(ENCODER), lambda what, share: told.append((what, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert {what.split(": ")[1] for what, _ in told} == {"reading", "building", "built"}
    assert len(set(shares)) > 4


def test_timings_are_kept_for_the_next_build(builder, folder):
    builder.build(recipe(ENCODER), nobody)
    first = timings(folder).read_bytes()
    builder.build(recipe(DETECTOR), nobody)
    assert timings(folder).read_bytes().startswith(first)
    assert len(timings(folder).read_bytes()) > len(first)


@pytest.mark.parametrize("data", [b"rubbish", b"STANDIN-TIMINGS 9.9\n", b""])
def test_timings_that_are_damaged_or_of_another_version_are_begun_anew(builder, folder, data):
    builder.build(recipe(ENCODER), nobody)
    timings(folder).write_bytes(data)
    builder.build(recipe(ENCODER), nobody)
    assert b"9.9" not in timings(folder).read_bytes()
    assert b"rubbish" not in timings(folder).read_bytes()


def test_timings_that_somebody_else_may_have_written_are_not_read(builder, folder):
    builder.build(recipe(ENCODER), nobody)
    kept = timings(folder).read_bytes()
    timings(folder).write_bytes(kept + b"by a stranger\n")
    timings(folder).chmod(0o666)
    builder.build(recipe(DETECTOR), nobody)
    assert b"stranger" not in timings(folder).read_bytes()
    assert stat.S_IMODE(timings(folder).stat().st_mode) == 0o644


# ---- Refused


def refusal(builder, made):
    with pytest.raises(MachineError) as refused:
        builder.build(made, nobody)
    assert "\n" not in refused.value.advice()
    return refused.value


def foreign():
    model = onnx.load_model_from_string(recipe(ENCODER).onnx)
    for node in model.graph.node:
        if node.op_type == "PRelu":
            node.op_type, node.domain = "Magic", "com.example"
    model.opset_import.append(onnx.helper.make_opsetid("com.example", 1))
    return model.SerializeToString()


@pytest.mark.parametrize("data", [b"", b"no network", recipe(ENCODER).onnx[:500]])
def test_what_the_parser_does_not_take_is_named(builder, data):
    error = refusal(builder, replace(recipe(ENCODER), onnx=data))
    assert "TensorRT does not take small encoder" in str(error)
    assert "lfr engines lint" in error.mend


def test_an_operator_without_importer_is_named_with_its_place(builder):
    error = refusal(builder, replace(recipe(ENCODER), onnx=foreign()))
    assert "Magic PRelu.v" in str(error)
    assert "No importer" in str(error)


def test_many_complaints_are_still_one_short_line(builder, trt, monkeypatch):
    monkeypatch.setattr(trt.OnnxParser, "parse", lambda self, model: False)
    monkeypatch.setattr(trt.OnnxParser, "num_errors", 50)
    complaint = trt.ParserError("wrong\n" * 100)
    monkeypatch.setattr(trt.OnnxParser, "get_error", lambda self, index: complaint)
    assert len(refusal(builder, recipe(ENCODER)).advice()) < 700


def test_sizes_that_do_not_rise_or_do_not_fit_are_refused(builder, folder):
    least, usual, most = MOST[ENCODER]
    assert "sizes" in str(refusal(builder, replace(recipe(ENCODER), shapes=(most, usual, least))))
    wrong = ((1, 3, 20, 20),) * 3
    assert "does not fit" in str(refusal(builder, replace(recipe(ENCODER), shapes=wrong)))
    assert not list(folder.glob("*.plan"))


@pytest.mark.parametrize(
    "name",
    ["create_network", "create_builder_config", "create_optimization_profile",
     "build_serialized_network"],
)  # fmt: skip
def test_whatever_tensorrt_does_not_give_is_one_line(builder, folder, trt, monkeypatch, name):
    monkeypatch.setattr(trt.Builder, name, lambda *given: None)
    assert "TensorRT" in str(refusal(builder, recipe(ENCODER)))
    assert not list(folder.glob("*.plan"))


def test_a_builder_that_does_not_start_is_one_line(builder, trt, monkeypatch):
    def start(self, logger):
        raise TypeError("pybind11::init(): factory function returned nullptr")

    monkeypatch.setattr(trt.Builder, "__init__", start)
    assert "does not start" in str(refusal(builder, recipe(ENCODER)))


def test_a_folder_that_cannot_be_written_is_told_after_all(gpu, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    error = refusal(Builder(gpu, tmp_path / "file"), recipe(ENCODER))
    assert "sudo" in error.mend


def test_a_build_that_fails_leaves_the_plan_that_was_there(builder, gpu, folder, trt, monkeypatch):
    made = recipe(ENCODER)
    builder.build(made, nobody)
    builder.record(made.source_sha256, "fp16", {"passed": True})
    monkeypatch.setattr(trt.Builder, "build_serialized_network", lambda *given: None)
    refusal(builder, made)
    assert builder.ready(made.source_sha256, "fp16")
