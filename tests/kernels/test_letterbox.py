"""Frames are brought to a network's size as exact arithmetic brings them, all in one launch."""

import numpy as np
import pytest

from appliance.domain.frame import Colour
from appliance.host.compute import Compute
from appliance.jetson import launch
from appliance.machine import Feed
from tests.kernels.scenes import COLOURS, feed, frame, noise, pictures, waves

LAYOUTS = ["nv12", "i420", "rgb8"]
SIZES = [
    ((1920, 1080), (640, 640)),  # three to one: each pixel is a sample
    ((1296, 972), (480, 480)),
    ((642, 480), (640, 640)),
    ((641, 479), (640, 640)),
    ((64, 48), (320, 320)),  # enlarged
    ((640, 640), (640, 640)),
    ((50, 90), (96, 64)),
]
THIN = [((3, 1), (64, 64)), ((1, 900), (320, 320)), ((900, 1), (320, 320)), ((2, 2), (7, 5))]
GREY, MOST_GREY = 0.001, 0.05
"""Mean and largest error in grey levels."""


@pytest.fixture
def letterbox(kernels):
    """Run the kernel; gives (frames, 3, height, width) and the painted part of each."""

    def run(*scenes, size, kind=np.float32, wish=feed()):  # noqa: B008 - never changed
        width, height = size
        parts = [part(scene, size) for scene in scenes]
        out = np.full((len(scenes), 3, height, width), 7, kind)
        kernels.launch(
            "letterbox_f16" if kind is np.float16 else "letterbox_f32",
            *launch.letterbox(len(scenes), width, height),
            pictures(*(s.picture(*p) for s, p in zip(scenes, parts, strict=True))), out,
            np.int32(len(scenes)), np.int32(width), np.int32(height), wish,
        )  # fmt: skip
        return out, parts

    return run


def part(scene, size):
    shrink = min(size[0] / scene.width, size[1] / scene.height)
    return max(round(scene.width * shrink), 1), max(round(scene.height * shrink), 1)


def expected(scene, wide, high):
    x = (np.arange(wide) + 0.5) * scene.width / wide - 0.5
    y = (np.arange(high) + 0.5) * scene.height / high - 0.5
    return scene.exact(*np.meshgrid(x, y), clamp=True)


def demand_exact(place, scene, wide, high):
    error = np.abs(place[:, :high, :wide] - expected(scene, wide, high))
    assert error.mean() <= GREY
    assert error.max() <= MOST_GREY


def demand_empty(place, wide, high):
    assert not place[:, high:].any()
    assert not place[:, :, wide:].any()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("frame", "size"), [*SIZES, *THIN], ids=str)
def test_a_frame_is_what_exact_interpolation_gives_and_beside_it_is_zero(
    letterbox, layout, frame, size
):
    scene = noise(layout, *frame)
    (place,), ((wide, high),) = letterbox(scene, size=size)
    demand_exact(place, scene, wide, high)
    demand_empty(place, wide, high)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_large_frame_loses_no_accuracy_at_its_far_end(letterbox, layout):
    scene = noise(layout, 2592, 1944)
    (place,), (whole,) = letterbox(scene, size=(960, 960))
    demand_exact(place, scene, *whole)


@pytest.mark.parametrize(("width", "wide"), [(8069, 3455), (7612, 2634)])
def test_no_column_of_a_very_wide_frame_is_lost_to_rounding(letterbox, width, wide):
    """Of these, float32 names the sample before the right one, or the one after it."""
    scene = noise("rgb8", width, 4)
    scene.planes[0][...] = np.arange(width)[:, None] % 2 * 255
    (place,), (whole,) = letterbox(scene, size=(wide, 16))
    assert whole[0] == wide
    demand_exact(place, scene, *whole)


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("layout", ["nv12", "i420"])
def test_each_colour_space_is_turned_by_its_own_matrix(letterbox, layout, colour):
    scene = noise(layout, 322, 240, COLOURS[colour])
    (place,), (whole,) = letterbox(scene, size=(200, 200))
    demand_exact(place, scene, *whole)


def test_colours_are_clamped_once_they_are_red_green_and_blue(letterbox):
    scene = noise("nv12", 64, 64)
    (place,), _ = letterbox(scene, size=(64, 64))
    assert place.min() == 0
    assert place.max() == pytest.approx(255, abs=1e-3)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("bgr", [False, True])
