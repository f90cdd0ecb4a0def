"""The fp16 form: the same answers within what float16 can hold, and TensorRT's types throughout."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from appliance.errors import InputError
from appliance.vision.anchors import decode_yunet
from engines.half import to_half
from tests.engines.networks import SMALL, Sketch, real, small_encoder
from tests.engines.rounding import cosines, inner_values, run, run_rounded

HALF, FLOAT = int(TensorProto.FLOAT16), int(TensorProto.FLOAT)
every_network = pytest.mark.parametrize(
    "network", [*SMALL, *real()], ids=lambda network: network.name
)
GATE = 0.3
"""The score from which the appliance looks at a detection at all (vision.veil_score)."""


def read(form):
    return onnx.load_model_from_string(form).graph


def kinds(graph):
    """The type of every value of a graph."""
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    inferred = onnx.shape_inference.infer_shapes(model).graph
    values = (*inferred.value_info, *inferred.input, *inferred.output)
    return {value.name: value.type.tensor_type.elem_type for value in values}


@every_network
def test_it_takes_float16_and_gives_float32(network):
    graph = read(to_half(network.data))
    assert [value.type.tensor_type.elem_type for value in graph.input] == [HALF]
    assert {value.type.tensor_type.elem_type for value in graph.output} == {FLOAT}


@every_network
def test_it_is_a_whole_network_of_the_same_opset_and_the_same_names(network):
    before, after = (onnx.load_model_from_string(d) for d in (network.data, to_half(network.data)))
    onnx.checker.check_model(after, full_check=True)
    assert after.opset_import == before.opset_import
    for part in ("input", "output"):
        assert [v.name for v in getattr(after.graph, part)] == [
            v.name for v in getattr(before.graph, part)
        ]


@every_network
def test_nearly_all_of_it_is_float16(network):
    graph = read(to_half(network.data))
    weights = {t.name: t.data_type for t in graph.initializer if t.data_type in {HALF, FLOAT}}
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    halves = [node for node in convolutions if weights[node.input[1]] == HALF]
    outputs = len(graph.output)
    assert len(halves) >= len(convolutions) - outputs
    assert len([node for node in graph.node if node.op_type == "Cast"]) <= outputs + 2


@every_network
def test_the_last_matrix_of_every_path_stays_float32(network):
    graph = read(to_half(network.data))
    makers = {name: node for node in graph.node for name in node.output}
    weights = {tensor.name: tensor.data_type for tensor in graph.initializer}
    for value in graph.output:
        node = makers[value.name]
        while node.op_type not in {"Conv", "Gemm"}:
            assert node.op_type != "Cast"
            node = makers[node.input[0]]
        assert weights[node.input[1]] == FLOAT


@every_network
def test_with_every_rounding_the_answers_stay_close(network):
    form = to_half(network.data)
    for batch in network.batches():
        truth, rounded = run(network.data, batch), run_rounded(form, batch)
        assert truth.keys() == rounded.keys()
        for name, array in truth.items():
            assert np.isfinite(rounded[name]).all()
            spread = np.abs(array).max()
            assert np.abs(rounded[name] - array).max() <= 0.02 * spread, name


def test_the_roundings_are_there_to_be_seen():
    """Else the test above would prove nothing."""
    (network, _) = SMALL
    (batch, _) = network.batches()
    form = to_half(network.data)
    exact, rounded = run(network.data, batch)["template"], run_rounded(form, batch)["template"]
    assert np.abs(exact - rounded).max() > 1e-5 * np.abs(exact).max()


def test_on_real_faces_templates_and_detections_are_the_same(real_samples):
    """Cosine of every face, and of every cell that the detector looks at: score, centre, size."""
    for found, samples in real_samples:
        encoder, form = found.encoder.read_bytes(), to_half(found.encoder.read_bytes())
        for batch in samples.encoder:
            (truth,), (rounded,) = run(encoder, batch).values(), run_rounded(form, batch).values()
            assert cosines(truth, rounded).min() >= 0.9999, found.pack.name
        detector, form = found.detector.read_bytes(), to_half(found.detector.read_bytes())
        for batch in samples.detector:
            assert_same_detections(run(detector, batch), run_rounded(form, batch), batch)


def assert_same_detections(truth, rounded, batch):
    size = batch.shape[:1:-1]
    for stride in (8, 16, 32):
        cells = [(out[f"cls_{stride}"] * out[f"obj_{stride}"])[..., 0] for out in (truth, rounded)]
        seen = cells[0] >= GATE * GATE
        before, after = (np.sqrt(cell[seen].clip(0)) for cell in cells)
        # 0.0086 was the worst of 1,419 cells of 107 pictures, and 0.0011 their rms (YuNet-n).
        assert np.abs(before - after).max(initial=0) <= 0.02
        boxes = [out[f"bbox_{stride}"][seen] for out in (truth, rounded)]
        sizes = [np.exp(box[:, 2:]) for box in boxes]
        assert np.abs(boxes[0][:, :2] - boxes[1][:, :2]).max(initial=0) * stride <= 0.3
        assert np.abs(sizes[0] / sizes[1] - 1).max(initial=0) <= 0.02
    counts = [len(decode_yunet(out, size, GATE).scores) for out in (truth, rounded)]
    assert abs(counts[0] - counts[1]) <= 2


def test_on_real_faces_nothing_comes_near_to_overflow(real_samples):
    """Raw pixels of 0 to 255 go in, and float16 ends at 65,504: a hundredth of it is never seen."""
    for found, samples in real_samples:
        pairs = ((found.detector, samples.detector[::3]), (found.encoder, samples.encoder[:1]))
        for file, batches in pairs:
            form = to_half(file.read_bytes())
            for batch in batches:
                values = inner_values(form, batch).values()
                assert max(np.abs(value).max() for value in values) < 655, file.stem


def test_a_batch_normalisation_becomes_part_of_its_convolution_exactly():
    data = small_encoder()
    graph = read(to_half(data))
    assert "BatchNormalization" in {node.op_type for node in read(data).node}
    assert "BatchNormalization" not in {node.op_type for node in graph.node}
    used = {name for node in graph.node for name in node.input}
    assert {tensor.name for tensor in graph.initializer} <= used


def sketch(draw, channels=8, opset=13):
    """A network of one convolution, then what is drawn, then another."""
    s = Sketch()
    x = s("Conv", "pixels", s.weight(channels, 3, 1, 1, scale=0.02))
    x = draw(s, x)
    s("Conv", x, s.weight(2, channels, 1, 1), out="out")
    return s.model(("n", 3, 8, 8), {"out": ("n", 2, 8, 8)}, opset)


def test_a_normalisation_that_cannot_be_folded_stays_float32():
    data = sketch(lambda s, x: s.norm(s("Relu", x), 8))
    form = to_half(data)
    (norm,) = (node for node in read(form).node if node.op_type == "BatchNormalization")
    assert {kinds(read(form))[name] for name in (norm.input[0], norm.output[0])} == {FLOAT}
    (batch,) = (np.random.default_rng(1).uniform(0, 255, (1, 3, 8, 8)).astype(np.float32),)
    truth, rounded = run(data, batch)["out"], run_rounded(form, batch)["out"]
    assert np.abs(truth - rounded).max() <= 0.01 * np.abs(truth).max()


def test_a_convolution_that_others_read_too_keeps_its_normalisation():
    data = sketch(lambda s, x: s("Add", s.norm(x, 8), x))
    assert "BatchNormalization" in {node.op_type for node in read(to_half(data)).node}


@pytest.mark.parametrize("size", [1e6, 1e-7])
def test_weights_that_float16_cannot_hold_stay_float32(size):
    kernel = np.full((8, 8, 1, 1), size, np.float32)
    data = sketch(lambda s, x: s("Mul", s("Conv", x, s.constant(kernel)), s.constant(
        np.array(1 / size, np.float32)
    )))  # fmt: skip
    form = to_half(data)
    largest = [
        float(np.abs(numpy_helper.to_array(t)).max())
        for t in read(form).initializer if t.data_type == HALF
    ]  # fmt: skip
    assert max(largest) < 1e4
    batch = np.full((1, 3, 8, 8), 100, np.float32)
    assert np.allclose(run(data, batch)["out"], run_rounded(form, batch)["out"], rtol=0.02)


def test_operators_that_sum_stay_float32():
    data = sketch(lambda s, x: s("Mul", x, s("ReduceMean", x, axes=[2, 3], keepdims=1)))
    form = to_half(data)
    (mean,) = (node for node in read(form).node if node.op_type == "ReduceMean")
    assert {kinds(read(form))[name] for name in (*mean.input, *mean.output)} == {FLOAT}


def test_a_resize_keeps_its_scales_in_the_only_type_that_it_knows():
    (_, network) = SMALL
    graph = read(to_half(network.data))
    (resize,) = (node for node in graph.node if node.op_type == "Resize")
    weights = {tensor.name: tensor.data_type for tensor in graph.initializer}
    assert weights[resize.input[2]] == FLOAT


def test_a_value_that_is_cast_and_a_constant_node_are_taken_along():
    def draw(s, x):
        value = numpy_helper.from_array(np.array(0.5, np.float32))
        half = s("Constant", value=value)
        return s("Mul", s("Cast", s("Cast", x, to=int(TensorProto.INT32)), to=FLOAT), half)

    data = sketch(draw)
    batch = np.full((1, 3, 8, 8), 200, np.float32)
    assert np.allclose(run(data, batch)["out"], run(to_half(data), batch)["out"], atol=0.05)


def test_an_output_in_the_middle_is_float32_too():
    s = Sketch()
    x = s("Conv", "pixels", s.weight(4, 3, 1, 1), out="middle")
    s("Conv", x, s.weight(2, 4, 1, 1), out="out")
    data = s.model(("n", 3, 8, 8), {"middle": ("n", 4, 8, 8), "out": ("n", 2, 8, 8)})
    graph = read(to_half(data))
    assert {value.type.tensor_type.elem_type for value in graph.output} == {FLOAT}


def spoilt(change):
    model = onnx.load_model_from_string(small_encoder())
    change(model)
    return model.SerializeToString()


def two_inputs(model):
    model.graph.input.append(helper.make_tensor_value_info("more", FLOAT, ("n",)))


def branches(model):
    body = helper.make_graph([], "then", [], [helper.make_tensor_value_info("template", 1, None)])
    model.graph.node.append(
        helper.make_node("If", ["yes"], ["b"], then_branch=body, else_branch=body)
    )
    model.graph.initializer.append(numpy_helper.from_array(np.array(True), "yes"))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"no network", small_encoder()[:200], to_half(small_encoder()), spoilt(two_inputs),
        spoilt(branches), spoilt(lambda model: model.graph.node.pop(0)),
    ],
    ids=["empty", "text", "cut", "halved", "two inputs", "branches", "a node lacks"],
)  # fmt: skip
def test_what_is_no_such_network_is_refused_in_one_line(data):
    with pytest.raises(InputError) as refused:
        to_half(data)
    assert "\n" not in refused.value.advice()
    assert "lfr engines lint" in refused.value.mend


def test_making_it_twice_gives_the_same_bytes():
    assert to_half(small_encoder()) == to_half(small_encoder())
