"""What an officer gets is a part of the frame in which the others cannot be made out."""

from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image

NOBODY = np.zeros((0, 4), np.int32)
VIEW = np.array([100, 50, 300, 250], np.int32)


@pytest.fixture(params=["rgb", "i420"])
def encode(request, compute, lens):
    def show(picture, region=VIEW, veiled=NOBODY):
        frame = getattr(lens, request.param)(picture)
        data = compute.jpeg(frame, np.array(region, np.int32), np.array(veiled, np.int32))
        decoded = np.asarray(Image.open(BytesIO(data)).convert("RGB")).astype(float)
        return data, decoded

    return show


def likeness(first, second):
    """How much of one picture's detail is in the other, -1 to 1."""
    return np.corrcoef(first[..., 1].ravel(), second[..., 1].ravel())[0, 1]


def detail(picture):
    return np.diff(picture[..., 1], axis=0).std()


def test_only_the_region_leaves_the_machine(encode, soft):
    picture = soft((360, 480))
    _, shown = encode(picture)
    assert shown.shape == (200, 200, 3)
    assert np.abs(shown - picture[50:250, 100:300]).mean() < 3


@pytest.mark.parametrize("rgb", [(200, 40, 40), (40, 200, 40), (40, 40, 200)])
def test_colours_are_what_they_were(encode, rgb):
    _, shown = encode(np.full((360, 480, 3), rgb, np.float64))
    assert np.abs(shown - rgb).max() < 8


def test_edges_of_odd_numbers_are_no_trouble(encode, soft):
    picture = soft((360, 480))
    _, shown = encode(picture, region=[101, 51, 298, 248])
    assert np.abs(shown - picture[51:248, 101:298]).mean() < 3


def test_a_large_region_is_made_smaller_in_proportion(encode, soft):
    _, shown = encode(soft((900, 1200), smooth=20), region=[0, 0, 1200, 800])
    assert shown.shape == (320, 480, 3)


def test_a_veiled_face_cannot_be_made_out(encode, grain):
    face = cv2.GaussianBlur(grain(480, 360, strength=200.0), (0, 0), 2)
    _, clear = encode(face)
    _, shown = encode(face, veiled=[[140, 90, 240, 190]])
    veil, rest = np.s_[40:140, 40:140], np.s_[145:, 145:]
    assert likeness(shown[veil], clear[veil]) < 0.5
    assert detail(shown[veil]) < detail(clear[veil]) / 5
    assert likeness(shown[rest], clear[rest]) > 0.98


def test_a_veil_over_the_edge_covers_what_is_inside(encode, grain):
    _, shown = encode(grain(480, 360), veiled=[[20, 10, 150, 130]])
    assert detail(shown[:78, :48]) < 3
    assert detail(shown[90:, 60:]) > 20


@pytest.mark.parametrize("veil", [[400, 300, 470, 350], [0, 0, 90, 40], [200, 200, 150, 150]])
def test_a_veil_elsewhere_changes_nothing(encode, soft, veil):
    picture = soft((360, 480))
    assert encode(picture, veiled=[veil])[0] == encode(picture)[0]


def test_several_are_veiled_at_once(encode, grain):
    _, shown = encode(grain(480, 360), veiled=[[100, 50, 190, 250], [210, 50, 300, 250]])
    assert detail(shown[:, 4:84]) < 3
    assert detail(shown[:, 114:196]) < 3
    assert detail(shown[:, 94:106]) > 20


def test_it_is_a_jpeg_that_tells_nothing_else(encode, soft):
    data, _ = encode(soft((360, 480)))
    picture = Image.open(BytesIO(data))
    assert picture.format == "JPEG"
    assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not picture.getexif()
    assert data.endswith(b"\xff\xd9")


def test_the_frame_itself_is_not_touched(compute, lens, grain):
    frame = lens.i420(grain(480, 360))
    before = lens.fetch(frame.pixels)
    compute.jpeg(frame, VIEW, np.array([[140, 90, 240, 190]], np.int32))
    assert (lens.fetch(frame.pixels) == before).all()
