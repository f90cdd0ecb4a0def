"""A small face is looked at once more, in a crop of its own, and only its landmarks move."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.vision.closer import AT_ONCE, FACE_PX, SIDE_PX, Closer
from appliance.vision.detector import Detect
from tests.painted import POINTS, yunet_outputs

MIDDLE = SIDE_PX / 2


class Loupe:
    """A machine that notes what is cut out, and whose detector sees what it is told."""

    def __init__(self):
        self.cuts = []
        self.runs = []
        self.seen = []
        self.answer = lambda _corner: self.seen

    def warp(self, frames, which, inverses, side, feed):
        self.cuts += [
            (int(i), inverse.copy(), side) for i, inverse in zip(which, inverses, strict=True)
        ]
        batch = np.zeros((len(which), 3, side, side), np.float32)
        batch[:, 0, 0, 0] = inverses[:, 0, 2]
        return batch

    def fetch(self, array):
        return array

    def net(self, batch):
        self.runs.append(len(batch))
        corners = batch[:, 0, 0, 0].tolist()
        return yunet_outputs((SIDE_PX, SIDE_PX), [self.answer(corner) for corner in corners])


def at(x, y, width=FACE_PX, score=0.9, shift=0.0):
    """A face in the crop; its landmarks are off their usual places by so many pixels."""
    box = np.array([x - width / 2, y - width / 2, x + width / 2, y + width / 2], np.float32)
    return box, box[:2] + POINTS * width + np.float32(shift), score


@pytest.fixture
def loupe():
    return Loupe()


@pytest.fixture
def closer(loupe, pack):
    def build(size=(640, 480), least_px=40.0, **model):
        detector = pack.detector.model_copy(update=model)
        return Closer(Detect(loupe, loupe.net, detector, size, 0.3), least_px)

    return build


def look(closer, film, faces):
    which = np.zeros(len(faces), np.int32)
    closer(film.frames(()), which, faces)
    return faces


def test_landmarks_are_found_anew_in_pixels_of_the_frame(closer, loupe, film, make_faces, person):
    loupe.seen = [at(MIDDLE, MIDDLE, shift=2.0)]
    before = make_faces(person("ann", 200, 100, side=28))
    faces = look(closer(), film, make_faces(person("ann", 200, 100, side=28)))
    assert faces.landmarks - before.landmarks == pytest.approx(np.full((1, 5, 2), 1.0), abs=1e-3)
    assert faces.boxes.tolist() == before.boxes.tolist()
    assert faces.scores.tolist() == before.scores.tolist()
    ((which, inverse, side),) = loupe.cuts
    assert (which, side) == (0, SIDE_PX)
    assert inverse @ (MIDDLE, MIDDLE, 1) == pytest.approx([214, 114])
    assert inverse[0, 0] == pytest.approx(28 / FACE_PX)


def test_only_what_the_detector_saw_small_is_looked_at(closer, loupe, film, make_faces, person):
    faces = make_faces(*(person("ann", x, 0, side=s) for x, s in ((0, 39), (100, 41), (200, 90))))
    look(closer(), film, faces)
    assert len(loupe.cuts) == 1
    # The same faces are half as wide in an input of half the frame's width.
    look(closer(size=(320, 256)), film, faces)
    assert len(loupe.cuts) == 1 + 2


def test_where_nothing_is_found_landmarks_stay(closer, loupe, film, make_faces, person):
    before = make_faces(person("ann", 200, 100, side=28))
    for seen in ([], [at(20, 20, shift=3.0)]):
        loupe.seen = seen
        faces = look(closer(), film, make_faces(person("ann", 200, 100, side=28)))
        assert faces.landmarks.tolist() == before.landmarks.tolist()
    assert len(loupe.cuts) == 2


def test_the_surest_in_the_middle_is_taken(closer, loupe, film, make_faces, person):
    loupe.seen = [
        at(MIDDLE - 16, MIDDLE, score=0.5, shift=9.0),
        at(MIDDLE, MIDDLE, score=0.8, shift=2.0),
        at(10, 10, width=20, score=0.95),
    ]
    faces = look(closer(), film, make_faces(person("ann", 200, 100, side=28)))
    usual = make_faces(person("ann", 200, 100, side=28)).landmarks
    assert faces.landmarks - usual == pytest.approx(np.full((1, 5, 2), 1.0), abs=1e-3)


@pytest.fixture
def crowd(make_faces, person):
    """Six small faces of two cameras, and a large one among them."""
    sides = (28, 20, 90, 33, 38, 24, 30)
    faces = make_faces(*(person("ann", 80.0 * i, 100, side=s) for i, s in enumerate(sides)))
    return np.array([0, 1, 0, 1, 1, 0, 0], np.int32), faces


def shifted(corner):
    """Each face lies elsewhere in its crop, one too far away, and one is not found."""
    if 150 < corner < 300:
        return []
    away = corner / 8 if corner < 400 else 60.0
    return [at(MIDDLE, MIDDLE, score=0.5), at(MIDDLE - away, MIDDLE + 3, shift=corner / 100)]


def test_together_faces_get_what_each_gets_alone(closer, loupe, film, crowd):
    which, together = crowd
    loupe.answer = shifted
    alone = [together.take(np.array([i])) for i in range(len(together))]
    closer()(film.frames((), ()), which, together)
    cuts, loupe.cuts = loupe.cuts, []
    for i, face in enumerate(alone):
        closer()(film.frames((), ()), which[i : i + 1], face)
        assert together.landmarks[i] == pytest.approx(face.landmarks[0], abs=1e-4)
    assert [which for which, _, _ in cuts] == [which for which, _, _ in loupe.cuts]


def test_so_many_are_looked_at_in_a_run_as_a_plan_takes(closer, loupe, film, crowd):
    closer()(film.frames((), ()), *crowd)
    assert loupe.runs == [AT_ONCE, 6 - AT_ONCE]


def test_a_detector_that_takes_one_picture_is_shown_one_face(closer, loupe, film, crowd):
    closer(batch=1)(film.frames((), ()), *crowd)
    assert loupe.runs == [1] * 6


def test_a_box_without_width_is_not_looked_at(closer, loupe, film, make_faces, person):
    faces = make_faces(person("ann", 200, 100, side=-4), person("bob", 9, 9, side=0))
    look(closer(), film, faces)
    assert loupe.cuts == []


@pytest.mark.parametrize("model", [{"fixed": (640, 640)}, {"family": "dlib"}])
def test_a_detector_that_takes_no_other_size_is_asked_once(
    closer, loupe, film, make_faces, person, model
):
    look(closer(**model), film, make_faces(person("ann", 200, 100, side=28)))
    assert loupe.cuts == []


def test_nothing_is_looked_at_where_it_is_set_to_nought(closer, loupe, film, make_faces, person):
    look(closer(least_px=0.0), film, make_faces(person("ann", 200, 100, side=28)))
    assert loupe.cuts == []
