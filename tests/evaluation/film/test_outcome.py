"""Whose passing was it, and what came of it: told by where and when it was seen."""

import pytest

from appliance.evaluation.film.labels import NOBODY, Pass, Window
from appliance.evaluation.film.outcome import Near, outcomes
from appliance.evaluation.film.theatre import Shown
from appliance.evaluation.film.witness import Call, Sight, Went
from tests.evaluation.film.conftest import labelled

ANN, BOB = "S-000000", "S-000001"
NEAR = Near(50.0, 0.5)


def went(from_s, to_s, x=0.5, eyes_px=60.0, call=None, gated=True):
    """Somebody is seen ten times a second."""
    count = round((to_s - from_s) * 10) + 1
    sights = [Sight(from_s + step / 10, eyes_px, x, 0.5) for step in range(count)]
    return Went(sights, shots=2, gated=gated, call=call)


def told(passes, *seen, listed=(0,), near=NEAR):
    labels = labelled(*passes, listed=listed)
    return outcomes(labels, [Shown(seen, 100, 4.0)], near)


def test_an_alert_for_who_passes_is_a_find_and_says_how_soon_and_how_large():
    (ann,), (others,) = told([Pass(0, 0)], went(1.0, 3.0, call=Call(ANN, 1.4, 55.0)))
    assert (ann.passings, ann.seen, ann.found, ann.near) == (1, 1, 1, True)
    assert (ann.after_s, ann.at_px) == (pytest.approx(0.4), 55.0)
    assert (others.seen, others.false_alerts, others.mistaken) == (0, 0, 0)


def test_an_alert_for_another_is_a_miss_and_a_mistake():
    (ann,), (others,) = told([Pass(0, 0)], went(0, 2, call=Call(BOB, 1, 60)), listed=(0, 1))
    assert (ann.found, ann.after_s) == (0, None)
    assert (others.false_alerts, others.mistaken) == (0, 1)


def test_whoever_is_in_no_window_is_a_stranger():
    window = Window(left=0.6)
    (ann,), (others,) = told(
        [Pass(0, 0, window)], went(0, 2, x=0.8), went(0, 2, x=0.2, call=Call(ANN, 1, 60))
    )
    assert (ann.passings, ann.found) == (1, 0)
    assert (others.seen, others.false_alerts) == (1, 1)


def test_a_passing_is_of_the_window_in_which_it_spends_most_of_itself():
    early, late = Pass(0, 0, Window(to_s=1.0)), Pass(0, 1, Window(from_s=0.5))
    (ann, bob), _ = told([early, late], went(0, 0.9), went(0.4, 3.0), listed=(0, 1))
    assert (ann.passings, ann.seconds) == (1, pytest.approx(0.9))
    assert (bob.passings, bob.seconds) == (1, pytest.approx(2.6))


def test_who_is_set_aside_is_neither_found_nor_false():
    aside = Pass(0, 0, Window(to_s=2.0), counted=False)
    anybody = Pass(0, NOBODY, Window(from_s=2.0), counted=False)
    finds, (others,) = told(
        [aside, anybody], went(0, 1, call=Call(ANN, 1, 60)), went(2.5, 4, call=Call(ANN, 3, 60))
    )
    assert finds == []
    assert (others.seen, others.false_alerts) == (0, 0)


def test_a_known_person_who_is_not_listed_is_a_stranger():
    finds, (others,) = told([Pass(0, 1)], went(0, 2, call=Call(ANN, 1, 60)))
    assert finds == []
    assert (others.seen, others.false_alerts) == (1, 1)


def test_near_is_time_not_a_moment():
    brief = went(0, 0.3, eyes_px=70)
    far = went(0, 3, eyes_px=40)
    for seen in (brief, far):
        (ann,), _ = told([Pass(0, 0)], seen)
        assert not ann.near
    (ann,), _ = told([Pass(0, 0)], brief, far, near=Near(40, 0.5))
    assert ann.near
    assert ann.eyes_px == 70


def test_who_is_never_seen_is_missed():
    (ann,), _ = told([Pass(0, 0)])
    assert (ann.passings, ann.seconds, ann.eyes_px, ann.near, ann.found) == (0, 0, 0, False, 0)
