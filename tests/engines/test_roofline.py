"""What a network costs is counted, not guessed; what is predicted follows from it, and says so."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from appliance.errors import InputError, MachineError, SettingsError
from appliance.vision.models import NetworkFile
from engines import costs, packs, roofline
from engines.costs import USUAL, shapes, work_of
from engines.forecast import TITLE, document, page, predictions
from engines.macs import Cost, count
from engines.roofline import CAREFUL, HOPEFUL, JETSONS, MOST_CAMERAS, Limits, Stage, Use, Work

README = Path(roofline.__file__).with_name("README.md")
NX = next(jetson for jetson in JETSONS if "NX" in jetson.name)
every_jetson = pytest.mark.parametrize("jetson", JETSONS, ids=lambda jetson: jetson.name)


def weights(name, *shape):
    return numpy_helper.from_array(np.ones(shape, np.float32), name)


@pytest.fixture
def save(tmp_path):
    """Write a network to a file."""

    def write(nodes, initializers, shape=("batch", 3, "high", "wide")):
        given = helper.make_tensor_value_info("in", TensorProto.FLOAT, shape)
        made = helper.make_tensor_value_info("out", TensorProto.FLOAT, None)
        graph = helper.make_graph(nodes, "net", [given], [made], initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
        file = tmp_path / "net.onnx"
        onnx.save(model, file)
        return file

    return write


@pytest.fixture
def small(save):
    """A 3x3 convolution of stride 2 to 8 channels, depthwise 3x3, then 10 sums of all."""
    nodes = [
        helper.make_node("Conv", ["in", "a"], ["x"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Conv", ["x", "b"], ["y"], group=8, pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["y"], ["z"]),
        helper.make_node("Flatten", ["z"], ["flat"]),
        helper.make_node("Gemm", ["flat", "c"], ["out"], transB=1),
    ]
    kernels = [weights("a", 8, 3, 3, 3), weights("b", 8, 1, 3, 3), weights("c", 10, 8 * 4 * 6)]
    return save(nodes, kernels)


def test_every_layer_is_counted_as_by_hand(small):
    pixels = 4 * 6
    assert count(small, (1, 3, 8, 12)) == Cost(
        macs=pixels * 8 * 27 + pixels * 8 * 9 + 10 * 8 * pixels,
        weights=8 * 27 + 8 * 9 + 10 * 8 * pixels,
        activations=(3 * 8 * 12 + 8 * pixels) + 2 * 8 * pixels + (8 * pixels + 10),
        layers=3,
    )


def test_a_batch_costs_so_many_times_as_much_and_has_the_same_weights(small):
    one, five = count(small, (1, 3, 8, 12)), count(small, (5, 3, 8, 12))
    assert (five.macs, five.activations) == (5 * one.macs, 5 * one.activations)
    assert (five.weights, five.layers) == (one.weights, one.layers)


def test_a_convolution_that_enlarges_spreads_every_input(save):
    node = helper.make_node("ConvTranspose", ["in", "a"], ["out"], strides=[2, 2])
    file = save([node], [weights("a", 3, 5, 2, 2)])
    cost = count(file, (1, 3, 4, 4))
    assert cost.macs == 3 * 16 * 5 * 4
    assert cost.activations == 3 * 16 + 5 * 64


def test_products_of_matrices_sum_over_the_inner_side(save):
    nodes = [
        helper.make_node("MatMul", ["in", "a"], ["x"]),
        helper.make_node("Gemm", ["x", "b"], ["out"], transA=1),
    ]
    file = save(nodes, [weights("a", 6, 4), weights("b", 5, 7)], ("rows", 6))
    assert count(file, (5, 6)).macs == 5 * 4 * 6 + 4 * 7 * 5


@pytest.mark.parametrize("shape", [(1, 4, 8, 12), (1, 3, 8), (1, 3, 0, 12), (1, 3, 8, 14)])
def test_a_shape_that_the_network_does_not_take_is_refused(small, shape):
    with pytest.raises(InputError, match=r"net\.onnx cannot be counted"):
        count(small, shape)


@pytest.mark.parametrize("data", [b"", b"\x00" * 40, b"no network"])
def test_what_is_no_network_is_refused_in_one_line(tmp_path, data):
    file = tmp_path / "rubbish.onnx"
    file.write_bytes(data)
    with pytest.raises(InputError) as refusal:
        count(file, (1, 3, 8, 8))
    assert "\n" not in refusal.value.advice()
    assert str(tmp_path) not in refusal.value.advice()


def test_the_committed_costs_are_those_of_the_files():
    counted = {entry["sha256"]: entry for entry in costs.table()["counted"]}
    for pack in packs.load_packs().values():
        found = None if pack.name == "dlib" else packs.find(pack, [packs.SHARED], "tensorrt")
        if found is None:
            continue
        files = (pack.detector.tensorrt, pack.encoder.tensorrt)
        for file, path, shape in zip(
            files, (found.detector, found.encoder), shapes(pack), strict=True
        ):
            entry = counted[file.sha256]
            assert tuple(entry["shape"]) == shape
            assert Cost(*(entry[part] for part in Cost.__dataclass_fields__)) == count(path, shape)


def test_a_pack_of_the_table_needs_no_file(monkeypatch, tmp_path):
    monkeypatch.setattr(packs, "SHARED", tmp_path)
    work = work_of("mbf")
    assert (work.side, work.dimension) == (112, 512)
    assert work.encoder.macs == 436_832_256


def test_a_network_that_is_not_in_the_table_is_counted_where_its_file_is(monkeypatch, small):
    file = NetworkFile(name="net.onnx", sha256="0" * 64, bytes=1)
    retail = packs.load_packs()["retail"]
    detector = retail.detector.model_copy(update={"tensorrt": file, "fixed": (12, 8)})
    encoder = retail.encoder.model_copy(update={"tensorrt": file, "side": 12})
    pack = retail.model_copy(update={"detector": detector, "encoder": encoder})
    monkeypatch.setattr(costs, "load_packs", lambda: {"own": pack})
    monkeypatch.setattr(costs, "find", lambda *_: packs.Found(pack, small, small))
    monkeypatch.setattr(costs, "shapes", lambda _: ((1, 3, 8, 12),) * 2)
    assert work_of("own").detector == count(small, (1, 3, 8, 12))


def test_a_pack_that_is_neither_in_the_table_nor_here_says_what_to_do(monkeypatch):
    monkeypatch.setattr(costs, "find", lambda *_: None)
    with pytest.raises(MachineError, match="zoo") as refusal:
        work_of("zoo")
    assert "lfr engines fetch" in refusal.value.advice()


def test_a_pack_that_does_not_exist_is_refused():
    with pytest.raises(SettingsError) as refusal:
        work_of("none")
    assert "retail" in refusal.value.mend


LIMITS = Limits("a machine", 10.0, 100.0, 7, "a test")
FULL = Use(detector=1.0, encoder=1.0, memory=1.0, layer_s=1e-6, python=0.25)


@pytest.mark.parametrize(
    ("stage", "seconds"),
    [
        (Stage(bytes=1e9, flops=1e3), 0.01),
        (Stage(bytes=1e3, flops=1e12), 0.1),
        (Stage(bytes=1e3, flops=1e12, share=lambda _: 0.5), 0.2),
        (Stage(bytes=1e3, flops=1e3, layers=50), 5e-5),
    ],
    ids=["bytes", "arithmetic", "half of the peak", "layers"],
)
def test_the_longest_of_the_three_times_counts(stage, seconds):
    assert stage.seconds(LIMITS, FULL) == pytest.approx(seconds)


def test_the_search_of_the_longest_list_reads_it_once():
    search = roofline.stages(work_of("mbf"), 1)["search"]
    assert search.bytes == 60_000 * 1024
    assert search.seconds(NX, FULL) == pytest.approx(0.6e-3, rel=1e-3)


@given(st.sampled_from(USUAL), st.integers(1, 40))
def test_another_camera_never_costs_less(name, cameras):
    work = work_of(name)
    for load in (roofline.gpu_load, roofline.memory_load):
        for use in (CAREFUL, HOPEFUL):
            assert load(work, NX, use, cameras) < load(work, NX, use, cameras + 1)


@every_jetson
@pytest.mark.parametrize("name", USUAL)
def test_care_never_carries_more_than_hope(jetson, name):
    told = roofline.predict(work_of(name), jetson)
    assert all(careful <= hopeful for careful, hopeful in told.cameras.values())
    assert all(careful >= hopeful for careful, hopeful in told.stages_ms.values())
    assert 1 <= told.streams[0] <= told.streams[1] <= MOST_CAMERAS


@every_jetson
def test_what_ends_first_carries_fewest(jetson):
    told = roofline.predict(work_of("heavy"), jetson)
    least = min(careful for careful, _ in told.cameras.values())
    assert told.cameras[told.first][0] == least
    assert told.streams[0] == min(least, MOST_CAMERAS)


def test_a_network_that_is_too_large_carries_no_camera():
    huge = Cost(macs=10**14, weights=1, activations=1, layers=1)
    told = roofline.predict(Work("huge", huge, huge, 112, 512), NX)
    assert told.streams == (0, 0)
    assert told.first == "GPU"


def test_a_network_that_costs_nothing_does_not_count_for_ever():
    nothing = Cost(0, 0, 0, 0)
    told = roofline.predict(Work("nothing", nothing, nothing, 1, 0), JETSONS[-1])
    assert told.cameras["GPU"][1] <= 999


@pytest.fixture
def told():
    return predictions(work_of(name) for name in USUAL)


def test_the_page_of_this_folder_shows_exactly_this_prediction(told):
    readme = README.read_text("utf-8")
    _, after = readme.split("<!-- lfr engines predict -->\n")
    shown, _ = after.split("<!-- end -->\n")
    assert shown == page(told)
    assert TITLE in readme


def test_the_page_of_this_folder_states_every_limit_and_assumption():
    readme = " ".join(README.read_text("utf-8").split())
    for limits in JETSONS:
        for number in (limits.tflops, limits.gb_s, limits.streams):
            assert f"{number:g}" in readme
    for use in (CAREFUL, HOPEFUL):
        for share in (use.detector, use.encoder, use.memory):
            assert f"{share * 100:g} %" in readme
        assert f"{use.layer_s * 1e6:g} µs" in readme


def test_the_document_says_that_it_is_a_prediction(told):
    written = json.loads(json.dumps(document(told)))
    assert written["title"] == "Predicted, until someone measures"
    assert len(written["predictions"]) == len(JETSONS) * len(USUAL)
    first = written["predictions"][0]
    assert first["cameras"][0] <= first["cameras"][1]
    assert set(first["carried"]) == {"GPU", "memory", "decoder", "Python"}
