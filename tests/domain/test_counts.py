"""What is counted, and what a face in an array is."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from appliance.domain.decision import Decision, Verdict
from appliance.domain.lamp import Lamp
from appliance.domain.passing import Passing
from appliance.domain.tally import Tally


def passing(**changes) -> Passing:
    plain = {"number": 1, "camera": "mast-1", "sights": 5, "shots": 2, "gated": True}
    return Passing(**{**plain, "alerted": False, **changes})


def test_a_face_seen_is_erased_when_its_passing_ends():
    tally = Tally()
    tally.settle(passing(), 0.5)
    assert (tally.erased, tally.unencoded, len(tally.deletion_ms)) == (1, 0, 1)


def test_what_was_never_good_enough_is_no_face_seen_but_its_deletion_is_measured():
    tally = Tally()
    tally.settle(passing(gated=False, shots=0), 0.5)
    assert (tally.erased, tally.unencoded, len(tally.deletion_ms)) == (0, 0, 1)


def test_a_face_seen_without_a_template_is_not_hidden():
    tally = Tally()
    tally.settle(passing(shots=0), 0.5)
    assert (tally.erased, tally.unencoded) == (1, 1)


def test_faces_can_be_counted_taken_and_erased(make_faces, person):
    faces = make_faces(person("ann", 1, 2), person("bob", 3, 4), person("cleo", 5, 6))
    some = faces.take(np.array([2, 0]))
    assert len(faces) == 3
    assert some.boxes[:, 0].tolist() == [5, 1]
    faces.erase()
    assert not any(array.any() for array in (faces.boxes, faces.landmarks, faces.scores))
    assert some.boxes.any()  # a copy has its own life


def test_faces_can_be_chosen_by_a_question(make_faces, person):
    faces = make_faces(person("ann", 1, 2, score=0.9), person("bob", 3, 4, score=0.2))
    assert faces.take(faces.scores > 0.5).boxes[:, 0].tolist() == [1]


def test_a_decision_is_final_and_says_no_unless_it_says_yes(clock):
    decision = Decision("a-1", "PC 123", clock.now)
    assert decision.answer is Verdict.NOT_VIABLE
    with pytest.raises(FrozenInstanceError):
        decision.answer = Verdict.VIABLE


def test_the_lamp_has_a_word_for_all_that_the_van_does():
    words = {"off", "ready", "looking", "alert", "degraded", "fault", "updating"}
    assert {lamp.value for lamp in Lamp} == words
