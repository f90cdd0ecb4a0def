"""Only what may be worth a template is measured, and only what is worth one is encoded."""

import numpy as np
import pytest

from appliance.settings import VisionSettings
from appliance.vision.choice import Choose
from appliance.vision.passes import Passes


class Gauge:
    """A machine that measures as it is told, and notes what it was asked."""

    batch = 2

    def __init__(self):
        self.asked = []
        self.sharpness = {}

    def gauge(self, frames, which, boxes):
        self.asked.append(len(which))
        sharp = [self.sharpness.get(int(box[0]), 400.0) for box in boxes]
        return np.array([[s, 120.0] for s in sharp], np.float32).reshape(-1, 2)


@pytest.fixture
def compute():
    return Gauge()


@pytest.fixture
def choose(compute, points, film, make_faces):
    """Follow some people for one frame, and give the places of the shots, batch by batch."""
    rules = VisionSettings()
    passes = Passes(rules, 4)
    stage = Choose(compute, points, rules, passes)

    def show(*people):
        frame = film.frame(*people)
        sights = passes.follow([frame], [make_faces(*people)])
        return list(stage([frame], sights))

    show.passes = passes
    return show


def lefts(shots):
    return [batch.sights.faces.boxes[:, 0].tolist() for batch in shots]


def test_the_best_are_encoded_first_as_many_at_once_as_the_machine_likes(choose, person):
    shots = choose(*(person("ann", x, 100, side=s) for x, s in ((0, 40), (150, 96), (300, 60))))
    assert lefts(shots) == [[150, 300], [0]]
    assert shots[0].quality[0] > shots[0].quality[1]


def test_nobody_there_is_nothing_to_encode(choose, compute):
    assert choose() == []


def test_a_face_too_small_is_not_even_measured(choose, compute, person):
    assert choose(person("ann", 0, 0, side=20)) == []
    assert compute.asked == [0]


def test_a_blurred_face_is_not_encoded_and_not_counted_as_seen(choose, compute, person):
    compute.sharpness[200] = 5.0
    assert lefts(choose(person("ann", 0, 100), person("bob", 200, 100))) == [[0]]
    assert choose.passes.seen == 1


def test_a_passing_that_has_its_shots_is_not_measured_again(choose, compute, person):
    (shots,) = choose(person("ann", 0, 100))
    choose.passes.fuse(
        shots.sights.rows, np.eye(4, dtype=np.float32)[:1], shots.quality, np.ones(1), 0
    )
    assert choose(person("ann", 2, 100)) == []
    assert compute.asked == [1, 0]


def test_what_is_encoded_is_looked_at_more_closely_and_nothing_else(
    compute, points, film, make_faces, person
):
    looked = []

    def closer(frames, which, faces):
        looked.append(faces.boxes[:, 0].tolist())
        faces.landmarks[...] += 1

    rules = VisionSettings()
    passes = Passes(rules, 4)
    stage = Choose(compute, points, rules, passes, closer)
    people = [person("ann", 0, 100, side=96), person("bob", 300, 100, side=20)]
    faces = make_faces(*people)
    (shots,) = stage([film.frame(*people)], passes.follow([film.frame(*people)], [faces]))
    assert looked == [[0]]
    assert shots.sights.faces.landmarks[0].tolist() == (people[0].landmarks + 1).tolist()
