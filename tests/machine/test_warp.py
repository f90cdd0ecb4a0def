"""Aligned faces are cut out of the frame at its full resolution, by bilinear interpolation."""

import numpy as np
import pytest

from appliance.domain.frame import Colour, Matrix
from appliance.machine import Feed

SIDE = 56
FIRST = np.zeros(1, np.int32)
MAPS = {
    "as it is": [[1, 0, 40], [0, 1, 30]],
    "half a pixel on": [[1, 0, 40.5], [0, 1, 30.5]],
    "smaller": [[2.5, 0, 20], [0, 2.5, 10]],
    "larger": [[0.4, 0, 90.3], [0, 0.4, 70.8]],
    "turned": [[1.1, -0.7, 90], [0.7, 1.1, 30]],
    "upside down": [[-1, 0, 140], [0, -1, 120]],
}


def places(inverse):
    """Where in the frame each pixel of the crop lies."""
    y, x = np.mgrid[:SIDE, :SIDE]
    (a, b, c), (d, e, f) = inverse
    return a * x + b * y + c, d * x + e * y + f


def bilinear(picture, x, y):
    """Look a picture up between its pixels, in double precision."""
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    u, v = (x - left)[..., None], (y - top)[..., None]
    upper = picture[top, left] * (1 - u) + picture[top, left + 1] * u
    lower = picture[top + 1, left] * (1 - u) + picture[top + 1, left + 1] * u
    return upper * (1 - v) + lower * v


@pytest.mark.parametrize("inverse", MAPS.values(), ids=MAPS)
def test_a_crop_is_what_exact_interpolation_gives(lens, soft, inverse):
    picture = soft((240, 320)).round()
    crop = lens.cut(lens.rgb(picture), inverse, SIDE)
    error = np.abs(crop - bilinear(picture, *places(inverse)))
    assert error.max() < 2
    assert error.mean() < 0.6


@pytest.mark.parametrize("colour", [Colour(m, f) for m in Matrix for f in (False, True)], ids=str)
@pytest.mark.parametrize("inverse", MAPS.values(), ids=MAPS)
def test_a_crop_of_planes_is_the_picture_they_were_made_of(lens, hill, slopes, inverse, colour):
    crop = lens.cut(lens.i420(hill(320, 240), colour), inverse, SIDE)
    error = np.abs(crop - slopes(*places(inverse)))
    assert error.max() < 4
    assert error.mean() < 1


@pytest.mark.parametrize("inverse", [[[0.8, 0, 6], [0, 0.8, 6]], [[-0.8, 0, 56], [0, -0.8, 56]]])
def test_the_colour_lies_where_the_light_lies(lens, inverse):
    """Chroma has half the pixels: a shift of a part of one would tint every edge."""
    y, x = np.mgrid[:64, :64].astype(np.float64)
    picture = np.stack([20 + 3 * x, np.full_like(x, 128), 20 + 3 * y], axis=-1)
    crop = lens.cut(lens.i420(picture), inverse, SIDE)
    across, down = places(inverse)
    assert (crop[..., 0] - 20 - 3 * across).mean() == pytest.approx(0, abs=0.5)
    assert (crop[..., 2] - 20 - 3 * down).mean() == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("make", ["rgb", "i420"])
def test_beyond_the_edge_it_is_black(lens, soft, make):
    frame = getattr(lens, make)(soft((240, 320)))
    crop = lens.cut(frame, [[1, 0, -SIDE / 2], [0, 1, 100]], SIDE)
    assert crop[:, : SIDE // 2 - 2].max() <= 2
    assert crop[:, SIDE // 2 + 2 :].max() > 20
    assert lens.cut(frame, [[1, 0, 5000], [0, 1, 5000]], SIDE).max() <= 2


def test_a_map_of_zeros_is_no_error(lens, soft):
    frame = lens.i420(soft((240, 320)))
    assert np.isfinite(lens.cut(frame, [[0, 0, 0], [0, 0, 0]], SIDE)).all()


def test_each_face_comes_from_its_own_frame(compute, lens, soft, plain):
    frames = [lens.rgb(soft((240, 320), seed)) for seed in (1, 2)]
    which = np.array([1, 0, 1], np.int32)
    inverses = np.array([MAPS["turned"], MAPS["smaller"], MAPS["larger"]], np.float32)
    crops = lens.fetch(compute.warp(frames, which, inverses, SIDE, plain))
    for crop, i, inverse in zip(crops, which, inverses, strict=True):
        compute.erase()
        assert (crop.transpose(1, 2, 0) == lens.cut(frames[i], inverse, SIDE)).all()


def test_no_face_gives_no_crop(compute, lens, soft, plain):
    none = np.zeros((0, 2, 3), np.float32)
    crops = compute.warp([lens.rgb(soft((48, 64)))], FIRST[:0], none, SIDE, plain)
    assert lens.fetch(crops).shape == (0, 3, SIDE, SIDE)


def test_the_encoder_says_how_it_wants_its_pixels(lens, soft, loss):
    frame = lens.rgb(soft((240, 320)))
    crop = lens.cut(frame, MAPS["turned"], SIDE)
    feed = Feed(bgr=True, mean=127.5, scale=1 / 127.5)
    fed = lens.cut(frame, MAPS["turned"], SIDE, feed)
    truth = (crop[..., ::-1] - 127.5) / 127.5
    assert fed == pytest.approx(truth, abs=1e-5 + 2 * loss / 127.5)
