"""A pack's networks become recipes: in the right form, for the right sizes, or not at all."""

import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto
from rich.console import Console

from appliance.domain.frame import Layout
from appliance.errors import InputError, MachineError, SettingsError
from appliance.host.compute import Compute, Net, Session
from appliance.settings import VisionSettings
from appliance.vision.eyes import Eyes
from appliance.vision.models import NetworkFile
from engines.build import Calibration, Wishes, build_pack, progress
from engines.packs import Found
from engines.samples import FACES_AT_ONCE, Samples, take_samples
from tests.engines.networks import SMALL, small_detector, small_encoder

ENCODER, DETECTOR = SMALL
HALF = int(TensorProto.FLOAT16)


def nobody(what, share):
    pass


@dataclass
class Oven:
    """A builder that keeps its recipes."""

    folder: Path
    broken: bool = False
    recipes: list = field(default_factory=list)

    def build(self, recipe, tell):
        if self.broken:
            raise MachineError("TensorRT does not take it.", mend="Look.")
        tell(f"{recipe.name}: built", 1.0)
        self.recipes.append(recipe)
        return self.folder / f"{recipe.name}.plan"


@pytest.fixture
def oven(tmp_path):
    return Oven(tmp_path)


@pytest.fixture
def found(pack, tmp_path):
    """A pack of the small networks, in files."""
    networks = {}
    for part, data in (("detector", small_detector()), ("encoder", small_encoder())):
        (tmp_path / f"small_{part}.onnx").write_bytes(data)
        sha256 = hashlib.sha256(data).hexdigest()
        networks[part] = NetworkFile(name=f"small_{part}.onnx", sha256=sha256, bytes=len(data))
    detector = pack.detector.model_copy(update={"tensorrt": networks["detector"]})
    encoder = pack.encoder.model_copy(update={"tensorrt": networks["encoder"], "side": 16})
    small = pack.model_copy(update={"detector": detector, "encoder": encoder})
    return Found(small, tmp_path / "small_detector.onnx", tmp_path / "small_encoder.onnx")


@pytest.fixture
def calibration():
    samples = Samples(DETECTOR.batches(), ENCODER.batches())
    return Calibration(samples, Session)


FP16 = Wishes("fp16", 640, 3)


def kinds(recipe):
    graph = onnx.load_model_from_string(recipe.onnx).graph
    return {node.op_type for node in graph.node}, graph.input[0].type.tensor_type.elem_type


def test_both_networks_are_built_in_fp16_under_their_published_name(found, oven):
    plans = build_pack(found, FP16, oven, nobody)
    assert [plan.name for plan in plans] == ["small_detector.plan", "small_encoder.plan"]
    for recipe, file in zip(oven.recipes, (found.detector, found.encoder), strict=True):
        assert recipe.source_sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
        assert recipe.precision == "fp16"
        assert kinds(recipe)[1] == HALF
        assert "QuantizeLinear" not in kinds(recipe)[0]


def test_they_are_built_for_the_cameras_and_the_width_of_the_settings(found, oven):
    build_pack(found, FP16, oven, nobody)
    looks, crops = (recipe.shapes for recipe in oven.recipes)
    # Three cameras, and four crops of a closer look.
    assert looks == ((1, 3, 32, 32), (3, 3, 384, 640), (4, 3, 1600, 640))
    assert crops == ((1, 3, 16, 16), (8, 3, 16, 16), (64, 3, 16, 16))


def test_int8_is_calibrated_and_the_pictures_are_erased(found, oven, calibration):
    build_pack(found, Wishes("int8", 640, 1), oven, nobody, calibration)
    for recipe in oven.recipes:
        assert recipe.precision == "int8"
        assert {"QuantizeLinear", "DequantizeLinear"} <= kinds(recipe)[0]
    samples = calibration.samples
    assert not any(batch.any() for batch in (*samples.detector, *samples.encoder))


