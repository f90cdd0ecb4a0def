"""An entry that is near to many people has to be reached by more: never anybody by less."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.matching.crowding import FEWEST, MOST, NEAREST, Crowding

LAMBS, OTHERS = 20, 60
SUBJECTS = LAMBS + OTHERS
ALIKE = 0.36
"""Cosine of any two of the lambs; with everybody else they have none."""


def crowd() -> np.ndarray:
    """Twenty people who are alike, and sixty who are like nobody; the last axis is nobody's."""
    rows = np.eye(SUBJECTS, SUBJECTS + 2, dtype=np.float32)
    rows[:LAMBS] *= np.sqrt(1 - ALIKE)
    rows[:LAMBS, SUBJECTS] = np.sqrt(ALIKE)
    return rows


def facing(row: int, score: float) -> np.ndarray:
    """A probe at this cosine from one row of the crowd, and no nearer to others than that asks."""
    target = crowd()[row]
    probe = score * target
    probe[-1] = np.sqrt(1 - score * score)
    return probe


@pytest.fixture
def hold(listing, open_match):
    """Hold the crowd as a list, at a threshold of 0.5."""
    signed = {"maximum_subjects": SUBJECTS}
    return lambda: open_match(listing(crowd()), signed=signed, hits=1, sure_score=0.5)


def every(count: int) -> np.ndarray:
    return np.arange(count, dtype=np.int32)


def test_what_is_taken_off_is_by_how_much_it_is_more_crowded_than_usual():
    taken_off = Crowding(crowd(), every(SUBJECTS))(every(SUBJECTS))
    usual = ALIKE * LAMBS / SUBJECTS
    assert taken_off[:LAMBS] == pytest.approx(ALIKE - usual, abs=0.02)
    assert not taken_off[LAMBS:].any()


def test_where_all_are_equally_alike_nothing_is_taken_off():
    rows = np.eye(SUBJECTS, dtype=np.float32)
    assert Crowding(rows, every(SUBJECTS))(every(SUBJECTS)) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("subjects", [0, 1, FEWEST])
def test_a_short_list_tells_nothing(subjects):
    rows = np.ones((subjects, 4), np.float16) / 2
    assert not Crowding(rows, every(subjects))(every(subjects)).any()


def test_pictures_of_one_person_are_no_crowd():
    rows = np.repeat(np.eye(FEWEST + 1, dtype=np.float32), 3, axis=0)
    taken_off = Crowding(rows, np.repeat(every(FEWEST + 1), 3))(every(len(rows)))
    assert taken_off == pytest.approx(0, abs=1e-6)


def test_an_entry_is_held_against_a_sample_of_a_long_list():
    generator = np.random.default_rng(1)
    rows = generator.standard_normal((2 * MOST, 32)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    crowding = Crowding(rows, every(len(rows)))
    sample = np.linspace(0, len(rows) - 1, MOST).astype(int)
    cosines = np.sort(np.delete(rows[sample], sample == 5, axis=0) @ rows[5])
    usual = crowding._mean
    wanted = max(cosines[-NEAREST:].mean() - usual, 0)
    assert crowding(np.array([5], np.int32)) == pytest.approx(wanted, abs=1e-6)


@given(seed=st.integers(0, 1_000), subjects=st.integers(FEWEST, 200))
@settings(max_examples=30, deadline=None)
def test_a_score_is_never_above_the_cosine(seed, subjects):
    rows = np.random.default_rng(seed).standard_normal((subjects, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    taken_off = Crowding(rows, every(subjects))(every(subjects))
    assert (taken_off >= 0).all()
    assert (taken_off <= 2).all()


def test_who_is_withdrawn_crowds_nobody():
    crowding = Crowding(crowd(), every(SUBJECTS))
    crowding.strike(every(LAMBS)[1:])
    assert not crowding(np.array([0], np.int32)).any()


def test_nothing_of_the_list_is_left_when_it_is_erased():
    crowding = Crowding(crowd(), every(SUBJECTS))
    crowding(every(SUBJECTS))
    crowding.erase()
    held = (crowding._crowd, crowding._probe, crowding._scores, crowding._known)
    assert not any(array.any() for array in held)


def test_a_stranger_who_is_like_a_lamb_does_not_alert_where_another_entry_would(hold, ask):
    match = hold()
    assert ask(match, facing(0, 0.6)) is None
    candidate = ask(match, facing(LAMBS, 0.6), passing=8)
    assert candidate.subject == LAMBS
    assert candidate.score == pytest.approx(0.6)


def test_a_lamb_is_found_with_a_score_that_is_lower_by_what_is_taken_off(hold, ask):
    match = hold()
    candidate = ask(match, facing(3, 0.9))
    assert candidate.subject == 3
    assert candidate.score == pytest.approx(0.9 - match._crowding(np.array([3], np.int32))[0])


def test_whoever_is_next_is_named_where_the_nearest_is_a_lamb(hold, ask):
    match = hold()
    probe = (0.68 * crowd()[0] + 0.66 * crowd()[LAMBS]).astype(np.float32)
    candidate = ask(match, probe)
    assert candidate.subject == LAMBS
    assert candidate.runner_up < candidate.score


def test_strangers_are_counted_by_the_cosine_that_the_calibration_is_of(hold, ask):
    match = hold()
    ask(match, facing(0, 0.6))
    assert match._peaks.take(7) == pytest.approx(0.6)


def test_when_it_closes_what_was_copied_of_the_list_is_erased(hold):
    match = hold()
    match.close()
    assert not match._crowding._crowd.any()


def test_a_newer_list_has_crowds_of_its_own(hold, ask, listing):
    match = hold()
    older = match._crowding
    assert ask(match, facing(0, 0.6)) is None
    newer = listing(crowd()[LAMBS - 1 :])  # one of them is left, and the others
    for _ in match.gallery.stage(newer.templates):
        pass
    match.take(newer, match.deployment)
    assert not older._crowd.any()
    assert ask(match, facing(LAMBS - 1, 0.6), passing=8).subject == 0


def test_a_withdrawn_crowd_is_no_crowd_in_the_matcher_either(hold, ask):
    match = hold()
    match.withdraw(np.arange(1, LAMBS, dtype=np.int32))
    assert ask(match, facing(0, 0.6)).subject == 0