def test_the_network_says_how_it_wants_its_pixels(letterbox, layout, bgr):
    scene = noise(layout, 128, 72)
    plain, ((wide, high),) = letterbox(scene, size=(96, 96))
    fed, _ = letterbox(scene, size=(96, 96), wish=feed(mean=127.5, scale=1 / 128, bgr=bgr))
    truth = (plain[0, ::-1] if bgr else plain[0]) - 127.5
    assert fed[0, :, :high] == pytest.approx(truth[:, :high] / 128, abs=1e-5)
    demand_empty(fed[0], wide, high)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_channel_may_have_a_mean_of_its_own(letterbox, layout):
    scene, means = noise(layout, 96, 96), (104.0, 117.0, 123.0)
    plain, _ = letterbox(scene, size=(96, 96), wish=feed(bgr=True))
    fed, _ = letterbox(scene, size=(96, 96), wish=feed(mean=means, bgr=True))
    assert fed[0] == pytest.approx(plain[0] - np.array(means)[:, None, None], abs=1e-3)


@pytest.mark.parametrize("size", [(96, 96), (97, 61)])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_halves_are_the_nearest_of_the_same_numbers(letterbox, layout, size):
    scene, wish = noise(layout, 200, 160), feed(mean=127.5, scale=1 / 127.5, bgr=True)
    whole, _ = letterbox(scene, size=size, wish=wish)
    halves, _ = letterbox(scene, size=size, wish=wish, kind=np.float16)
    assert (halves == whole.astype(np.float16)).all()


def test_eight_frames_of_any_shape_and_layout_share_a_launch(letterbox):
    frames = [(64, 48), (48, 64), (90, 90), (31, 17), (128, 32), (2, 2), (60, 60), (33, 99)]
    scenes = [noise(LAYOUTS[i % 3], *frame, seed=i) for i, frame in enumerate(frames)]
    out, parts = letterbox(*scenes, size=(80, 72))
    for place, scene, whole in zip(out, scenes, parts, strict=True):
        demand_exact(place, scene, *whole)
        demand_empty(place, *whole)


def test_rows_with_a_gap_between_them_and_chroma_on_an_odd_address_are_read_right(letterbox):
    scene, apart = noise("nv12", 100, 60), noise("nv12", 100, 60)
    for i, shape in enumerate([(60, 131), (30, 133)]):
        memory = np.full(shape[0] * shape[1] + 1, 255, np.uint8)
        rows = memory[1:].reshape(shape)[:, :100]
        rows[...] = scene.planes[i].reshape(-1, 100)
        apart.planes[i] = rows
    assert apart.planes[1].ctypes.data % 2
    expected_, _ = letterbox(scene, size=(64, 64))
    got, _ = letterbox(apart, size=(64, 64))
    assert (got == expected_).all()


@pytest.mark.parametrize("shift", [1, 2, 3])
def test_a_network_input_need_not_lie_on_a_round_address(kernels, letterbox, shift):
    scene = noise("rgb8", 50, 40)
    expected_, ((wide, high),) = letterbox(scene, size=(32, 32))
    memory = np.full(3 * 32 * 32 + shift, 7, np.float32)
    kernels.launch(
        "letterbox_f32", *launch.letterbox(1, 32, 32), pictures(scene.picture(wide, high)),
        memory[shift:], np.int32(1), np.int32(32), np.int32(32), feed(),
    )  # fmt: skip
    assert (memory[shift:] == expected_.ravel()).all()
    assert (memory[:shift] == 7).all()


def test_any_grid_gives_the_whole_answer(kernels, letterbox):
    scene = noise("i420", 100, 60)
    expected_, ((wide, high),) = letterbox(scene, size=(64, 48))
    out = np.full_like(expected_, 7)
    kernels.launch(
        "letterbox_f32", (8, 1, 1), (4, 3, 1), pictures(scene.picture(wide, high)), out,
        np.int32(1), np.int32(64), np.int32(48), feed(),
    )  # fmt: skip
    assert (out == expected_).all()


@pytest.mark.parametrize("layout", ["i420", "rgb8"])
@pytest.mark.parametrize(("size", "to"), SIZES, ids=str)
def test_an_ordinary_computer_sees_the_same_but_for_its_rounding(letterbox, layout, size, to):
    width, height = size[0] // 2 * 2, size[1] // 2 * 2
    scene = waves(layout, width, height)
    got, _ = letterbox(scene, size=to)
    (host,) = Compute().letterbox([frame(scene, Colour())], to, Feed(bgr=False, mean=0, scale=1))
    error = np.abs(got[0] - host)
    assert error.mean() < 0.5
    assert error.max() < 3  # each plane is rounded to a whole level before they are mixed
