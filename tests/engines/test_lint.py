"""What TensorRT or a Jetson would not take is said before any GPU, one line each, with the mend."""

import io
import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from rich.console import Console

from appliance.errors import InputError
from engines import lint as room
from engines.footprint import footprint
from engines.half import to_half
from engines.lint import lint, render, require_clean
from engines.profiles import detector_shapes, encoder_shapes
from engines.survey import lint_files, lint_packs
from tests.engines.networks import SMALL, Sketch, real, real_packs, small_detector, small_encoder

LARGEST = (64, 3, 16, 16)


def sketch(draw, opset=13, fed=("batch", 3, 16, 16)):
    """A network with one thing in it."""
    s = Sketch()
    s("Reshape", draw(s, "pixels"), s.constant(np.array([-1, 1])), out="out")
    return s.model(fed, {"out": ("values", 1)}, opset)


def changed(change, data=None):
    model = onnx.load_model_from_string(data or small_encoder())
    change(model)
    return model.SerializeToString()


def faults(data, largest=LARGEST):
    return [finding.what for finding in lint("net", data, largest)]


@pytest.mark.parametrize("network", [*SMALL, *real()], ids=lambda network: network.name)
def test_networks_that_a_jetson_takes_are_clean_and_so_are_their_fp16_forms(network):
    for form in (network.data, to_half(network.data)):
        findings = lint(network.name, form, network.shape)
        assert [f for f in findings if f.level == "wrong"] == []


def test_every_pack_that_is_here_is_clean_at_the_size_that_it_is_built_for():
    for found in real_packs():
        shapes = {
            found.detector: detector_shapes(found.pack.detector, 640, 8),
            found.encoder: encoder_shapes(found.pack.encoder),
        }
        for file, (_, _, largest) in shapes.items():
            require_clean(file.stem, file.read_bytes(), largest)
            require_clean(file.stem, to_half(file.read_bytes()), largest)


@pytest.mark.parametrize("opset", [8, 21, 22])
def test_an_opset_that_tensorrt_10_does_not_know_is_refused(opset):
    data = changed(lambda model: setattr(model.opset_import[0], "version", opset))
    if opset > 8:
        assert f"is of opset {opset}" in faults(data)
    else:
        assert faults(data)


def ends(s):
    """Where a slice begins and ends, and along which axes."""
    return (s.constant(np.array(array)) for array in ([0, 0], [3, 3], [2, 3]))


def large(s):
    """A resize's scales."""
    return s.constant(np.array([1, 1, 2, 2], np.float32))


def slid(s, x):
    pair = s.constant(np.float32(0.5)), s.constant(np.int8(3))
    return s("DequantizeLinear", s("QuantizeLinear", x, *pair), *pair)


def floating(s, x):
    axis = s("Cast", s("ReduceMax", s("Flatten", x), keepdims=0), to=int(TensorProto.INT64))
    return s("Unsqueeze", x, s("Reshape", axis, s.constant(np.array([1]))))


UNTAKEN = {
    "has Det": lambda s, x: s("Det", s("Slice", x, *ends(s))),
    "has NonZero": lambda s, x: s("Cast", s("NonZero", s("Flatten", x)), to=1),
    "its mode is cubic": lambda s, x: s("Resize", x, "", large(s), mode="cubic"),
    "coordinates are taken in another way": lambda s, x: s(
        "Resize", x, "", large(s), coordinate_transformation_mode="half_pixel_symmetric"
    ),
    "it smooths": lambda s, x: s("Resize", x, "", large(s), mode="linear", antialias=1),
    "it pools with gaps": lambda s, x: s("MaxPool", x, kernel_shape=[2, 2], dilations=[2, 2]),
    "its slopes are not fixed": lambda s, x: s(
        "PRelu", x, s("Slice", x, *(s.constant(np.array([n])) for n in (0, 1, 0)))
    ),
    "its zero is not at 0": slid,
    "its axes are not fixed": floating,
}


@pytest.mark.parametrize("words", UNTAKEN)
def test_what_tensorrt_does_not_take_is_named_with_its_place(words):
    told = faults(sketch(UNTAKEN[words], opset=19), None)
    assert any(words in what for what in told), told


def foreign(model):
    model.graph.node[1].domain = "com.microsoft"
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))


def test_an_operator_of_another_domain_is_named():
    assert any("has BatchNormalization" in what for what in faults(changed(foreign)))


def typed(kind):
    def draw(s, x):
        return s("Cast", s("Cast", x, to=kind), to=int(TensorProto.FLOAT))

    return sketch(draw)


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (TensorProto.DOUBLE, "double"), (TensorProto.UINT8, "uint8"), (TensorProto.INT16, "int16"),
        (TensorProto.BFLOAT16, "bfloat16"), (TensorProto.STRING, "string"),
    ],
)  # fmt: skip
def test_a_type_that_is_lost_on_the_way_is_named(kind, word):
    assert any(what.endswith(f"as {word}") for what in faults(typed(int(kind)), None))


def test_types_that_tensorrt_10_has_are_taken():
    for kind in (TensorProto.INT64, TensorProto.INT32, TensorProto.BOOL, TensorProto.FLOAT16):
        assert not [what for what in faults(typed(int(kind)), None) if what.startswith("holds")]


