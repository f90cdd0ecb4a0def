"""Pictures of faces are judged as candidates are; errors are counted as ISO/IEC 30107-3 has it."""

import io
from dataclasses import replace

import cv2
import numpy as np
import pytest
from rich.console import Console

from appliance.domain.frame import Layout
from appliance.errors import InputError, MachineError
from appliance.evaluation.artefacts import SCENE, THINGS, present
from appliance.evaluation.attack import Jury, attack, measure
from appliance.evaluation.attack_said import show
from appliance.evaluation.gaze import Gaze
from appliance.evaluation.wishes import Wishes
from appliance.machine import Feed
from appliance.settings import VisionSettings
from appliance.vision.models import NetworkFile, Presentation

FLAT = Presentation(
    cpu=NetworkFile(name="flat.onnx", sha256="0" * 64, bytes=1),
    feed=Feed(bgr=True, mean=0.0, scale=1.0),
    licence="-", caveat="-", side=16, span=1.5, classes=2, live=1,
)  # fmt: skip
BRIGHT, DARK = 200, 40


def looks(crops):
    """Take what is bright for a picture."""
    live = float(crops.mean() < (BRIGHT + DARK) / 2)
    return {"share": np.array([[1 - live, live]], np.float32)}


@pytest.fixture
def gaze(open_eyes):
    return Gaze(replace(open_eyes(VisionSettings()), checks=[(looks, FLAT)]))


@pytest.fixture
def photograph(tmp_path):
    def photograph(name, shade):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(file), np.full((480, 640, 3), shade, np.uint8))
        return file

    return photograph


class Finder(Jury):
    """Finds a face in the middle of whatever is not black."""

    def face(self, picture):
        if not picture.any():
            return None
        height, width = picture.shape[:2]
        middle = np.array([width, height, width, height]) / 2
        return np.asarray(middle + np.array([-50, -50, 50, 50]), np.float32)


def judge(gaze, files, attacks=None, step=lambda done, count: None):
    return measure(files, attacks, Finder(gaze), 1, step)


def test_faces_that_are_flagged_and_attacks_that_are_not_are_errors(gaze, photograph, tmp_path):
    faces = [photograph("a.png", DARK), photograph("b.png", DARK), photograph("c.png", BRIGHT)]
    for number, shade in enumerate((BRIGHT, BRIGHT, BRIGHT, DARK)):
        photograph(f"attacks/print/{number}.png", shade)
    photograph("attacks/mask/0.png", BRIGHT)
    told = judge(gaze, faces, tmp_path / "attacks")
    assert (told.bona_fide.presentations, told.bona_fide.flagged) == (3, 1)
    assert told.bona_fide.error == pytest.approx(1 / 3)
    mask, paper = told.attacks
    assert (mask.name, mask.error, paper.error) == ("mask", 0.0, 0.25)
    assert paper.low == pytest.approx(0.0063, abs=1e-4)  # Clopper and Pearson, 1 of 4
    assert paper.high == pytest.approx(0.8059, abs=1e-4)


def test_where_no_face_is_found_nothing_is_judged(gaze, photograph, tmp_path):
    (tmp_path / "none.png").write_bytes(b"no picture")
    files = [photograph("a.png", 0), tmp_path / "none.png", photograph("b.png", DARK)]
    told = judge(gaze, files)
    assert (told.bona_fide.presentations, told.bona_fide.non_responses) == (3, 2)
    assert told.bona_fide.error == 0


def test_where_none_are_handed_in_attacks_are_made_of_the_faces(gaze, photograph):
    steps = []
    told = judge(gaze, [photograph("a.png", DARK)] * 2, step=lambda *at: steps.append(at))
    assert [one.name for one in told.attacks] == list(THINGS)
    assert [one.presentations for one in told.attacks] == [2, 2, 2]
    assert steps == [(1, 2), (2, 2)]
    assert "made by program" in told.source


def test_the_same_attacks_are_made_for_the_same_seed_and_show_the_face():
    lot = np.random.default_rng(0)
    picture = lot.integers(0, 255, (300, 300, 3)).astype(np.uint8)
    picture[100:200, 100:200] = (250, 20, 20)
    box = np.array([100, 100, 200, 200], np.float32)
    for thing in THINGS.values():
        first, again, other = (
            present(picture, box, thing, np.random.default_rng(seed)) for seed in (1, 1, 2)
        )
        assert (first == again).all()
        assert (first != other).any()
        assert first.shape == (SCENE[1], SCENE[0], 3)
        red, green, _ = first[360, 480].astype(int)
        assert red > green + 60


def test_nothing_to_judge_is_said(gaze, tmp_path):
    with pytest.raises(InputError, match="no picture"):
        judge(gaze, [])
    with pytest.raises(InputError, match="no attacks"):
        judge(gaze, [tmp_path / "a.png"], tmp_path)


def test_without_the_networks_nothing_is_judged(gaze):
    with pytest.raises(MachineError, match="not here"):
        Jury(replace(gaze, eyes=replace(gaze.eyes, checks=())))


def test_the_face_is_the_one_that_the_van_s_detector_finds(gaze, film, person):
    film.layout = Layout.RGB8
    ann = person("ann", 270, 190)
    picture = film.frame(ann).pixels
    assert Jury(gaze).face(picture) == pytest.approx(ann.box, abs=3)
    film.layout = Layout.RGB8
    assert Jury(gaze).face(film.frame().pixels) is None


def test_one_picture_of_each_person_is_judged_and_the_card_has_the_errors(
    gaze, photograph, tmp_path, monkeypatch
):
    for name in ("ann/1.png", "ann/2.png", "bob/1.png", "cleo/1.png"):
        photograph(f"people/{name}", DARK)
    monkeypatch.setattr("appliance.evaluation.attack.open_gaze", lambda optics: gaze)
    monkeypatch.setattr("appliance.evaluation.attack.Jury", Finder)
    quiet = Console(file=io.StringIO())
    told = attack(Wishes(tmp_path / "people"), quiet, most=2)
    assert told.bona_fide.presentations == 2
    record = told.record()
    assert record["model"]["model_id"] == gaze.eyes.pack.model_id
    assert record["told"][0] == "Pictures of faces, bona fide: BPCER 0.0 % (0.0 % to 84.2 %) of 2."
    assert record["told"][1].startswith("Pictures of faces, print: APCER")


def test_it_is_said_in_a_table(gaze, photograph):
    page = io.StringIO()
    show(Console(file=page, width=120), judge(gaze, [photograph("a.png", DARK)]))
    for words in ("bona fide", "print", "0.0 % (0.0 to 97.5 %)", "an officer decides"):
        assert words in page.getvalue()
