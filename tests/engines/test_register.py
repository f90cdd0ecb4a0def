"""A register of the user's: any detector, any encoder; what is wrong is said by its field."""

import hashlib
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from appliance.domain.frame import Colour, Frame, Layout
from appliance.errors import SettingsError
from appliance.host.compute import Compute
from appliance.vision.anchors import STRIDES
from appliance.vision.detector import Detect
from engines import embedded, packs
from engines.register import OURS, read_register
from tests.engines.networks import Sketch
from tests.painted import MOMENT

TEXT = """
[packs.own]
title = "Networks of our own"
detector = "own"
encoder = "own"
landmarks = "yunet_to_arcface"

[detectors.own]
family = "yunet"
feed = { bgr = true, mean = [104.0, 117.0, 123.0], scale = 1.0 }
nms = 0.4
licence = "ours"
caveat = "Drawn by chance."

[detectors.own.cpu]
name = "eye.onnx"
sha256 = "EYE_SUM"
bytes = EYE_BYTES

[encoders.own]
side = 16
dimension = 8
feed = { bgr = false, mean = 127.5, scale = 0.0078125 }
licence = "ours"
caveat = "Drawn by chance."

[encoders.own.cpu]
name = "mind.onnx"
sha256 = "MIND_SUM"
bytes = MIND_BYTES
"""
DEPTHS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
YUNET = {f"{part}_{s}": ("batch", s, DEPTHS[part]) for part, s in product(DEPTHS, STRIDES)}
SCRFD = {f"{part}{s}": (s, DEPTHS[part]) for part, s in product(("cls", "bbox", "kps"), STRIDES)}
RETINA = {"loc": ("batch", 9, 4), "conf": ("batch", 9, 2), "landms": ("batch", 9, 10)}
FREE = ("batch", 3, "height", "width")
SQUARES = 'family = "retinaface"\nanchors = { steps = [8, 16], sides = [[10, 20], [32, 64]] }'


def detector(answers=YUNET, fed=FREE):
    """Draw a network that has the outputs of a detector, and finds nobody."""
    s = Sketch()
    for name, shape in answers.items():
        lengths = [length if isinstance(length, int) else 1 for length in shape]
        s("Identity", s.constant(np.zeros(lengths, np.float32)), out=name)
    return s.model(fed, answers)


def encoder(side=16, numbers=8, *, batch="batch", colours=3, answers=("template",)):
    """Draw a network that makes templates."""
    s = Sketch()
    pooled = s("GlobalAveragePool", s("Conv", "pixels", s.weight(numbers, colours, 3, 3)))
    for name in answers:
        s("Flatten", pooled, out=name)
    fed = (batch, colours, side, side)
    return s.model(fed, dict.fromkeys(answers, (batch, numbers)))


