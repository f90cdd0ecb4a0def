"""Peers are run as their users run them, and only where they are."""

import textwrap
from dataclasses import replace

import numpy as np
import pytest

from appliance.bench import insight
from appliance.bench.insight import SIDE, Detector, installed, letterbox
from appliance.bench.peers import open_peers
from engines.packs import Found


@pytest.mark.parametrize("shape", [(1080, 1920), (1920, 1080), (640, 640), (7, 9)])
def test_the_picture_fits_into_the_square_and_the_rest_is_black(shape):
    square, scale = letterbox(np.full((*shape, 3), 200, np.uint8))
    height, width = (round(side * scale) for side in shape)
    assert square.shape == (SIDE, SIDE, 3)
    assert max(height, width) == SIDE
    assert (square[:height, :width] == 200).all()
    assert not square[height:].any()
    assert not square[:, width:].any()


class Session:
    """YuNet that sees what it is told to."""

    def __init__(self, out):
        self.out = out

    def get_outputs(self):
        return [type("Output", (), {"name": name}) for name in self.out]

    def get_inputs(self):
        return [type("Input", (), {"name": "input"})]

    def run(self, names, feed):
        assert feed["input"].shape == (1, 3, SIDE, SIDE)
        return [self.out[name] for name in names]


def test_the_detector_speaks_in_pixels_of_the_picture(plant):
    box, marks = np.array([100, 60, 180, 140], np.float32), np.full((5, 2), 120, np.float32)
    detector = Detector(Session(plant((SIDE, SIDE), [[(box, marks, 0.9)]])), nms=0.3)
    faces, landmarks = detector.detect(np.zeros((1080, 1920, 3), np.uint8))
    assert faces[0] == pytest.approx([300, 180, 540, 420, 0.9], abs=0.1)
    assert landmarks[0] == pytest.approx(360, abs=0.1)


def test_a_detector_that_sees_nobody_gives_nobody(plant):
    detector = Detector(Session(plant((SIDE, SIDE), [[]])), nms=0.3)
    faces, landmarks = detector.detect(np.zeros((90, 160, 3), np.uint8))
    assert faces.shape == (0, 5)
    assert landmarks.shape == (0, 5, 2)


@pytest.fixture
def library(tmp_path, monkeypatch):
    """InsightFace as it looks from outside, a few lines long."""
    package = tmp_path / "insightface"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "app.py").write_text(
        textwrap.dedent("""
        from types import SimpleNamespace
        class FaceAnalysis:
            def get(self, img):
                boxes, marks = self.det_model.detect(img, max_num=0, metric="default")
                faces = [SimpleNamespace(kps=mark) for mark in marks]
                for face in faces:
                    self.models["recognition"].get(img, face)
                return faces
        """)
    )
    (package / "model_zoo.py").write_text(
        textwrap.dedent("""
        class ArcFaceONNX:
            def __init__(self, model_file, session):
                self.model_file = model_file
            def get(self, img, face):
                face.embedding = face.kps.ravel()
        """)
    )
    monkeypatch.syspath_prepend(str(tmp_path))


def test_its_own_loop_runs_with_our_detector(library, plant, monkeypatch, rig, tmp_path):
    box, marks = np.array([100, 60, 180, 140], np.float32), np.full((5, 2), 120, np.float32)
    out = plant((SIDE, SIDE), [[(box, marks, 0.9)]])
    monkeypatch.setattr(insight, "_session", lambda file: Session(out))
    found = Found(rig.eyes.pack, tmp_path / "detector.onnx", tmp_path / "encoder.onnx")
    looker = insight.open_insight(found)
    (template,) = looker.look(np.zeros((640, 640, 3), np.uint8))
    assert installed()
    assert template == pytest.approx(np.full(10, 120), abs=0.1)
    assert looker.models == "detector.onnx + encoder.onnx"


def test_a_pack_of_another_family_has_no_peers(rig, film_file):
    detector = rig.eyes.pack.detector.model_copy(update={"family": "dlib"})
    pack = rig.eyes.pack.model_copy(update={"name": "dlib", "detector": detector})
    assert open_peers(replace(rig, eyes=replace(rig.eyes, pack=pack)), film_file, None) == {}
