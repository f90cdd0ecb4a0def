"""A frame is fitted into the top left of the network's picture, in the network's own form."""

import numpy as np
import pytest

from appliance.domain.frame import Colour, Matrix
from appliance.machine import Feed

COLOURS = [Colour(matrix, full) for matrix in Matrix for full in (False, True)]
SIZE = (320, 256)


def fitted(batch, wide, high):
    """The painted part as height, width, colour."""
    return batch[:, :high, :wide].transpose(1, 2, 0)


def expected(slopes, width, height, wide, high):
    y, x = np.mgrid[:high, :wide]
    across = ((x + 0.5) * width / wide - 0.5).clip(0, width - 1)
    down = ((y + 0.5) * height / high - 0.5).clip(0, height - 1)
    return slopes(across, down)


@pytest.mark.parametrize(
    ("width", "height", "wide", "high"),
    [(640, 480, 320, 240), (641, 479, 320, 239), (320, 256, 320, 256), (200, 400, 128, 256),
     (160, 100, 320, 200), (31, 17, 320, 175)],
)  # fmt: skip
def test_the_picture_is_in_the_top_left_and_the_rest_is_zero(
    compute, lens, hill, slopes, plain, width, height, wide, high
):
    batch = lens.fetch(compute.letterbox([lens.rgb(hill(width, height))], SIZE, plain))
    assert batch.shape == (1, 3, 256, 320)
    assert batch.dtype == np.float32
    truth = expected(slopes, width, height, wide, high)
    assert np.abs(fitted(batch[0], wide, high) - truth).max() < 2
    assert not batch[0, :, high:].any()
    assert not batch[0, :, :, wide:].any()


@pytest.mark.parametrize("colour", COLOURS, ids=str)
@pytest.mark.parametrize(("width", "height", "high"), [(640, 480, 240), (320, 240, 240), (642, 478, 238)])
def test_planes_become_the_colours_that_they_were_made_of(
    compute, lens, hill, slopes, plain, colour, width, height, high
):
    frame = lens.i420(hill(width, height), colour)
    batch = lens.fetch(compute.letterbox([frame], SIZE, plain))
    error = np.abs(fitted(batch[0], 320, high) - expected(slopes, width, height, 320, high))
    assert error.max() < 4
    assert error.mean() < 1


@pytest.mark.parametrize("colour", COLOURS, ids=str)
@pytest.mark.parametrize(
    "rgb", [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (90, 90, 90)]
)
def test_pure_colours_come_through(compute, lens, plain, colour, rgb):
    frame = lens.i420(np.full((32, 32, 3), rgb, np.float64), colour)
    batch = lens.fetch(compute.letterbox([frame], (32, 32), plain))
    assert np.abs(batch[0].transpose(1, 2, 0) - rgb).max() <= 3


def test_the_network_says_how_it_wants_its_pixels(compute, lens, soft, plain):
    frame = lens.rgb(soft((60, 80)))
    red_first = lens.fetch(compute.letterbox([frame], (96, 64), plain))
    feed = Feed(bgr=True, mean=127.5, scale=1 / 128)
    blue_first = lens.fetch(compute.letterbox([frame], (96, 64), feed))
    high, wide = 60 * 64 // 60, 85
    truth = (red_first[0, ::-1, :high, :wide] - 127.5) / 128
    assert blue_first[0, :, :high, :wide] == pytest.approx(truth, abs=1e-5)
    assert not blue_first[0, :, :, wide:].any()


def test_each_frame_of_a_batch_has_its_own_picture(compute, lens, soft, plain):
    pictures = [lens.rgb(soft((64, 96), seed)) for seed in range(3)]
    batch = lens.fetch(compute.letterbox(pictures, (96, 64), plain))
    for place, picture in zip(batch, pictures, strict=True):
        compute.erase()
        alone = lens.fetch(compute.letterbox([picture], (96, 64), plain))[0]
        assert (place == alone).all()


@pytest.mark.parametrize("between", [True, False])
def test_nothing_of_the_frame_before_is_left_in_the_margin(compute, lens, soft, plain, between):
    compute.letterbox([lens.rgb(soft((64, 32)))], (64, 64), plain)
    if between:
        compute.erase()
    batch = lens.fetch(compute.letterbox([lens.rgb(soft((32, 64)))], (64, 64), plain))
    assert not batch[0, :, 32:].any()


@pytest.mark.parametrize(("width", "height"), [(1, 900), (900, 1)])
def test_a_picture_thinner_than_a_pixel_is_no_error(compute, lens, hill, plain, width, height):
    batch = lens.fetch(compute.letterbox([lens.rgb(hill(width, height))], (320, 320), plain))
    assert np.isfinite(batch).all()
