"""Aligned faces are cut out of frames as exact interpolation gives them, all in one launch."""

import numpy as np
import pytest

from appliance.domain.frame import Colour
from appliance.host.compute import Compute
from appliance.jetson import launch
from appliance.machine import Feed
from tests.kernels.scenes import BT601, COLOURS, feed, frame, matrix, noise, pictures, waves

LAYOUTS = ["nv12", "i420", "rgb8"]
SIDE = 112
GREY, MOST_GREY = 0.001, 0.05
"""Mean and largest error in grey levels."""


@pytest.fixture
def warp(kernels):
    """Run the kernel; gives (faces, 3, side, side)."""

    def run(*scenes, inverses, which=None, side=SIDE, kind=np.float32, wish=feed()):  # noqa: B008
        faces = len(inverses)
        cuts = np.zeros((), launch.CUTS)
        cuts["inverse"][:faces] = np.reshape(inverses, (faces, 6))
        if which is not None:
            cuts["which"][:faces] = which
        out = np.full((faces, 3, side, side), 7, kind)
        kernels.launch(
            "warp_f16" if kind is np.float16 else "warp_f32", *launch.warp(faces, side),
            pictures(*(scene.picture() for scene in scenes)), cuts[()], out,
            np.int32(faces), np.int32(side), wish,
        )  # fmt: skip
        return out

    return run


def crowd(faces, frame, seed=0, side=SIDE):
    """Maps of faces of 30 to 330 pixels, turned by up to 40 degrees, some over the edge."""
    random = np.random.default_rng(seed)
    inverses = np.zeros((faces, 2, 3), np.float32)
    for inverse in inverses:
        size, angle = random.uniform(0.3, 3), random.uniform(-0.7, 0.7)
        turn = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        inverse[:, :2] = turn
        inverse[:, 2] = random.uniform((0, 0), frame) - turn @ [side / 2, side / 2]
    return inverses


def expected(scene, inverse, side=SIDE):
    y, x = np.mgrid[:side, :side]
    (a, b, c), (d, e, f) = inverse.astype(np.float64)
    return scene.exact(a * x + b * y + c, d * x + e * y + f, clamp=False)


def demand_exact(crop, truth):
    error = np.abs(crop - truth)
    assert error.mean() <= GREY
    assert error.max() <= MOST_GREY


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("frame", [(1920, 1080), (641, 479), (97, 33)], ids=str)
def test_a_crop_is_what_exact_interpolation_gives(warp, layout, frame):
    scene, inverses = noise(layout, *frame), crowd(8, frame)
    for crop, inverse in zip(warp(scene, inverses=inverses), inverses, strict=True):
        demand_exact(crop, expected(scene, inverse))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_face_at_the_far_end_of_a_large_frame_is_as_exact(warp, layout):
    scene, inverses = noise(layout, 3840, 2160), crowd(4, (200, 200))
    inverses[:, :, 2] += (3600, 1900)
    for crop, inverse in zip(warp(scene, inverses=inverses), inverses, strict=True):
        demand_exact(crop, expected(scene, inverse))


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("layout", ["nv12", "i420"])
def test_each_colour_space_is_turned_by_its_own_matrix(warp, layout, colour):
    scene, inverses = noise(layout, 322, 240, COLOURS[colour]), crowd(4, (322, 240))
    for crop, inverse in zip(warp(scene, inverses=inverses), inverses, strict=True):
        demand_exact(crop, expected(scene, inverse))


@pytest.mark.parametrize("side", [1, 2, 75, 96, 150, 160])
def test_a_crop_may_have_any_side(warp, side):
    scene, inverses = noise("nv12", 320, 240), crowd(3, (320, 240), side=side)
    for crop, inverse in zip(warp(scene, inverses=inverses, side=side), inverses, strict=True):
        demand_exact(crop, expected(scene, inverse, side))


def test_64_faces_of_8_frames_share_a_launch(warp):
    scenes = [noise(LAYOUTS[i % 3], 200 + i, 150 - i, seed=i) for i in range(8)]
    inverses, which = crowd(64, (200, 150), side=16), np.arange(64) * 5 % 8
    crops = warp(*scenes, inverses=inverses, which=which, side=16)
    for crop, inverse, i in zip(crops, inverses, which, strict=True):
        demand_exact(crop, expected(scenes[i], inverse, 16))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("colour", ["601", "709 full"])
def test_beyond_the_edge_it_is_black(warp, layout, colour):
    scene = noise(layout, 64, 64, COLOURS[colour])
    far = np.array([[[1, 0, at], [0, 1, 0]] for at in (-113, 65, 3e4, 1e9, -1e9, 3e38)], np.float32)
    assert warp(scene, inverses=far).max() <= 1e-3