@pytest.mark.parametrize(
    ("fed", "words"),
    [
        (("batch", 3, 16, "width"), "has one fixed side and one free"),
        (("batch", 1, 16, 16), "does not take three colours"),
        (("batch", "colours", 16, 16), "does not take three colours"),
        (("batch", 3, 16), "takes no pictures"),
    ],
)
def test_an_input_that_is_no_batch_of_pictures_is_refused(fed, words):
    assert words in faults(sketch(lambda s, x: s("Relu", x), fed=fed), None)


def test_batch_or_batch_and_both_sides_may_be_free():
    for fed in (("batch", 3, 16, 16), ("batch", 3, "height", "width")):
        assert faults(sketch(lambda s, x: s("Relu", x), fed=fed), None) == []


def test_a_fixed_batch_is_worth_a_note_and_no_more():
    data = sketch(lambda s, x: s("Relu", x), fed=(1, 3, 16, 16))
    (finding,) = lint("net", data)
    assert (finding.level, finding.what) == ("note", "takes exactly 1 picture(s)")
    require_clean("net", data, (1, 3, 16, 16))


def more_inputs(model):
    value = helper.make_tensor_value_info("more", TensorProto.FLOAT, (1,))
    model.graph.input.append(value)


def half_output(model):
    model.graph.output[0].type.tensor_type.elem_type = TensorProto.FLOAT16
    model.graph.node[-1].output[0] = "wide"
    cast = helper.make_node("Cast", ["wide"], ["template"], to=int(TensorProto.FLOAT16))
    model.graph.node.append(cast)


def test_more_inputs_and_halved_outputs_are_refused():
    assert "has 2 inputs" in faults(changed(more_inputs))
    assert "gives template not as float32" in faults(changed(half_output))


def test_prelu_that_was_taken_apart_for_processors_is_worth_a_note():
    def draw(s, x):
        slopes = numpy_helper.from_array(np.full((3, 1, 1, 1), 0.2, np.float32), "slopes")
        s.weights.append(slopes)
        return s("Add", s("Conv", x, "slopes", group=3), s("Relu", x))

    (finding,) = lint("net", sketch(draw))
    assert finding.level == "note"
    assert "published form" in finding.mend


def test_a_network_that_a_small_jetson_has_no_memory_for_is_refused():
    (told,) = faults(small_detector(), (64, 3, 4096, 4096))
    assert "MB at (64, 3, 4096, 4096): too much for Orin Nano" in told
    assert faults(small_detector(), (4, 3, 384, 640)) == []


def test_the_size_of_a_network_is_what_is_alive_at_once():
    """Two values of 3 channels at a time, of five: input and output of each step."""
    data = sketch(lambda s, x: s("Relu", s("Relu", s("Relu", x))))
    size = footprint(onnx.load_model_from_string(data), (2, 3, 16, 16))
    assert size.value_bytes == 2 * (2 * 3 * 16 * 16 * 4)
    assert size.weight_bytes == 2 * 8  # the shape at the end


def test_a_size_that_the_network_does_not_take_is_named():
    (told,) = faults(small_encoder(), (64, 3, 32, 32))
    assert told == "takes [0, 3, 16, 16], not (64, 3, 32, 32)"


def test_a_size_that_cannot_be_told_is_worth_a_note():
    def draw(s, x):
        return s("Reshape", x, s("Cast", s("Flatten", s("ReduceMax", x, axes=[0, 1])), to=7))

    assert any("cannot be told" in what for what in faults(sketch(draw)))


@pytest.mark.parametrize("data", [b"", b"no network", small_encoder()[:300]])
def test_what_is_no_onnx_gives_one_line(data):
    (finding,) = lint("net", data)
    assert finding.level == "wrong"
    assert "\n" not in finding.what


@pytest.mark.parametrize("cut", range(5, 2000, 331))
def test_a_damaged_file_never_gives_more_than_findings(cut):
    data = bytearray(small_encoder())
    data[cut % len(data)] ^= 0xFF
    for finding in lint("net", bytes(data), LARGEST):
        assert finding.mend


def test_building_is_refused_with_the_first_thing_and_its_mend():
    with pytest.raises(InputError, match="net has 2 inputs") as refused:
        require_clean("net", changed(more_inputs), LARGEST)
    assert refused.value.mend == "Leave one, of pictures."


def printed(findings, **how):
    told = io.StringIO()
    render(findings, Console(file=told, width=40), **how)
    return told.getvalue()


def test_each_finding_is_one_line_and_json_holds_the_same():
    findings = lint("net", changed(more_inputs))
    assert printed(findings).splitlines() == ["net has 2 inputs. Leave one, of pictures."]
    assert json.loads(printed(findings, as_json=True))[0]["what"] == "has 2 inputs"
    assert json.loads(printed([], as_json=True)) == []
    assert "Nothing stands" in printed([])


def test_the_machines_are_the_four():
    assert set(room.MACHINES) == {"Orin Nano", "Orin NX", "AGX Orin", "Thor"}


def test_files_are_looked_at_in_both_forms(tmp_path):
    good, bad = tmp_path / "good.onnx", tmp_path / "bad.onnx"
    good.write_bytes(small_encoder())
    bad.write_bytes(changed(more_inputs))
    assert lint_files([good]) == []
    assert [finding.network for finding in lint_files([good, bad])] == ["bad"]
    with pytest.raises(InputError, match="cannot be read"):
        lint_files([tmp_path / "none.onnx"])


def test_all_networks_that_are_here_are_looked_at():
    if real_packs():
        assert [f for f in lint_packs() if f.level == "wrong"] == []
    else:
        with pytest.raises(InputError, match="No networks"):
            lint_packs()
