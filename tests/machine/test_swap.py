"""The next list is brought beside the held one; no search ever sees a part of either."""

import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.errors import InputError

MANY = 2000
"""Rows of several pieces on every machine."""


@pytest.fixture
def gallery(machine):
    return machine.gallery


def rows_of_length_one(count, dimension=16, seed=0):
    rows = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


OLD, NEW = rows_of_length_one(MANY, seed=1), rows_of_length_one(MANY, seed=2)
ASKED = np.concatenate([OLD[[0, 999]], NEW[[0, 999]]])


def finish(steps):
    return sum(1 for _ in steps)


def test_until_the_swap_the_old_list_answers_and_after_it_the_new_one(gallery, close):
    gallery.load(NEW)
    wanted = gallery.search(ASKED)
    gallery.load(OLD)
    before = gallery.search(ASKED)
    for _ in gallery.stage(NEW):
        for had, found in zip(before, gallery.search(ASKED), strict=True):
            assert np.array_equal(had, found)
    assert gallery.search(ASKED)[1][:2, 0].tolist() == [0, 999]
    gallery.swap()
    for _ in itertools.chain([None], gallery.sweep()):
        scores, rows = gallery.search(ASKED)
        assert np.array_equal(rows, wanted[1])
        assert scores == pytest.approx(wanted[0], abs=close)


def test_a_long_list_comes_in_pieces(gallery):
    gallery.load(OLD[:3])
    assert finish(gallery.stage(NEW)) > 2


@pytest.mark.parametrize("number", [np.float16, np.float32])
def test_a_list_comes_as_the_bundle_has_it_and_may_not_be_written(gallery, number):
    templates = NEW.astype(number)
    templates.flags.writeable = False
    gallery.load(templates)
    scores, rows = gallery.search(NEW[:5])
    assert rows[:, 0].tolist() == list(range(5))
    assert scores.dtype == np.float32
    assert scores[:, 0] == pytest.approx(np.ones(5), abs=2e-3)


def test_half_a_list_cannot_be_swapped_in(gallery):
    gallery.load(OLD)
    with pytest.raises(ValueError, match="not whole"):
        gallery.swap()
    steps = gallery.stage(NEW)
    next(steps)
    with pytest.raises(ValueError, match="not whole"):
        gallery.swap()
    assert gallery.search(OLD[7:8])[1][0, 0] == 7


def test_a_list_that_is_given_up_half_way_leaves_the_held_one(gallery):
    gallery.load(OLD)
    steps = gallery.stage(NEW)
    next(steps)
    finish(gallery.sweep())
    assert finish(steps) == 0
    with pytest.raises(ValueError, match="not whole"):
        gallery.swap()
    assert gallery.search(OLD[7:8])[1][0, 0] == 7


def test_of_two_lists_on_their_way_the_later_one_counts(gallery):
    gallery.load(OLD[:3])
    first = gallery.stage(OLD)
    next(first)
    second = gallery.stage(NEW)
    assert finish(first) == 0
    finish(second)
    gallery.swap()
    finish(gallery.sweep())
    assert gallery.search(NEW[70:71])[1][0, 0] == 70


def test_an_empty_next_list_is_refused_and_the_held_one_stays(gallery):
    gallery.load(OLD)
    with pytest.raises(InputError, match="empty"):
        gallery.stage(OLD[:0])
    assert gallery.search(OLD[7:8])[1][0, 0] == 7


def test_sweeping_a_gallery_that_has_nothing_to_sweep_is_nothing(gallery):
    gallery.load(OLD[:3])
    assert finish(gallery.sweep()) == 0


def test_rows_that_are_struck_are_like_nobody_and_the_others_as_before(gallery, close):
    gallery.load(OLD)
    gallery.strike(np.array([3, 4, 5, 700, MANY - 1], np.int32))
    scores, rows = gallery.search(OLD[[3, 5, 700, MANY - 1, 6]])
    assert (scores[:4, 0] < 0.99).all()
    assert rows[4, 0] == 6
    assert scores[4, 0] == pytest.approx(1, abs=close)


def test_striking_no_row_changes_nothing(gallery):
    gallery.strike(np.zeros(0, np.int32))
    gallery.load(OLD)
    gallery.strike(np.zeros(0, np.int32))
    assert gallery.search(OLD[7:8])[1][0, 0] == 7


def test_erasing_ends_a_list_on_its_way_too(gallery):
    gallery.load(OLD)
    steps = gallery.stage(NEW)
    next(steps)
    gallery.erase()
    assert finish(steps) == 0
    with pytest.raises(ValueError, match="not whole"):
        gallery.swap()


moves = st.lists(st.sampled_from(["stage", "step", "swap", "sweep", "strike"]), max_size=30)


@given(moves=moves, seed=st.integers(0, 99))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_done_in_whatever_order_a_search_sees_one_whole_list(gallery, moves, seed):
    lists = [rows_of_length_one(count, seed=seed + count) for count in (5, 700, 1500)]
    struck = [set(), set(), set()]
    turn, held, on_its_way, steps = itertools.cycle([1, 2, 0]), 0, None, iter(())
    gallery.load(lists[0])
    for move in moves:
        if move == "stage":
            on_its_way = next(turn)
            steps = gallery.stage(lists[on_its_way])
        elif move == "step":
            next(steps, None)
        elif move == "swap":
            if on_its_way is not None:
                finish(steps)
                gallery.swap()
                held, on_its_way = on_its_way, None
                struck[held].clear()
        elif move == "sweep":
            next(gallery.sweep(), None)
            on_its_way = None
        else:
            gallery.strike(np.array([2], np.int32))
            struck[held].add(2)
        scores, found = gallery.search(lists[held][:5])
        like = [row for row in range(5) if scores[row, 0] > 0.98 and found[row, 0] == row]
        assert like == [row for row in range(5) if row not in struck[held]]