@pytest.fixture(autouse=True)
def _alone(tmp_path, monkeypatch):
    """An empty home, and no networks but those that a test draws."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(packs.VARIABLE, raising=False)
    monkeypatch.setattr(packs, "SHARED", tmp_path / "shared")
    monkeypatch.setattr(embedded, "weights", lambda home: None)


@pytest.fixture
def write(tmp_path):
    """Write a register beside its two networks."""

    def write(eye=b"eye", mind=b"mind", *edits) -> Path:
        text = TEXT
        for was, shall in edits:
            assert was in text
            text = text.replace(was, shall)
        for name, data in (("EYE", eye), ("MIND", mind)):
            (tmp_path / f"{name.lower()}.onnx").write_bytes(data)
            text = text.replace(f"{name}_SUM", hashlib.sha256(data).hexdigest())
            text = text.replace(f"{name}_BYTES", str(len(data)))
        file = tmp_path / "models.toml"
        file.write_text(text)
        return file

    return write


def resolve(models):
    return packs.resolve("own", models, fetch=False, notify=lambda _: None)


def refused(models):
    with pytest.raises(SettingsError) as refusal:
        resolve(models)
    assert "\n" not in str(refusal.value)
    assert refusal.value.mend
    return str(refusal.value)


def test_networks_of_the_users_own_stand_behind_ours(write):
    known = packs.load_packs(write())
    assert list(known) == [*packs.load_packs(), "own"]
    own = known["own"]
    assert (own.encoder.side, own.encoder.dimension) == (16, 8)
    assert own.detector.feed.means == (104.0, 117.0, 123.0)
    assert own.encoder.feed.means == (127.5, 127.5, 127.5)
    assert own.landmarks == known["mbf"].landmarks
    assert not own.street


def test_an_encoder_of_the_users_may_go_with_a_detector_of_ours(write):
    known = packs.load_packs(write(b"eye", b"mind", ('detector = "own"', 'detector = "yunet_n"')))
    assert known["own"].detector == known["retail"].detector


@pytest.mark.parametrize("named", ["file", "folder", "environment"])
def test_a_register_is_named_by_itself_or_by_its_folder(write, monkeypatch, named):
    file = write(detector(), encoder())
    place = {"file": file, "folder": file.parent, "environment": None}[named]
    if named == "environment":
        monkeypatch.setenv(packs.VARIABLE, str(file))
    found = resolve(place)
    assert (found.detector, found.encoder) == (file.parent / "eye.onnx", file.parent / "mind.onnx")


def test_auto_takes_networks_of_the_users_where_none_of_ours_are_here(write):
    file = write(detector(), encoder())
    found = packs.resolve("auto", file, fetch=False, notify=lambda _: None)
    assert found.pack.name == "own"


def test_the_calibration_lies_beside_the_register(write):
    known = packs.load_packs(file := write())
    assert packs.calibration_file(known["own"]) == file.parent / "calibration" / "own.toml"
    assert packs.calibration_file(known["retail"]) == OURS.parent / "calibration" / "retail.toml"


@pytest.mark.parametrize(
    ("was", "shall", "field"),
    [
        ("side = 16", "side = 0", "encoders.own.side"),
        ("side = 16", "", "encoders.own.side"),
        ("dimension = 8", 'dimension = "many"', "encoders.own.dimension"),
        ("dimension = 8", "dimension = 8\ncolour = 1", "encoders.own.colour"),
        ("0.0078125", "nan", "encoders.own.feed.scale"),
        ("mean = 127.5", "mean = [1.0, 2.0]", "encoders.own.feed.mean"),
        ('family = "yunet"', 'family = "yolo"', "detectors.own.family"),
        ('family = "yunet"', 'family = "retinaface"', "detectors.own"),
        ('family = "yunet"', SQUARES.replace("[8, 16]", "[8]"), "detectors.own.anchors"),
        ("nms = 0.4", "nms = 1.4", "detectors.own.nms"),
        ("EYE_SUM", "abc", "detectors.own.cpu.sha256"),
        ('"eye.onnx"', '"../eye.onnx"', "detectors.own.cpu.name"),
        ("[encoders.own]", '[encoders."Own one"]', "encoders.Own one"),
        ('landmarks = "yunet_to_arcface"', 'landmarks = "there"', "packs.own.landmarks"),
        ('detector = "own"', 'detector = "none"', "packs.own.detector"),
        ("[packs.own]", "[packs.retail]", "packs.retail"),
        ("[packs.own]", "[pack.own]", "pack"),
    ],
)
def test_a_wrong_description_is_refused_by_its_field(write, was, shall, field):
    assert f"models.toml is wrong at {field}" in refused(write(b"eye", b"mind", (was, shall)))


def test_what_is_no_toml_or_not_to_be_read_is_said_in_a_line(write, tmp_path):
    assert "models.toml is not TOML" in refused(write(b"eye", b"mind", ("[packs.own]", "[packs")))
    (tmp_path / "models.toml").write_bytes(b"\xff")
    assert "models.toml is not TOML" in refused(tmp_path)
    assert "names no folder" in refused(tmp_path / "none.toml")
    (tmp_path / "other.txt").write_text("")
    with pytest.raises(SettingsError, match="folder cannot be read"):
        read_register(tmp_path / "shared" / "folder")
    assert "names no folder" in refused(tmp_path / "other.txt")


@pytest.mark.parametrize(
    ("mind", "edits", "fault"),
    [
        (encoder(side=24), [], "encoder.side: mind.onnx takes crops of 24 x 24"),
        (encoder(numbers=12), [], "encoder.dimension: mind.onnx gives 12 numbers for a face"),
        (encoder(batch=1), [], "encoder.batch: mind.onnx takes 1 in a run"),
        (encoder(colours=1), [], "encoder.cpu: mind.onnx takes pictures of 1 channels"),
        (encoder(answers=("a", "b")), [], "encoder.cpu: mind.onnx gives 2 answers"),
    ],
)
def test_an_encoder_that_is_not_as_described_is_refused_by_its_field(write, mind, edits, fault):
    assert fault in refused(write(detector(), mind, *edits))


@pytest.mark.parametrize(
    ("answers", "fed", "kind", "fault"),
    [
        (SCRFD, FREE, 'family = "yunet"', "detector.family: eye.onnx does not answer as a YuNet"),
        (YUNET, FREE, 'family = "scrfd"', "family: eye.onnx does not answer as an SCRFD"),
        (YUNET, FREE, SQUARES, "family: eye.onnx does not answer as a RetinaFace"),
        (YUNET, (1, 3, 64, 96), 'family = "yunet"', "detector.batch: eye.onnx takes 1 in a run"),
        (YUNET, ("n", 3, 64, 96), 'family = "yunet"', "fixed: eye.onnx takes pictures of 96 x 64"),
    ],
)
def test_a_detector_that_is_not_as_described_is_refused_by_its_field(
    write, answers, fed, kind, fault
):
    file = write(detector(answers, fed), encoder(), ('family = "yunet"', kind))
    assert fault in refused(file)


@pytest.mark.parametrize(
    ("answers", "fed", "kind"),
    [
        (YUNET, (1, 3, 64, 96), 'family = "yunet"\nfixed = [96, 64]'),
        (SCRFD, (1, 3, "height", "width"), 'family = "scrfd"\nbatch = 1'),
        (RETINA, FREE, SQUARES),
        (dict.fromkeys(RETINA, ("n", "k", "depth")), FREE, SQUARES),
    ],
)
def test_detectors_of_every_family_are_taken_as_described(write, answers, fed, kind):
    found = resolve(write(detector(answers, fed), encoder(), ('family = "yunet"', kind)))
    assert found.pack.detector.at_once == (1 if fed[0] == 1 else None)


SEEN = np.array([[40, 20, 72, 60]], np.float32)
"""Where the made networks find their one face; its points lie on its middle."""


def made_scrfd():
    """Answer as an SCRFD of 128 x 96 that sees one face, whatever it is shown."""
    out = {name: np.zeros((2 * 128 * 96 // s**2, n), "f4") for name, (s, n) in SCRFD.items()}
    cell = 2 * (40 // 8 * 16 + 56 // 8)
    out["cls8"][cell] = 0.9
    out["bbox8"][cell] = np.array([16, 20, 16, 20]) / 8
    return constant(out, (1, 3, 96, 128))


def made_retinaface():
    """The same as a RetinaFace with squares of 10 and 20, 32 and 64 px."""
    cells = 2 * (16 * 12 + 8 * 6)
    out = {name: np.zeros((1, cells, shape[-1]), "f4") for name, shape in RETINA.items()}
    cell = 2 * (16 * 12) + 2 * (2 * 8 + 3)  # of the second map: its middle is at 56, 40
    out["conf"][0, cell, 1] = 0.9
    out["loc"][0, cell] = [0, 0, 0, np.log(40 / 32) / 0.2]
    return constant(out, (1, 3, 96, 128))


def constant(out, fed):
    s = Sketch()
    for name, array in out.items():
        s("Identity", s.constant(array), out=name)
    return s.model(fed, {name: array.shape for name, array in out.items()})


@pytest.mark.parametrize(
    ("eye", "kind"), [(made_scrfd, 'family = "scrfd"'), (made_retinaface, SQUARES)]
)
def test_a_face_that_such_a_network_sees_is_where_it_says(write, eye, kind):
    text = f"{kind}\nfixed = [128, 96]"
    found = resolve(write(eye(), encoder(), ('family = "yunet"', text)))
    compute = Compute()
    net = compute.open_net(found.detector, found.pack.detector.cpu.sha256)
    pixels = compute.upload(np.zeros((96, 128, 3), np.uint8))
    frame = Frame(pixels, 128, 96, Layout.RGB8, Colour(), "mast", 0, MOMENT, 0)
    (faces,) = Detect(compute, net, found.pack.detector, (0, 0), 0.5)([frame])
    assert faces.boxes == pytest.approx(SEEN, abs=1e-3)
    assert faces.landmarks == pytest.approx(np.tile([[[56.0, 40.0]]], (1, 5, 1)), abs=1e-3)


def test_an_encoder_of_one_face_a_run_is_taken_as_described(write):
    edit = ("side = 16", "side = 16\nbatch = 1")
    assert resolve(write(detector(), encoder(batch=1), edit)).pack.encoder.batch == 1


def test_a_file_that_is_no_network_or_takes_no_picture_is_refused(write):
    assert refused(write(b"letter", encoder())) == "eye.onnx is no ONNX."
    flat = Sketch()
    flat("Identity", "pixels", out="same")
    network = flat.model(("batch", 8), {"same": ("batch", 8)})
    assert "eye.onnx does not take pictures alone" in refused(write(network, encoder()))
