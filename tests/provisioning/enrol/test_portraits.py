"""Real portraits before real networks."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import cv2
import numpy as np
import pytest
from PIL import Image

from appliance.desk import Optics, open_studio
from engines import packs
from provisioning.enrol.gate import Gate
from provisioning.enrol.pictures import STAMPS
from provisioning.enrol.studio import Task

TODAY = date(2026, 5, 4)
STILLS = packs.SHARED.parent / "media" / "stills" / "demo"
GOOD = ("obama.jpg", "obama2.jpg", "biden.jpg", "biden2.jpg")


@pytest.fixture(scope="module")
def studio():
    return open_studio(Optics("retail", packs.SHARED / "embedders", Gate(), STAMPS["large"], TODAY))


@pytest.fixture
def spoil(studio, tmp_path):
    """Spoil a good portrait, cut to head and shoulders, and look at it."""

    def run(name, change):
        pixels = cv2.imread(str(STILLS / name))
        (face,) = studio.see.find(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)).landmarks
        file = tmp_path / "spoilt.jpg"
        cv2.imwrite(str(file), change(pixels, face))
        answer = studio(Task(file, TODAY))
        assert (answer.template is None) == bool(answer.fault)
        return answer.fault.reason if answer.fault else ""

    return run


def eyes_px(face):
    return float(np.hypot(*(face[1] - face[0])))


def blurred(pixels, face):
    return cv2.GaussianBlur(pixels, (0, 0), 0.09 * eyes_px(face))


def enlarged(pixels, face):
    by = 9 / eyes_px(face)
    small = cv2.resize(pixels, None, fx=by, fy=by, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, pixels.shape[1::-1], interpolation=cv2.INTER_CUBIC)


def tiny(pixels, face):
    by = 30 / eyes_px(face)
    return cv2.resize(pixels, None, fx=by, fy=by, interpolation=cv2.INTER_AREA)


def sunglasses(pixels, face):
    shown, apart = pixels.copy(), eyes_px(face)
    for eye in face[:2]:
        cv2.ellipse(
            shown, (tuple(map(float, eye)), (0.75 * apart, 0.5 * apart), 0), (20, 20, 20), -1
        )
    return shown


def masked(pixels, face):
    shown, apart = pixels.copy(), eyes_px(face)
    x, y = map(float, face[2])
    corners = [(-0.85, -0.1), (0.85, -0.1), (0.7, 0.7), (0.3, 1.15), (-0.3, 1.15), (-0.7, 0.7)]
    mask = np.array([(x + apart * a, y + apart * b) for a, b in corners], np.int32)
    cv2.fillPoly(shown, [mask], (210, 170, 120))
    return shown


@pytest.mark.parametrize("name", GOOD)
def test_real_portraits_pass(studio, name):
    answer = studio(Task(STILLS / name, TODAY))
    assert answer.fault is None
    assert np.linalg.norm(answer.template) == pytest.approx(1, abs=1e-5)
    assert answer.jpeg.startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (blurred, "blurred"),
        (enlarged, "blurred"),
        (tiny, "px apart"),
        (sunglasses, "eyes are covered"),
        (masked, "mouth|faces were found"),
        (lambda pixels, _: (pixels * 0.25).astype(np.uint8), "too dark"),
        (lambda pixels, _: (pixels * 3.0).clip(0, 255).astype(np.uint8), "burnt out"),
        (lambda pixels, _: np.full_like(pixels, 90), "No face"),
    ],
    ids=["blurred", "enlarged", "tiny", "sunglasses", "masked", "dark", "burnt", "none"],
)
def test_a_spoilt_portrait_is_refused_for_the_right_reason(spoil, name, change, says):
    assert re.search(says, spoil(name, change))


@pytest.mark.parametrize(("frame", "says"), [(0, "turned aside"), (8, "")])
def test_a_head_that_turns_is_refused_until_it_looks_here(studio, tmp_path, frame, says):
    """A woman turns her head to the camera (CC BY 4.0, Intel)."""
    with Image.open(STILLS.parents[1] / "video" / "head-pose-face-detection-female.gif") as film:
        film.seek(frame)
        film.convert("RGB").save(tmp_path / "frame.png")
    near = replace(studio, gate=Gate(eyes_px=10))
    fault = near(Task(tmp_path / "frame.png", TODAY)).fault
    assert says in fault.reason if says else fault is None


@pytest.mark.parametrize("name", ["obama_and_biden.jpg", "two_people.jpg", "runners_crowd.jpg"])
def test_several_people_are_refused(studio, name):
    assert "faces were found" in studio(Task(STILLS / name)).fault.reason
