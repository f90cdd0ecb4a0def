"""Each gate closes on its own, and the value ranks what passes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain.face import Faces
from appliance.settings import VisionSettings
from appliance.vision.models import Landmarks
from appliance.vision.quality import eye_distance, look, pose, turn

GOOD = (100.0, 120.0)


@pytest.fixture
def judge(points, make_faces, person):
    """Judge one frontal, sharp, bright face, or one that is spoilt in one way."""

    def quality(*, side=120.0, score=0.9, nose=0.0, gauged=GOOD, **tuned):
        faces = make_faces(person("ann", 100, 100, side=side, score=score))
        faces.landmarks[0, 2, 0] += nose * eye_distance(faces, points)[0]
        rules = VisionSettings(**tuned)
        return look(pose(faces, points, rules), np.array([gauged], np.float32), rules)

    return quality


def test_a_good_face_passes(judge):
    quality = judge()
    assert quality.passed.tolist() == [True]
    assert 0.3 < quality.value[0] <= 1


@pytest.mark.parametrize(
    "spoilt",
    [
        {"side": 29.9},
        {"nose": 0.56},
        {"nose": -0.56},
        {"score": 0.1},
        {"gauged": (11.9, 120.0)},
        {"gauged": (100.0, 14.0)},
        {"gauged": (100.0, 236.0)},
        {"side": np.nan},
        {"nose": np.nan},
        {"score": np.nan},
        {"gauged": (np.nan, 120.0)},
        {"gauged": (100.0, np.nan)},
        {"side": -50.0},
    ],
)
def test_each_gate_closes_on_its_own(judge, spoilt):
    assert judge(**spoilt).passed.tolist() == [False]


@pytest.mark.parametrize(
    "just",
    [
        {"side": 30.1},
        {"nose": 0.54},
        {"gauged": (12.0, 120.0)},
        {"gauged": (100.0, 15.0)},
        {"gauged": (100.0, 235.0)},
    ],
)
def test_what_is_just_good_enough_passes(judge, just):
    assert judge(**just, quality=0.0).passed.tolist() == [True]


def test_a_gate_may_be_set(judge):
    assert not judge(side=50, face_width_px=60).passed[0]
    assert not judge(nose=0.3, turn=0.2).passed[0]
    assert not judge(quality=0.99).passed[0]


@pytest.mark.parametrize(
    "worse",
    [{"side": 60}, {"score": 0.88}, {"gauged": (40.0, 120.0)}, {"side": 31, "score": 0.88}],
)
def test_what_is_worse_in_one_way_is_worth_less(judge, worse):
    assert judge(**worse).value[0] < judge().value[0]


def test_a_head_that_is_turned_less_than_the_gate_is_worth_as_much(judge):
    assert judge(nose=0.5).value[0] == judge().value[0]


def test_a_darker_face_of_as_much_contrast_is_worth_as_much(judge):
    bright, dark = judge(gauged=(100.0, 160.0)), judge(gauged=(50.0, 40.0))
    assert dark.value[0] == pytest.approx(bright.value[0], abs=1e-6)


def test_the_value_is_the_share_that_matches_as_it_was_measured(judge):
    """A wide and sharp face nearly always, a narrow and blurred one seldom."""
    assert judge(side=93, score=0.935, gauged=(380.0, 120.0)).value[0] > 0.85
    assert judge(side=30, score=0.925, gauged=(330.0, 120.0)).value[0] == pytest.approx(
        0.75, abs=0.05
    )
    assert judge(side=40, score=0.90, gauged=(50.0, 120.0)).value[0] < 0.2


def test_a_confidence_beyond_what_was_measured_is_worth_no_more(judge):
    """Other detectors than YuNet are surer of everything."""
    assert judge(score=0.999).value[0] == judge(score=0.95).value[0]
    assert judge(score=0.7).value[0] == judge(score=0.85).value[0]


def test_a_frontal_nose_is_in_the_middle_however_the_head_is_tilted(points):
    eyes_nose = np.array([[-10, 0], [10, 0], [0, 12], [-8, 20], [8, 20]], np.float32)
    for angle in np.linspace(-1.2, 1.2, 7):
        tilt = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        faces = Faces(np.zeros((1, 4)), (eyes_nose @ tilt.T)[None], np.ones(1))
        assert turn(faces, points) == pytest.approx([0], abs=1e-5)


def test_a_turn_is_counted_in_distances_between_the_eyes(points):
    marks = np.array([[[0, 0], [20, 0], [15, 12], [2, 20], [18, 20]]], np.float32)
    faces = Faces(np.zeros((1, 4)), marks, np.ones(1))
    assert eye_distance(faces, points) == pytest.approx([20])
    assert turn(faces, points) == pytest.approx([0.25])


def test_eyes_on_one_point_are_no_division_by_nothing(points):
    faces = Faces(np.zeros((1, 4)), np.full((1, 5, 2), 7.0, np.float32), np.ones(1))
    assert turn(faces, points).tolist() == [0]


def test_an_eye_may_be_the_mean_of_its_corners(points):
    corners = points.model_copy(update={"left_eye": (2, 3), "right_eye": (0, 1), "nose": (4,)})
    marks = np.array([[[30, 0], [20, 0], [0, 0], [10, 0], [15, 9]]], np.float32)
    faces = Faces(np.zeros((1, 4)), marks, np.ones(1))
    assert eye_distance(faces, corners) == pytest.approx([20])
    assert turn(faces, corners) == pytest.approx([0])


def test_no_face_has_no_quality(points, make_faces):
    rules = VisionSettings()
    quality = look(pose(make_faces(), points, rules), np.zeros((0, 2), np.float32), rules)
    assert len(quality.passed) == len(quality.value) == 0


numbers = st.floats(width=32)


@given(side=numbers, score=numbers, nose=numbers, sharp=numbers, bright=numbers)
@settings(max_examples=100, deadline=None)
def test_whatever_the_numbers_a_shot_that_passes_is_worth_something(
    side, score, nose, sharp, bright
):
    places = [(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)]
    points = Landmarks(template=places, left_eye=[0], right_eye=[1], nose=[2])
    with np.errstate(all="ignore"):
        marks = np.array([places], np.float32) * np.float32(side)
        marks[0, 2, 0] = nose
        box = np.array([[0, 0, side, side]], np.float32)
        rules = VisionSettings()
        posed = pose(Faces(box, marks, np.array([score], np.float32)), points, rules)
        quality = look(posed, np.array([[sharp, bright]], np.float32), rules)
    if quality.passed[0]:
        assert rules.quality <= quality.value[0] <= posed.value[0] <= 1
