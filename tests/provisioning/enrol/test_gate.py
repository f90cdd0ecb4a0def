"""The gate: each measure that a picture can fail by, and in which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import cv2
import numpy as np
import pytest

from appliance.domain.face import Faces
from appliance.vision.models import Landmarks
from provisioning.enrol.crop import measure
from provisioning.enrol.gate import TRIAL, Days, Gate, count_fault, gate_for, judge, quality
from provisioning.enrol.pictures import Photograph

TODAY = date(2026, 5, 4)
POINTS = Landmarks(
    template=((0.34, 0.46), (0.66, 0.46), (0.5, 0.64), (0.37, 0.82), (0.63, 0.82)),
    left_eye=(0,),
    right_eye=(1,),
    nose=(2,),
)
DLIB = Landmarks(
    template=((0.2, 0.4), (0.4, 0.4), (0.8, 0.4), (0.6, 0.4), (0.5, 0.7)),
    left_eye=(0, 1),
    right_eye=(2, 3),
    nose=(4,),
)
NEW = Days(TODAY, TODAY)


def drawn(eyes_px=80.0, *, nose=0.0, mouth=1.05, roll_deg=0.0):
    """A face whose every landmark is where it is told to be."""
    left, right = np.array([160.0, 160.0]), np.array([160.0 + eyes_px, 160.0])
    middle = (left + right) / 2
    points = [
        left,
        right,
        middle + eyes_px * np.array([nose, 0.6]),
        middle + eyes_px * np.array([-0.35, mouth]),
        middle + eyes_px * np.array([0.35, mouth]),
    ]
    turn = cv2.getRotationMatrix2D(tuple(middle), -roll_deg, 1.0)
    landmarks = np.array(points) @ turn[:, :2].T + turn[:, 2]
    box = [100, 60, 100 + 2.4 * eyes_px, 60 + 3 * eyes_px]
    return Faces(
        np.array([box], np.float32),
        landmarks[None].astype(np.float32),
        np.full(1, 0.95, np.float32),
    )


def skin(light=1.0, grain=14.0):
    """Skin with a grain, eyes and a mouth, as they lie under `drawn`."""
    noise = np.random.default_rng(5).normal(0, grain, (120, 120)).repeat(4, 0).repeat(4, 1)
    shade = 1 + 0.15 * np.sin(np.arange(480) / 12)
    pixels = np.array([190.0, 150.0, 130.0]) * shade[:, None] + noise[..., None]
    return Photograph((pixels * light).clip(0, 255).astype(np.uint8), 1.0)


def verdict(photograph, faces, gate=None, days=NEW):
    return judge(gate or Gate(), photograph, faces, POINTS, days)


def fault_of(*args, **options):
    return verdict(*args, **options).fault


def refusal(*args, **options):
    fault = verdict(*args, **options).fault
    assert fault
    assert fault.mend
    return fault.reason


def test_a_good_face_passes_with_every_measure():
    judged = verdict(skin(), drawn())
    assert judged.fault is None
    assert judged.notice == ""
    assert judged.measures["eyes_px"] == pytest.approx(80)
    assert {"turn", "roll_deg", "pitch", "sharpness", "age_years"} <= set(judged.measures)
    assert 0 < judged.quality <= 1


def test_no_face_and_several_are_refused():
    one = drawn()
    assert count_fault(one) is None
    assert "No face" in count_fault(one.take(np.zeros(0, np.int32))).reason
    assert "2 faces" in count_fault(one.take(np.zeros(2, np.int32))).reason


def test_what_differs_from_picture_to_picture_is_told_but_not_counted_apart():
    one = drawn()
    crowds = [count_fault(one.take(np.zeros(number, np.int32))) for number in (2, 3)]
    small = [fault_of(skin(), drawn(px)) for px in (40, 50)]
    old = [fault_of(skin(), one, days=Days(TODAY - timedelta(days=d), TODAY)) for d in (4000, 5000)]
    turned = [fault_of(skin(), drawn(nose=nose)) for nose in (0.45, 0.55)]
    leaning = [fault_of(skin(), drawn(roll_deg=roll)) for roll in (30, 40)]
    dark = [fault_of(skin(light), one) for light in (0.3, 0.2)]
    for this, that in (crowds, small, old, turned, leaning, dark):
        assert this.reason != that.reason
        assert this.kind == that.kind != ""
        assert not any(letter.isdigit() for letter in this.kind)


def test_the_eyes_are_measured_in_pixels_of_the_file():
    photograph = replace(skin(), reduced=2.0)
    assert verdict(photograph, drawn(40)).measures["eyes_px"] == pytest.approx(80)
    assert refusal(skin(), drawn(40)) == "The eyes are 40 px apart, less than 64."
    assert verdict(skin(), drawn(40), Gate(eyes_px=30)).fault is None


@pytest.mark.parametrize("side", [-1, 1])
def test_a_turned_head_is_refused_whichever_way(side):
    assert "turned aside (0.45" in refusal(skin(), drawn(nose=side * 0.45))
    assert verdict(skin(), drawn(nose=side * 0.2)).fault is None


def test_turning_is_measured_along_the_eyes_of_a_leaning_head():
    judged = verdict(skin(), drawn(nose=0.2, roll_deg=20))
    assert judged.fault is None
    assert judged.measures["roll_deg"] == pytest.approx(20, abs=0.1)
    assert judged.measures["turn"] == pytest.approx(0.2, abs=0.01)
    assert "leans (by 40 degrees" in refusal(skin(), drawn(roll_deg=-40))


@pytest.mark.parametrize("mouth", [0.7, 1.6])
def test_a_head_that_looks_up_or_down_is_refused(mouth):
    assert "up or down" in refusal(skin(), drawn(mouth=mouth))


def test_points_without_a_mouth_have_no_pitch():
    face = drawn()
    points = face.landmarks[:, [0, 0, 1, 1, 2]]
    measures = measure(skin(), Faces(face.boxes, points, face.scores), DLIB)
    assert "pitch" not in measures
    assert measures["turn"] == pytest.approx(0, abs=0.01)


def test_the_dark_the_burnt_and_the_flat_are_refused_for_what_they_are():
    assert "too dark" in refusal(skin(0.3), drawn())
    assert "burnt out" in refusal(skin(3.0), drawn())
    flat = (skin().pixels * 0.3 + 100).astype(np.uint8)
    assert "contrast" in refusal(Photograph(flat, 1.0), drawn())


def test_dark_skin_in_good_light_is_not_called_dark():
    """Its mean is low, and its highlights are not."""
    pixels = skin(0.4).pixels.copy()
    pixels[:, ::10] = pixels[:, 1::10] = pixels[:, ::10] * 2.2
    judged = verdict(Photograph(pixels, 1.0), drawn(), replace(Gate(), mouth_detail=0.0))
    assert judged.fault is None


def test_a_blurred_face_is_refused():
    pixels = cv2.GaussianBlur(skin().pixels, (0, 0), 8)
    assert "blurred" in refusal(Photograph(pixels, 1.0), drawn())


def test_covered_eyes_and_a_covered_mouth_are_refused():
    glasses, scarf, mask = (skin().pixels.copy() for _ in range(3))
    glasses[130:190, 110:290] = 15
    scarf[220:400] = 10
    mask[220:400] = (90, 160, 220)
    assert "eyes are covered" in refusal(Photograph(glasses, 1.0), drawn())
    assert "mouth" in refusal(Photograph(scarf, 1.0), drawn())
    assert "mouth has another colour" in refusal(Photograph(mask, 1.0), drawn())
    smooth = skin().pixels.copy()
    smooth[220:400] = (200, 150, 130)
    assert "mouth is covered" in refusal(Photograph(smooth, 1.0), drawn())


def test_an_unsure_detector_is_a_face_that_is_hard_to_see():
    face = drawn()
    unsure = Faces(face.boxes, face.landmarks, np.full(1, 0.75, np.float32))
    assert "hard to see" in refusal(skin(), unsure)


def test_another_detectors_confidence_is_not_judged():
    face = drawn()
    unsure = Faces(face.boxes, face.landmarks, np.full(1, 0.75, np.float32))
    assert verdict(skin(), unsure, gate_for(Gate(), "dlib")).fault is None
    assert gate_for(Gate(), "yunet") == Gate()


@pytest.mark.parametrize(
    ("years", "says"), [(11, "11 years old, more than 10"), (-1, "in the future")]
)
def test_a_picture_of_another_time_is_refused(years, says):
    taken_on = TODAY - timedelta(days=round(365.25 * years))
    assert says in refusal(skin(), drawn(), days=Days(taken_on, TODAY))


def test_an_old_picture_is_taken_and_looked_at_again():
    judged = verdict(skin(), drawn(), days=Days(TODAY - timedelta(days=2500), TODAY))
    assert judged.fault is None
    assert judged.review
    assert "7 years old" in judged.notice


def test_a_picture_of_unknown_age_is_taken_with_a_word():
    judged = verdict(skin(), drawn(), days=Days(None, TODAY))
    assert not judged.review
    assert "not known" in judged.notice


def test_a_trial_takes_what_no_street_would():
    blurred = cv2.GaussianBlur(skin(0.3).pixels, (0, 0), 8)
    assert verdict(Photograph(blurred, 1.0), drawn(24, nose=0.5), TRIAL).fault is None
    assert "19 px" in refusal(Photograph(blurred, 1.0), drawn(19), TRIAL)


def test_a_larger_sharper_straighter_face_ranks_first():
    best = {"eyes_px": 100.0, "sharpness": 0.1, "turn": 0.0, "score": 0.9}
    for worse in ({"eyes_px": 70.0}, {"sharpness": 0.05}, {"turn": 0.2}, {"score": 0.8}):
        assert quality({**best, **worse}) < quality(best)


def test_nothing_measured_is_shown():
    assert "80" not in repr(verdict(skin(), drawn()))
