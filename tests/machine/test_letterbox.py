"""A frame is fitted into the top left of the network's picture, in the network's own form."""

import numpy as np
import pytest

from appliance.domain.frame import Colour, Matrix
from appliance.machine import Feed

COLOURS = [Colour(matrix, full) for matrix in Matrix for full in (False, True)]
SIZE = (320, 256)


def fitted(place, part):
    """The painted part as height, width, colour."""
    wide, high = part
    return place[:, :high, :wide].transpose(1, 2, 0)


def expected(slopes, frame, part):
    y, x = np.mgrid[: part[1], : part[0]]
    across = ((x + 0.5) * frame[0] / part[0] - 0.5).clip(0, frame[0] - 1)
    down = ((y + 0.5) * frame[1] / part[1] - 0.5).clip(0, frame[1] - 1)
    return slopes(across, down)


@pytest.mark.parametrize(
    ("frame", "part"),
    [((640, 480), (320, 240)), ((641, 479), (320, 239)), ((320, 256), (320, 256)),
     ((200, 400), (128, 256)), ((160, 100), (320, 200)), ((31, 17), (320, 175))],
)  # fmt: skip
def test_the_picture_is_in_the_top_left_and_the_rest_is_zero(lens, hill, slopes, frame, part):
    place = lens.letterbox(lens.rgb(hill(*frame)), SIZE)
    assert place.shape == (3, 256, 320)
    assert place.dtype == np.float32
    assert np.abs(fitted(place, part) - expected(slopes, frame, part)).max() < 2
    assert not place[:, part[1] :].any()
    assert not place[:, :, part[0] :].any()


@pytest.mark.parametrize("colour", COLOURS, ids=str)
@pytest.mark.parametrize(
    ("frame", "part"),
    [((640, 480), (320, 240)), ((320, 240), (320, 240)), ((642, 478), (320, 238))],
)
def test_planes_become_the_colours_that_they_were_made_of(lens, hill, slopes, colour, frame, part):
    place = lens.letterbox(lens.i420(hill(*frame), colour), SIZE)
    error = np.abs(fitted(place, part) - expected(slopes, frame, part))
    assert error.max() < 4
    assert error.mean() < 1


@pytest.mark.parametrize("colour", COLOURS, ids=str)
@pytest.mark.parametrize(
    "rgb", [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (90, 90, 90)]
)
def test_pure_colours_come_through(lens, colour, rgb):
    place = lens.letterbox(lens.i420(np.full((32, 32, 3), rgb, np.float64), colour), (32, 32))
    assert np.abs(place.transpose(1, 2, 0) - rgb).max() <= 3


def test_the_network_says_how_it_wants_its_pixels(lens, soft, loss):
    frame = lens.rgb(soft((60, 80)))
    red_first = lens.letterbox(frame, (96, 64))
    blue_first = lens.letterbox(frame, (96, 64), Feed(bgr=True, mean=127.5, scale=1 / 128))
    truth = (red_first[::-1, :, :85] - 127.5) / 128
    assert blue_first[:, :, :85] == pytest.approx(truth, abs=1e-5 + 2 * loss / 128)
    assert not blue_first[:, :, 85:].any()


def test_each_channel_may_have_a_mean_of_its_own(lens, soft, loss):
    frame = lens.rgb(soft((64, 96)))
    plain = lens.letterbox(frame, (96, 64), Feed(bgr=True, mean=0.0, scale=0.5))
    fed = lens.letterbox(frame, (96, 64), Feed(bgr=True, mean=(104.0, 117.0, 123.0), scale=0.5))
    less = np.array([104, 117, 123], np.float32)[:, None, None] / 2
    assert fed == pytest.approx(plain - less, abs=1e-4 + 2 * loss)


def test_each_frame_of_a_batch_has_its_own_picture(compute, lens, soft, plain):
    pictures = [lens.rgb(soft((64, 96), seed)) for seed in range(3)]
    batch = lens.fetch(compute.letterbox(pictures, (96, 64), plain))
    for place, picture in zip(batch, pictures, strict=True):
        compute.erase()
        assert (place == lens.letterbox(picture, (96, 64))).all()


@pytest.mark.parametrize("between", [True, False])
def test_nothing_of_the_frame_before_is_left_in_the_margin(compute, lens, soft, between):
    lens.letterbox(lens.rgb(soft((64, 32))), (64, 64))
    if between:
        compute.erase()
    assert not lens.letterbox(lens.rgb(soft((32, 64))), (64, 64))[:, 32:].any()


@pytest.mark.parametrize("frame", [(1, 900), (900, 1)])
def test_a_picture_thinner_than_a_pixel_is_no_error(lens, hill, frame):
    assert np.isfinite(lens.letterbox(lens.rgb(hill(*frame)), (320, 320))).all()
