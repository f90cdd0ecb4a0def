"""A picture is spoilt as it is said to be, by as much, and the same each time."""

import cv2
import numpy as np
import pytest

from appliance.domain.face import Faces
from appliance.evaluation.cover import spot_of
from appliance.evaluation.spoil import KINDS, MIXED, Step, apply
from tests.painted import Sighting

LEVELS = [(kind, level) for kind in KINDS for level in KINDS[kind].levels]


@pytest.fixture
def picture():
    """A grey street with a patterned face."""
    pixels = np.full((240, 200, 3), 120, np.uint8)
    rows, columns = np.mgrid[0:96, 0:96]
    pixels[60:156, 50:146] = (128 + 90 * np.sin(rows / 5) * np.cos(columns / 7))[..., None]
    return pixels


@pytest.fixture
def spot(points):
    person = Sighting("ann", 50, 60)
    return spot_of(Faces(person.box[None], person.landmarks[None], np.ones(1)), points)


@pytest.fixture
def spoil(picture, spot):
    def spoilt(kind, level, seed=1):
        return apply(picture, Step(kind, level), spot, np.random.default_rng(seed))

    return spoilt


def away(one, other):
    return np.abs(one.astype(int) - other.astype(int)).mean()


def sharpness(pixels):
    return cv2.Laplacian(pixels[60:156, 50:146], cv2.CV_32F).var()


@pytest.mark.parametrize(("kind", "level"), LEVELS)
def test_every_step_gives_a_picture_and_leaves_the_first_as_it_was(picture, spoil, kind, level):
    before = picture.copy()
    spoilt = spoil(kind, level)
    assert spoilt.dtype == np.uint8
    assert spoilt.ndim == 3
    assert spoilt.flags.c_contiguous
    assert np.array_equal(picture, before)
    assert spoilt.shape != before.shape or not np.array_equal(spoilt, before)


@pytest.mark.parametrize(("kind", "level"), LEVELS)
def test_the_same_draw_spoils_in_the_same_way(spoil, kind, level):
    assert np.array_equal(spoil(kind, level, 5), spoil(kind, level, 5))


@pytest.mark.parametrize("kind", ["motion", "noise", "dark", "mask", MIXED])
def test_another_draw_spoils_in_another(spoil, kind):
    level = KINDS[kind].levels[-1]
    others = [spoil(kind, level, seed) for seed in range(8)]
    assert any(one.shape != others[0].shape or away(one, others[0]) > 0 for one in others)


@pytest.mark.parametrize("kind", ["motion", "focus", "noise", "dark", "glasses"])
def test_a_later_level_is_farther_from_the_picture(picture, spoil, kind):
    distances = [away(spoil(kind, level), picture) for level in KINDS[kind].levels]
    assert distances == sorted(distances)


def test_a_face_is_brought_to_so_many_pixels_and_never_enlarged(picture, spoil):
    assert spoil("size", 48).shape == (120, 100, 3)
    assert np.array_equal(spoil("size", 200), picture)


def test_blur_takes_detail_and_noise_adds_it(picture, spoil):
    plain = sharpness(picture)
    assert sharpness(spoil("motion", 0.6)) < 0.7 * plain
    assert sharpness(spoil("focus", 0.2)) < 0.7 * plain
    assert sharpness(spoil("noise", 30)) > 2 * plain


def test_a_face_moves_along_one_line_only(picture, spoil):
    point = np.zeros_like(picture)
    point[100, 100] = 255
    picture[:] = point
    rows, columns = np.nonzero(spoil("motion", 0.8)[..., 0])
    spread = np.linalg.svd(np.stack((rows, columns), 1) - (100, 100), compute_uv=False)
    assert spread[0] > 4 * spread[1]


def test_compression_keeps_colours(picture, spoil):
    picture[..., 0] = 200
    assert away(spoil("jpeg", 30)[..., 0], picture[..., 0]) < 8


def test_a_tenth_of_the_light_is_a_third_of_the_grey(picture, spoil):
    street = spoil("dark", 0.1)[:40]
    assert street.mean() == pytest.approx(120 * 0.1 ** (1 / 2.2), rel=0.05)
    assert street.std() > 1


def test_the_mixture_has_every_width_and_some_of_it_is_dark(picture, spoil):
    draws = [spoil(MIXED, 1, seed) for seed in range(60)]
    widths = [96 * draw.shape[1] / 200 for draw in draws]
    assert min(widths) < 30
    assert max(widths) > 80
    assert 0.02 < np.mean([draw.mean() < 80 for draw in draws]) < 0.25


def test_a_mask_covers_mouth_and_perhaps_nose_and_never_the_eyes(picture, spoil):
    (lower, upper) = (away_map(spoil("mask", reach), picture) for reach in (1, 2))
    left, right, nose, *mouth = (p.astype(int) for p in Sighting("ann", 50, 60).landmarks)
    for covered in (lower, upper):
        assert not covered[left[1], left[0]]
        assert not covered[right[1], right[0]]
        assert all(covered[y, x] for x, y in mouth)
    assert upper[nose[1], nose[0]]
    assert not lower[nose[1], nose[0]]
    assert upper.sum() > lower.sum()


def test_clear_glasses_leave_the_eyes_and_dark_ones_do_not(picture, spoil):
    (x, y), *_ = (p.astype(int) for p in Sighting("ann", 50, 60).landmarks)
    picture[y, x] = 200
    assert spoil("glasses", 0.0)[y, x].tolist() == [200] * 3
    assert spoil("glasses", 0.9)[y, x].mean() < 50


def test_a_mask_follows_a_head_that_leans_or_turns(points, picture):
    upright = Sighting("ann", 50, 60).landmarks
    turned = upright.copy()
    turned[2, 0] += 12
    quarter = np.array([[0, -1], [1, 0]], np.float32)
    leaning = (upright - (98, 108)) @ quarter.T + (98, 108)
    for marks in (turned, leaning):
        faces = Faces(np.array([[50, 60, 146, 156]], np.float32), marks[None], np.ones(1))
        spot = spot_of(faces, points)
        covered = away_map(apply(picture, Step("mask", 2), spot, np.random.default_rng(1)), picture)
        x, y = marks[2].astype(int)
        assert covered[y, x]
        assert not covered[tuple(marks[0].astype(int)[::-1])]


def away_map(one, other):
    return np.abs(one.astype(int) - other.astype(int)).max(axis=2) > 6


def test_eyes_on_one_point_are_drawn_upon_all_the_same(points, picture):
    faces = Faces(np.zeros((1, 4), np.float32), np.full((1, 5, 2), 7, np.float32), np.ones(1))
    spot = spot_of(faces, points)
    for kind, level in LEVELS:
        if kind != "size":
            apply(picture, Step(kind, level), spot, np.random.default_rng(1))
