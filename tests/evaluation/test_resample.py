"""An interval says how far a figure would go with other people of the same kind."""

import numpy as np
import pytest

from appliance.evaluation.resample import Figure, Resample, pairs_between

PEOPLE = 200


@pytest.fixture(scope="module")
def drawn():
    return Resample(PEOPLE, 400, seed=1)


def ones(count=PEOPLE):
    return np.ones(count, np.int64)


def test_each_round_draws_as_many_subjects_as_there_are(drawn):
    assert drawn.weights.shape == (400, PEOPLE)
    assert (drawn.weights.sum(axis=1) == PEOPLE).all()


def test_the_same_seed_draws_the_same(drawn):
    assert np.array_equal(drawn.weights, Resample(PEOPLE, 400, seed=1).weights)
    assert not np.array_equal(drawn.weights, Resample(PEOPLE, 400, seed=2).weights)


def test_a_share_of_people_who_are_one_trial_each_has_the_interval_of_a_coin(drawn):
    hits = (np.arange(PEOPLE) < 50).astype(np.int64)
    told = drawn.share(hits, ones()).estimate()
    assert told.value == 0.25
    assert told.low == pytest.approx(0.19, abs=0.015)
    assert told.high == pytest.approx(0.31, abs=0.015)


def test_many_trials_of_few_people_are_not_surer_than_the_people(drawn):
    hits = (np.arange(PEOPLE) < 50).astype(np.int64)
    once, often = (drawn.share(hits * times, ones() * times).estimate() for times in (1, 100))
    assert (once.low, once.high) == (often.low, often.high)


def test_where_nothing_went_wrong_the_interval_is_the_exact_one_of_the_people(drawn):
    told = drawn.share(np.zeros(PEOPLE, np.int64), ones() * 50).estimate()
    assert (told.value, told.low) == (0.0, 0.0)
    assert told.high == pytest.approx(1 - 0.025 ** (1 / PEOPLE), rel=1e-6)


def test_where_everything_did_as_well(drawn):
    told = drawn.share(ones() * 50, ones() * 50).estimate()
    assert (told.value, told.high) == (1.0, 1.0)
    assert told.low == pytest.approx(0.025 ** (1 / PEOPLE), rel=1e-6)


def test_where_nothing_was_tried_nothing_is_excluded(drawn):
    figure = drawn.share(np.zeros(PEOPLE), np.zeros(PEOPLE))
    told = figure.estimate()
    assert (told.value, told.low, told.high) == (None, 0.0, 1.0)
    assert figure.less(drawn.share(ones(), ones()), 0.95) == (-1.0, 1.0)


def test_strangers_are_pairs_of_two_people_and_copies_of_one_are_none():
    weights = np.array([[1, 1, 1], [2, 1, 0], [3, 0, 0]], np.float32)
    pictures = np.array([2, 3, 4])
    assert pairs_between(weights, pictures).tolist() == [26, 12, 0]


def test_false_matches_are_counted_by_the_pairs_that_were_drawn(drawn):
    # One person whom everybody resembles: how often that one is drawn decides.
    first, second = np.zeros(PEOPLE - 1, np.int64), np.arange(1, PEOPLE)
    lamb = drawn.of_pairs(first, second, ones())
    assert lamb.value == pytest.approx(2 / PEOPLE)
    told = lamb.estimate()
    assert told.low == 0
    assert told.high > 1.9 * 2 / PEOPLE
    generator = np.random.default_rng(1)
    spread = generator.permuted(np.tile(np.arange(PEOPLE), (PEOPLE - 1, 1)), axis=1)[:, :2].T
    assert drawn.of_pairs(*spread, ones()).estimate().high < 1.4 * 2 / PEOPLE


def test_no_false_match_is_bounded_by_pairs_that_have_nobody_in_common(drawn):
    nobody = np.zeros(0, np.int64)
    told = drawn.of_pairs(nobody, nobody, ones()).estimate()
    assert told.high == pytest.approx(1 - 0.025 ** (2 / PEOPLE), rel=1e-6)


def test_a_group_of_one_person_has_no_strangers(drawn):
    alone = (np.arange(PEOPLE) == 7).astype(np.int64)
    nobody = np.zeros(0, np.int64)
    told = drawn.of_pairs(nobody, nobody, alone).estimate()
    assert (told.value, told.low, told.high) == (None, 0.0, 1.0)


def test_a_gap_is_drawn_with_the_same_people_on_both_sides(drawn):
    some = drawn.share(np.arange(PEOPLE) < 60, ones())
    more = drawn.share(np.arange(PEOPLE) < 90, ones())
    low, high = more.less(some, 0.95)
    assert 0.08 < low < 0.15 < high < 0.22
    assert some.times(more, 0.95).high < 1 < more.times(some, 0.95).low


def test_how_many_times_cannot_be_said_of_what_never_was(drawn):
    never = drawn.share(np.zeros(PEOPLE), ones())
    some = drawn.share(np.arange(PEOPLE) < 60, ones())
    assert some.times(never, 0.95) is None
    assert never.times(some, 0.95) is None


def test_a_round_with_nothing_to_try_is_left_out():
    some = Figure(0.5, 1, 2, 2, np.array([0.2, np.nan, 0.4])).estimate()
    assert 0.2 <= some.low < some.high <= 0.4
    nothing = Figure(0.5, 1, 2, 2, np.array([np.nan, np.nan])).estimate()
    assert (nothing.low, nothing.high) == (0.0, 1.0)
