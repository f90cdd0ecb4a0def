"""What must cross the memory is counted sector by sector; pictures of both layouts are the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.bench.scene import FRAMES, HEIGHT, WIDTH, crowd, nv12, planes
from appliance.bench.sectors import SECTOR, Touched, letterbox_bytes


def taps(place, length):
    """Pixels that count in an interpolation at a place: one, or two."""
    left = int(np.floor(place))
    both = {left} if place == left else {left, left + 1}
    return {min(max(tap, 0), length - 1) for tap in both}


def touched_by_hand(frame, size):
    """Walk over every pixel of the result, and note each sector that it needs."""
    width, height = frame
    scale = min(size[0] / width, size[1] / height)
    wide, high = round(width * scale), round(height * scale)
    seen = set()
    for j in range(high):
        for i in range(wide):
            x, y = (i + 0.5) * width / wide - 0.5, (j + 0.5) * height / high - 0.5
            for row in taps(y, height):
                seen |= {("y", row, tap // SECTOR) for tap in taps(x, width)}
            for row in taps(y / 2 - 0.25, height // 2):
                columns = taps(x / 2 - 0.25, width // 2)
                seen |= {("uv", row, 2 * tap // SECTOR) for tap in columns}
    return len(seen) * SECTOR


@pytest.mark.parametrize(
    ("frame", "size"),
    [((192, 108), (64, 64)), ((96, 64), (96, 64)), ((160, 96), (33, 17)), ((64, 32), (100, 50))],
    ids=["3:1", "1:1", "odd", "larger"],
)
def test_a_letterbox_reads_the_sectors_that_its_pixels_need_and_writes_the_rest_too(frame, size):
    written = 3 * size[0] * size[1] * 2
    assert letterbox_bytes(frame, size, 2) == touched_by_hand(frame, size) + written


def test_at_three_to_one_only_a_third_of_the_rows_is_read():
    read = letterbox_bytes((1920, 1080), (640, 384), 2) - 3 * 640 * 384 * 2
    luma, chroma = 360 * 1920, 540 * 1920
    assert luma < read <= luma + chroma


def test_a_crop_touches_each_sector_once_however_many_faces_share_it():
    once, twice = Touched(1, 256, 128), Touched(1, 256, 128)
    inverse = np.array([[1, 0, 30.25], [0, 1, 20.5]], np.float32)
    once.cut(0, inverse, 32)
    for _ in range(2):
        twice.cut(0, inverse, 32)
    # Luma: rows 20 to 52, columns 30 to 62, in sectors 0 and 1. Chroma: at 14.875, 10.
    assert once.bytes == twice.bytes == (33 * 2 + 17 * 2) * SECTOR


@given(st.lists(st.floats(-1e4, 1e4), min_size=6, max_size=6))
def test_what_lies_outside_the_frame_is_not_counted(numbers):
    touched = Touched(2, 128, 64)
    touched.cut(1, np.array(numbers, np.float32).reshape(2, 3), 16)
    assert touched.bytes <= 128 * 64 * 3 // 2
    assert not touched.sectors[0].any()


def test_a_box_touches_its_luma():
    touched = Touched(1, 256, 128)
    touched.box(0, np.array([31, 10, 65, 12], np.int32))
    assert touched.bytes == 2 * 3 * SECTOR


def test_a_frame_is_luma_then_both_chromas_woven_together():
    luma, u, v = planes(3)
    woven = nv12(3)
    assert (woven[:HEIGHT] == luma).all()
    assert (woven[HEIGHT:, ::2] == u).all()
    assert (woven[HEIGHT:, 1::2] == v).all()
    assert (woven != nv12(4)).any()


@pytest.mark.parametrize(
    ("faces", "side", "face_px"), [(1, 112, 150), (64, 112, 150), (64, 448, 600)]
)
def test_faces_stand_in_every_frame_with_the_middle_of_the_crop_on_the_face(faces, side, face_px):
    some = crowd(faces, side, face_px)
    assert set(some.which) == set(range(min(faces, FRAMES)))
    middle = some.inverses @ np.array([side / 2, side / 2, 1], np.float32)
    centre = (some.boxes[:, :2] + some.boxes[:, 2:]) / 2
    assert middle == pytest.approx(centre, abs=0.6)
    assert ((middle > 0) & (middle < [WIDTH, HEIGHT])).all()
    scale = np.linalg.norm(some.inverses[:, :, 0], axis=1)
    assert scale == pytest.approx(face_px / side, rel=1e-5)
