"""An officer sees one face and a little around it; everyone else is veiled."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.vision.view import AROUND, MARGIN, SHAPE, others, region

BOX = np.array([300, 200, 380, 300], np.float32)


def test_the_face_is_in_the_middle():
    left, top, right, bottom = region(BOX, 1280, 720)
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((340, 250), abs=1)
    assert bottom - top == pytest.approx(100 * AROUND, abs=1)
    assert right - left == pytest.approx(100 * AROUND * SHAPE, abs=1)


edges = st.floats(-200, 900)


@given(left=edges, top=edges, width=st.floats(8, 700), height=st.floats(8, 700))
@settings(max_examples=80, deadline=None)
def test_the_view_is_inside_the_frame_and_no_larger_than_it_must_be(left, top, width, height):
    box = np.array([left, top, left + width, top + height], np.float32)
    view = region(box, 640, 480)
    assert (view >= 0).all()
    assert view[2] <= 640
    assert view[3] <= 480
    side = max(width, height)
    assert view[3] - view[1] <= side * AROUND + 1
    assert view[2] - view[0] <= side * AROUND * SHAPE + 1


@given(left=st.floats(-40, 620), top=st.floats(-40, 460), side=st.floats(30, 400))
@settings(max_examples=60, deadline=None)
def test_a_face_with_a_part_in_the_frame_has_a_view(left, top, side):
    box = np.array([left, top, left + side, top + side], np.float32)
    if box[0] < 630 and box[1] < 470 and box[2] > 10 and box[3] > 10:
        view = region(box, 640, 480)
        assert view[2] > view[0]
        assert view[3] > view[1]


def test_everyone_else_is_veiled_and_the_subject_is_not(make_faces, person):
    ann, bob, cleo = person("ann", 100, 100), person("bob", 180, 110), person("cleo", 400, 50)
    veils = others(ann.box, make_faces(ann, bob, cleo))
    assert len(veils) == 2
    for veil, stranger in zip(veils, (bob, cleo), strict=True):
        grown = stranger.box + np.array([-1, -1, 1, 1]) * MARGIN * stranger.side
        assert veil == pytest.approx(grown, abs=1)


def test_a_second_detection_of_the_subject_is_not_a_stranger(make_faces, person):
    ann, again = person("ann", 100, 100), person("ann", 108, 104)
    assert len(others(ann.box, make_faces(ann, again))) == 0


def test_a_face_inside_the_subjects_box_is_a_stranger(make_faces, person):
    child = person("bob", 120, 120, side=40)
    assert len(others(person("ann", 100, 100).box, make_faces(child))) == 1


def test_alone_nobody_is_veiled(make_faces, person):
    ann = person("ann", 100, 100)
    assert others(ann.box, make_faces(ann)).shape == (0, 4)


def test_boxes_of_no_area_are_no_division_by_nothing(make_faces, person):
    nothing = person("ann", 100, 100, side=0)
    assert len(others(nothing.box, make_faces(nothing))) == 1
