"""A spoilt picture is looked at with the van's own stages, and a row says all that came of it."""

import hashlib

import cv2
import numpy as np
import pytest

from appliance.domain.frame import Layout
from appliance.evaluation.gaze import Gaze
from appliance.evaluation.sightings import NUMBERS, Trial, Trying, read_spot, unroll
from appliance.evaluation.spoil import Step
from appliance.settings import VisionSettings
from tests.painted import DIMENSION, Sighting


@pytest.fixture
def trying(open_eyes):
    return Trying(Gaze(open_eyes(VisionSettings())))


@pytest.fixture
def take(film, tmp_path):
    """Photograph some painted people."""

    def photograph(*people):
        film.layout = Layout.RGB8
        pixels = film.frame(*people).pixels
        file = tmp_path / "picture.png"
        file.write_bytes(cv2.imencode(".png", pixels[:, :, ::-1])[1].tobytes())
        return file

    return photograph


def sight(answer):
    return unroll(answer.template[None], DIMENSION)


def test_a_row_says_all_of_a_sight(trying, take, person, template, points):
    file = take(person("bob", 200, 150, side=80))
    answer = trying(Trial(file))
    seen = sight(answer)
    assert answer.notice == hashlib.sha256(file.read_bytes()).hexdigest()
    assert len(answer.template) == DIMENSION + NUMBERS
    assert seen.templates[0] == pytest.approx(template("bob"), abs=0.05)
    assert seen.norms.tolist() == [1]
    assert seen.faces.boxes[0] == pytest.approx([200, 150, 280, 230], abs=0.1)
    assert seen.faces.scores == pytest.approx([0.9])
    assert seen.gauged[0] == pytest.approx([seen.gauged[0, 0], 135], abs=20)
    assert seen.found.tolist() == [True]
    assert read_spot(seen, 0, points).eyes_px == pytest.approx(32, abs=0.1)


def test_the_gate_of_the_van_judges_it_afterwards(trying, take, person, points):
    seen = sight(trying(Trial(take(person("bob", 200, 150, side=80)))))
    assert seen.judge(points, VisionSettings()).passed.tolist() == [True]
    assert seen.judge(points, VisionSettings(face_width_px=90)).passed.tolist() == [False]
    nothing = unroll(np.zeros((1, DIMENSION + NUMBERS), np.float32), DIMENSION)
    assert nothing.found.tolist() == [False]
    with np.errstate(invalid="ignore"):
        assert nothing.judge(points, VisionSettings(sharpness=0)).passed.tolist() == [False]


def test_a_spoilt_picture_is_seen_in_its_own_pixels(trying, take, film, person, points):
    file = take(person("bob", 200, 160, side=80))
    spot = read_spot(sight(trying(Trial(file))), 0, points)
    film.width, film.height = 320, 240
    film.shown = [[Sighting("bob", 100, 80, side=40)]]
    answer = trying(Trial(file, step=Step("size", 40), spot=spot))
    assert sight(answer).faces.boxes[0] == pytest.approx([100, 80, 140, 120], abs=0.1)
    assert sight(answer).templates[0, 1] > 0.9


def test_a_face_is_brought_to_a_width_before_it_is_spoilt(trying, take, film, person, points):
    file = take(person("bob", 200, 160, side=80))
    spot = read_spot(sight(trying(Trial(file))), 0, points)
    film.width, film.height = 320, 240
    film.shown = [[Sighting("bob", 100, 80, side=40)]]
    dark = sight(trying(Trial(file, step=Step("dark", 0.2), spot=spot, width_px=40)))
    alone = sight(trying(Trial(file, spot=spot, width_px=40)))
    for seen in (dark, alone):
        assert seen.faces.boxes[0] == pytest.approx([100, 80, 140, 120], abs=0.1)
    assert dark.gauged[0, 1] < 0.7 * alone.gauged[0, 1]


def test_a_face_elsewhere_is_another_one(trying, take, film, person, points):
    file = take(person("bob", 200, 160, side=80))
    spot = read_spot(sight(trying(Trial(file))), 0, points)
    film.shown = [[Sighting("ann", 400, 160, side=120)]]
    answer = trying(Trial(file, step=Step("noise", 5), spot=spot))
    assert answer.fault.reason == "undetected"
    film.shown = [[Sighting("ann", 400, 160, side=120), Sighting("bob", 202, 160, side=80)]]
    answer = trying(Trial(file, step=Step("noise", 5), spot=spot))
    assert sight(answer).templates[0, 1] > 0.9


def test_what_is_wrong_with_a_picture_is_the_answer(trying, take, film, person, tmp_path):
    file = take(person("bob", 200, 160))
    film.spoilt = True
    assert trying(Trial(file)).fault.reason == "unencoded"
    film.shown = [[]]
    assert trying(Trial(file)).fault.reason == "undetected"
    file.write_bytes(b"not a picture")
    assert trying(Trial(file)).fault.reason == "unreadable"
    assert trying(Trial(tmp_path / "nothing.png")).notice == ""