def test_int8_without_pictures_is_refused_before_anything_is_done(found, oven):
    with pytest.raises(SettingsError, match="INT8") as refused:
        build_pack(found, Wishes("int8", 640, 1), oven, nobody)
    assert "--calibrate" in refused.value.mend
    assert not oven.recipes


def test_pictures_without_faces_are_refused_and_erased(found, oven):
    samples = Samples(DETECTOR.batches(), [])
    with pytest.raises(InputError, match="no pictures"):
        build_pack(found, Wishes("int8", 640, 1), oven, nobody, Calibration(samples, Session))
    assert not any(batch.any() for batch in samples.detector)
    assert not oven.recipes


def test_what_tensorrt_would_not_take_is_refused_before_minutes_are_spent(found, oven):
    model = onnx.load(found.encoder)
    model.opset_import[0].version = 21
    found.encoder.write_bytes(model.SerializeToString())
    with pytest.raises(InputError, match="small_encoder is of opset 21"):
        build_pack(found, FP16, oven, nobody)
    assert not oven.recipes


def test_dlib_is_refused(found, oven):
    detector = found.pack.detector.model_copy(update={"family": "dlib"})
    dlib = found.pack.model_copy(update={"detector": detector})
    with pytest.raises(InputError, match="dlib"):
        build_pack(Found(dlib, found.detector, found.encoder), FP16, oven, nobody)


def test_what_tensorrt_says_comes_through(found, oven):
    oven.broken = True
    with pytest.raises(MachineError, match="does not take it"):
        build_pack(found, FP16, oven, nobody)


def test_one_is_told_what_is_being_done(found, oven, calibration):
    told = []
    wishes = Wishes("int8", 640, 1)
    build_pack(found, wishes, oven, lambda what, share: told.append((what, share)), calibration)
    assert {what.split(": ")[1] for what, _ in told} >= {"reading ranges", "trying layers", "built"}
    assert {what.split(": ")[0] for what, _ in told} == {"small_detector", "small_encoder"}
    assert all(0 <= share <= 1 for _, share in told)


def test_the_bar_shows_what_is_being_done():
    screen = io.StringIO()
    with progress(Console(file=screen, force_terminal=True, width=80)) as tell:
        tell("yunet: building", 0.25)
        tell("yunet: building", 1.0)
    assert "yunet: building" in screen.getvalue()


# ---- Samples


@pytest.fixture
def eyes(film, pack):
    film.layout = Layout.RGB8
    compute = Compute()
    nets = [Net(run, pack.model_id, compute._lent) for run in (film.find, film.describe)]
    return Eyes(compute, pack, *nets, VisionSettings())


def test_samples_are_what_the_pipeline_gives_to_its_networks(eyes, film, person):
    def pictures():
        for count in (4, 3, 4):
            people = [person("ann", 20 + 150 * i, 100) for i in range(count)]
            yield film.frame(*people).pixels

    samples = take_samples(eyes, pictures())
    assert [batch.shape for batch in samples.detector] == [(1, 3, 480, 640)] * 3
    assert [len(batch) for batch in samples.encoder] == [FACES_AT_ONCE, 3]
    assert all(batch.shape[1:] == (3, 64, 64) for batch in samples.encoder)
    middle = samples.encoder[0][:, :, 24:40, 24:40].mean(axis=(0, 2, 3))
    assert middle == pytest.approx([210, 60, 60], abs=8)
    assert not any(array.any() for array in eyes.compute._scratch.values())


def test_samples_do_not_show_faces_and_can_be_erased(eyes, film, person):
    samples = take_samples(eyes, [film.frame(person("ann", 100, 100)).pixels])
    assert repr(samples) == "Samples()"
    samples.erase()
    assert not any(batch.any() for batch in (*samples.detector, *samples.encoder))


def test_pictures_without_a_face_give_the_detector_something_and_the_encoder_nothing(eyes, film):
    samples = take_samples(eyes, [film.frame().pixels, np.zeros((50, 40, 3), np.uint8)])
    assert len(samples.detector) == 2
    assert samples.encoder == []
