"""Sharpness and brightness are measured on the face alone, whatever its size."""

import cv2
import numpy as np
import pytest

WHOLE = np.array([[0, 0, 128, 128]], np.float32)


@pytest.fixture(params=["rgb", "i420"])
def gauge(request, compute, lens):
    def measure(*pictures, boxes=WHOLE, which=None):
        frames = [getattr(lens, request.param)(picture) for picture in pictures]
        which = np.zeros(len(boxes), np.int32) if which is None else np.array(which, np.int32)
        return compute.gauge(frames, which, np.array(boxes, np.float32))

    return measure


def blurred(picture, sigma):
    return cv2.GaussianBlur(picture, (0, 0), sigma)


def test_the_more_blurred_the_less_sharp(gauge, grain):
    picture = grain(128, 128)
    values = [gauge(blurred(picture, sigma))[0, 0] for sigma in (0.5, 1.5, 3, 6)]
    assert values == sorted(values, reverse=True)
    assert values[0] > 10 * values[-1]


def test_a_face_twice_as_near_is_about_as_sharp(gauge, grain):
    near = blurred(grain(256, 256), 6)
    far = cv2.resize(near, (128, 128), interpolation=cv2.INTER_AREA)
    sharp = gauge(near, far, boxes=[[0, 0, 256, 256], [0, 0, 128, 128]], which=[0, 1])[:, 0]
    assert 0.7 < sharp[0] / sharp[1] < 1.4


def test_an_even_face_has_no_sharpness_and_its_own_brightness(gauge):
    sharp, bright = gauge(np.full((128, 128, 3), 130.0))[0]
    assert sharp == 0
    assert bright == pytest.approx(130, abs=4)


def test_what_is_brighter_measures_brighter(gauge):
    dark, light = (gauge(np.full((128, 128, 3), value))[0, 1] for value in (40.0, 200.0))
    assert light > dark + 100


def test_only_the_box_counts(gauge, grain):
    picture = np.full((128, 128, 3), 90.0)
    picture[64:] = grain(128, 64)
    flat, detailed = gauge(picture, boxes=[[0, 0, 128, 60], [0, 68, 128, 128]])[:, 0]
    assert flat == 0
    assert detailed > 100


def test_a_box_over_the_edge_is_measured_inside(gauge, grain):
    over = gauge(grain(128, 128), boxes=[[-50, -50, 300, 300]])
    assert over == pytest.approx(gauge(grain(128, 128)))


@pytest.mark.parametrize(
    "box", [[500, 0, 600, 90], [-90, 0, -5, 90], [40, 40, 40, 90], [90, 90, 40, 40], [5, 5, 6, 6]]
)
def test_a_box_that_holds_nothing_is_worth_nothing(gauge, grain, box):
    assert gauge(grain(128, 128), boxes=[box]).tolist() == [[0, 0]]


def test_no_face_measures_nothing(gauge, grain):
    assert gauge(grain(128, 128), boxes=np.zeros((0, 4))).shape == (0, 2)