HOSTILE = {
    "no number": [[np.nan] * 3] * 2,
    "no shift": [[1, 0, np.nan], [0, 1, np.nan]],
    "one is none": [[1, 0, 10], [0, np.nan, 10]],
    "no turn, far shift": [[np.nan, 0, 1e6], [0, np.nan, 1e6]],
    "no shift, steep": [[1e4, 0, np.nan], [0, 1e4, np.nan]],
    "endless": [[np.inf] * 3] * 2,
    "endless both ways": [[np.inf, -np.inf, np.inf], [-np.inf, np.inf, -np.inf]],
    "endless, held back": [[np.inf, 0, -1e6], [0, np.inf, -1e6]],
    "steeper than a float goes": [[3e38, 3e38, 3e38], [3e38, -3e38, 3e38]],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("inverse", HOSTILE.values(), ids=HOSTILE)
def test_a_map_that_leads_nowhere_gives_black(warp, layout, inverse):
    wish = feed(mean=127.5, scale=1 / 127.5)
    crop = warp(noise(layout, 64, 48), inverses=np.array([inverse], np.float32), wish=wish)
    assert crop == pytest.approx(-1, abs=1e-5)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_landmarks_of_zeros_give_one_colour(warp, layout):
    scene = noise(layout, 64, 48)
    (crop,) = warp(scene, inverses=np.zeros((1, 2, 3), np.float32))
    demand_exact(crop, expected(scene, np.zeros((2, 3))))
    assert (crop == crop[:, :1, :1]).all()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("frame", [(1, 1), (2, 2), (1, 50), (50, 1), (3, 3)], ids=str)
def test_a_frame_thinner_than_a_run_is_read_inside_alone(warp, layout, frame):
    scene = noise(layout, *frame)
    inverses = np.array([[[0.1, 0.02, -2], [-0.02, 0.1, -2]], [[1, 0, 0], [0, 1, 0]]], np.float32)
    for crop, inverse in zip(warp(scene, inverses=inverses), inverses, strict=True):
        demand_exact(crop, expected(scene, inverse))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("bgr", [False, True])
@pytest.mark.parametrize("side", [112, 75])
def test_halves_are_the_nearest_of_the_same_numbers(warp, layout, bgr, side):
    scene, wish = noise(layout, 320, 240), feed(mean=127.5, scale=1 / 127.5, bgr=bgr)
    inverses = crowd(3, (320, 240))
    whole = warp(scene, inverses=inverses, side=side, wish=wish)
    halves = warp(scene, inverses=inverses, side=side, wish=wish, kind=np.float16)
    assert (halves == whole.astype(np.float16)).all()
    plain = warp(scene, inverses=inverses, side=side)
    truth = ((plain[:, ::-1] if bgr else plain) - 127.5) / 127.5
    assert whole == pytest.approx(truth, abs=1e-5)


def test_a_frame_that_is_none_of_the_eight_is_never_read(warp):
    scenes = [noise("nv12", 32, 32, seed=i) for i in range(8)]
    inverses = np.zeros((2, 2, 3), np.float32)
    assert np.isfinite(warp(*scenes, inverses=inverses, which=[8, -1])).all()


@pytest.mark.parametrize("layout", ["i420", "rgb8"])
def test_an_ordinary_computer_cuts_the_same_but_for_its_rounding(warp, layout):
    scene, inverses = waves(layout, 640, 480), crowd(16, (640, 480))
    host = Compute().warp(
        [frame(scene, Colour())], np.zeros(16, np.int32), inverses, SIDE,
        Feed(bgr=False, mean=0, scale=1),
    )  # fmt: skip
    error = np.abs(warp(scene, inverses=inverses) - host)
    assert error.mean() < 0.5
    assert error.max() < 9  # at the frame's edge OpenCV's places, to 1/32 of a pixel, weigh most


def test_the_matrix_of_this_file_is_that_of_the_standard():
    white, black = BT601 @ [235, 128, 128, 1], BT601 @ [16, 128, 128, 1]
    assert white == pytest.approx(255)
    assert black == pytest.approx(0)
    assert matrix(0.299, 0.114, full=True) @ [255, 128, 128, 1] == pytest.approx(255)
    red = [0.299 * 219 + 16, -0.299 / 1.772 * 224 + 128, 112 + 128, 1]
    assert BT601 @ red == pytest.approx([255, 0, 0], abs=1e-9)
