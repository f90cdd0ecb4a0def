"""The INT8 form: 8 bits where they cost next to nothing, in the form that TensorRT fuses."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper

from appliance.errors import InputError
from appliance.host.compute import Session
from engines import quantise
from engines.lint import lint
from engines.quantise import ALLOWED, best_clip, to_int8
from tests.engines.networks import SMALL, small_encoder
from tests.engines.rounding import cosines, run

FLOAT, HALF, INT8 = int(TensorProto.FLOAT), int(TensorProto.FLOAT16), int(TensorProto.INT8)
every_network = pytest.mark.parametrize("network", SMALL, ids=lambda network: network.name)


def nobody(what, share):
    pass


@pytest.fixture
def generous(monkeypatch):
    """Take every layer, whatever it costs."""
    monkeypatch.setattr(quantise, "ALLOWED", float("inf"))


def form_of(network, batches=None):
    return to_int8(network.data, batches or network.batches(), Session, nobody)


def read(form):
    return onnx.load_model_from_string(form).graph


def of(graph, kind):
    return [node for node in graph.node if node.op_type == kind]


@every_network
@pytest.mark.usefixtures("generous")
def test_each_quantised_convolution_has_its_pair_before_input_and_weights(network):
    graph = read(form_of(network))
    makers = {name: node for node in graph.node for name in node.output}
    weights = {tensor.name: tensor for tensor in graph.initializer}
    pairs = 0
    for conv in of(graph, "Conv"):
        steps = [makers.get(name) for name in conv.input[:2]]
        if not all(step is not None and step.op_type == "DequantizeLinear" for step in steps):
            continue
        pairs += 1
        for step in steps:
            source = makers[step.input[0]]
            assert source.op_type == "QuantizeLinear"
            assert step.input[1:] == source.input[1:]
        kernel = makers[steps[1].input[0]].input[0]
        (channels,) = numpy_helper.to_array(weights[steps[1].input[1]]).shape
        assert channels == numpy_helper.to_array(weights[kernel]).shape[0]
    assert pairs >= 1


@every_network
@pytest.mark.usefixtures("generous")
def test_zeros_are_zero_and_scales_are_float16_that_is_not_zero(network):
    graph = read(form_of(network))
    weights = {tensor.name: tensor for tensor in graph.initializer}
    for node in (*of(graph, "QuantizeLinear"), *of(graph, "DequantizeLinear")):
        scale, zero = (weights[name] for name in node.input[1:])
        assert (scale.data_type, zero.data_type) == (HALF, INT8)
        assert not numpy_helper.to_array(zero).any()
        assert (numpy_helper.to_array(scale) > 0).all()


@every_network
@pytest.mark.usefixtures("generous")
def test_the_last_matrix_of_every_path_is_not_quantised(network):
    graph = read(form_of(network))
    makers = {name: node for node in graph.node for name in node.output}
    for value in graph.output:
        node = makers[value.name]
        while node.op_type not in {"Conv", "Gemm"}:
            node = makers[node.input[0]]
        assert makers.get(node.input[1]) is None


@every_network
def test_tensorrt_would_take_it_as_far_as_that_can_be_told(network):
    form = form_of(network)
    assert lint("net", form, network.shape) == []
    assert onnx.load_model_from_string(form).opset_import[0].version == quantise.OPSET
    assert [v.type.tensor_type.elem_type for v in read(form).input] == [HALF]
    assert {v.type.tensor_type.elem_type for v in read(form).output} == {FLOAT}


@every_network
def test_its_answers_are_off_by_no_more_than_is_allowed(network):
    batches = network.batches()
    form = form_of(network, batches)
    lost = energy = 0.0
    for batch in batches:
        truth, got = run(network.data, batch), run(form, batch)
        lost += sum(float(np.square(got[n] - truth[n]).sum()) for n in truth)
        energy += sum(float(np.square(truth[n]).sum()) for n in truth)
    # Costs were added as if each layer stood alone; together they may differ a little.
    assert lost / energy <= 3 * ALLOWED


def test_a_layer_that_costs_too_much_stays_float16(monkeypatch):
    (network, _) = SMALL
    monkeypatch.setattr(quantise, "ALLOWED", 0.0)
    assert not of(read(form_of(network)), "QuantizeLinear")


def test_the_cheapest_layers_are_taken_first():
    costs = [(0.002, "dear"), (0.0005, "cheap"), (float("inf"), "broken"), (0.0001, "cheapest")]
    assert quantise._cheapest(costs) == {"cheapest", "cheap", "dear"}
    assert quantise._cheapest([(ALLOWED, "all"), (0.0001, "first")]) == {"first"}
    assert quantise._cheapest([(float("nan"), "no number")]) == set()


def test_values_that_are_quantised_for_several_layers_are_quantised_once():
    (_, network) = SMALL
    graph = read(form_of(network))
    sources = [node.input[0] for node in of(graph, "QuantizeLinear")]
    assert len(sources) == len(set(sources))


def test_a_rare_large_value_does_not_take_the_levels_of_all_others():
    counts = np.zeros(quantise.BINS)
    counts[:200] = 1000
    counts[-1] = 1
    clip = best_clip(counts)
    assert clip < 0.5
    assert best_clip(np.ones(quantise.BINS)) > 0.95


def test_it_tells_how_far_it_has_come():
    told = []
    (network, _) = SMALL
    to_int8(
        network.data, network.batches(), Session, lambda what, share: told.append((what, share))
    )
    assert {what for what, _ in told} == {"reading ranges", "trying layers"}
    assert all(0 <= share <= 1 for _, share in told)


def test_pictures_are_looked_at_and_left_as_they_were():
    (network, _) = SMALL
    batches = network.batches()
    before = [batch.copy() for batch in batches]
    form_of(network, batches)
    assert all(np.array_equal(*pair) for pair in zip(batches, before, strict=True))


def test_of_the_pictures_only_ranges_stay():
    """Weights, and one number for each input that is quantised: nothing grows with the pictures."""
    (network, _) = SMALL
    few, many = (form_of(network, network.batches(n)) for n in (1, 6))
    kept = [len(read(form).initializer) for form in (few, many)]
    assert abs(len(few) - len(many)) < 2000
    assert kept[0] > 0


@pytest.mark.parametrize(
    ("batches", "words"),
    [
        ([], "no pictures"),
        ([np.full((1, 3, 16, 16), np.nan, np.float32)], "no numbers"),
    ],
)
def test_pictures_that_tell_nothing_are_refused(batches, words):
    with pytest.raises(InputError, match=words) as refused:
        to_int8(small_encoder(), batches, Session, nobody)
    assert "--calibrate" in refused.value.mend


def test_what_is_no_network_is_refused():
    (network, _) = SMALL
    with pytest.raises(InputError, match="no ONNX"):
        to_int8(b"no network", network.batches(), Session, nobody)


@pytest.mark.timeout(300)
def test_on_real_faces_the_smallest_encoder_keeps_its_templates(real_samples):
    """Calibrated on some stills, compared on the others."""
    for found, samples in real_samples:
        if found.pack.name == "tiny":
            data = found.encoder.read_bytes()
            form = to_int8(data, samples.encoder[1:], Session, nobody)
            (truth,) = run(data, samples.encoder[0]).values()
            (coarse,) = run(form, samples.encoder[0]).values()
            assert cosines(truth, coarse).min() >= 0.98
            assert len(of(read(form), "QuantizeLinear")) >= 20
