"""TPIR at FPIR is what searching every probe by hand gives."""

import numpy as np
import pytest

from appliance.evaluation import search as searching
from appliance.evaluation.bars import bar_at
from appliance.evaluation.identification import Plan, identify
from appliance.evaluation.norms import UNSEEN
from appliance.evaluation.resample import Resample
from appliance.evaluation.search import OUTSIDE, Searched, draw, search
from appliance.evaluation.way import Way
from tests.evaluation.crowd import Crowd, unheard

THRESHOLD = 0.6


@pytest.fixture(scope="module")
def many():
    """Three hundred people with six pictures each."""
    return Crowd(300, 6, stray=0.2).cohort()


@pytest.fixture(scope="module")
def result(many):
    plan = Plan(sizes=(50, 200, 280), images=(1, 3), draws=3)
    return identify(many, plan, THRESHOLD, Resample(300, 200, seed=1), unheard)


def chance():
    return np.random.default_rng(5)


def by_hand(cohort, drawn):
    """Search with nothing but the definition: own score at rank 1 else UNSEEN, and the highest."""
    hits = []
    for row in drawn.mated[:, 0]:
        best = {}
        for listed in drawn.gallery:
            score = float(cohort.templates[row] @ cohort.templates[listed])
            owner = int(cohort.owners[listed])
            best[owner] = max(best.get(owner, -2.0), score)
        own = best[int(cohort.owners[row])]
        hits.append(own if own == max(best.values()) else UNSEEN)
    listed = cohort.templates[drawn.gallery]
    strangers = [max(listed @ cohort.templates[row]) for row in drawn.non_mated[:, 0]]
    return np.array(hits), np.array(strangers)


def test_a_list_has_so_many_subjects_and_images_and_nobody_is_on_both_sides(many):
    drawn = draw(many, 100, 3, chance())
    listed, counts = np.unique(many.owners[drawn.gallery], return_counts=True)
    assert len(listed) == 100
    assert (counts == 3).all()
    assert set(many.owners[drawn.mated[:, 0]]) == set(listed)
    assert not set(drawn.mated[:, 0]) & set(drawn.gallery)
    assert set(many.owners[drawn.non_mated[:, 0]]) == set(range(300)) - set(listed)


def test_nobody_is_probed_more_often_than_five_times():
    cohort = Crowd(60, 9).cohort()
    drawn = draw(cohort, 20, 1, chance())
    assert np.unique(cohort.owners[drawn.mated], return_counts=True)[1].max() == 5
    assert np.unique(cohort.owners[drawn.non_mated], return_counts=True)[1].max() == 5


def test_a_long_list_is_filled_with_people_who_do_not_pass():
    cohort = Crowd(100, 2).cohort()
    drawn = draw(cohort, 60, 2, chance())
    assert drawn is None  # nobody has a third picture, so nobody could be found
    pictures = np.repeat(np.arange(100), [2] * 40 + [1] * 60)
    some = Crowd(100, 1).cohort()
    mixed = type(some)(some.templates[pictures], pictures, some.acquired[pictures], 100)
    drawn = draw(mixed, 60, 1, chance())
    assert set(mixed.owners[drawn.mated[:, 0]]) == set(range(40))
    assert len(set(mixed.owners[drawn.gallery])) == 60


def test_a_list_that_leaves_too_few_strangers_is_not_drawn():
    cohort = Crowd(60, 4).cohort()
    assert draw(cohort, 60 - OUTSIDE, 1, chance())
    assert draw(cohort, 61 - OUTSIDE, 1, chance()) is None


@pytest.mark.parametrize("images", [1, 3])
def test_searching_is_what_looking_at_each_score_gives(many, images, monkeypatch):
    monkeypatch.setattr(searching, "BLOCK_ROWS", 50)
    drawn = draw(many, 40, images, chance())
    found = search(many, drawn, Way(images="best", score="cosine"))
    hits, strangers = by_hand(many, drawn)
    assert found.hits == pytest.approx(hits, abs=1e-6)
    assert found.strangers == pytest.approx(strangers, abs=1e-6)
    assert 0 < (found.hits == UNSEEN).sum() < len(found.hits)


def test_who_failed_is_a_miss_on_the_list_and_no_alarm_beside_it():
    cohort = Crowd(60, 3).cohort(failed=range(180))
    drawn = draw(cohort, 20, 1, chance())
    found = search(cohort, drawn)
    assert found.unenrolled == 20
    assert (found.strangers == UNSEEN).all()
    assert not (found.hits >= THRESHOLD).any()


def test_tpir_at_fpir_is_what_counting_gives_at_one_threshold_for_all_lists(many, result):
    row = result.rows[1]
    assert (row.size, row.images) == (200, 1)
    lists = [draw(many, 200, 1, np.random.default_rng((1, 200, 1, number))) for number in range(3)]
    found = [search(many, drawn) for drawn in lists]
    strangers = np.sort(np.concatenate([one.strangers for one in found]))[::-1]
    threshold = strangers[int(0.1 * len(strangers))]
    tpir = np.mean(np.concatenate([one.hits for one in found]) > threshold)
    at = row.rates[0]
    assert at.tpir.value == pytest.approx(tpir)
    assert at.tpir.low < tpir < at.tpir.high
    assert at.threshold == pytest.approx(threshold)
    assert at.errors == (strangers > threshold).sum() <= 0.1 * len(strangers)


def searched(strangers, whose):
    hits = np.array([0.9, 0.5], np.float32)
    scores = np.array(strangers, np.float32)
    return Searched(hits, np.array([8, 9]), scores, np.array(whose), 0)


def test_a_stranger_who_is_taken_for_somebody_in_every_list_is_one_person():
    again = searched([0.8, 0.8, 0.8, 0.8, 0.3, 0.2, 0.1, 0.1], [1, 1, 1, 1, 2, 3, 4, 5])
    bar = bar_at(again, 0.5)
    assert (bar.threshold, bar.errors, bar.people) == (pytest.approx(0.3), 4, 1)
    assert not bar.told
    apart = bar_at(searched([0.8, 0.7, 0.6, 0.3, 0.2, 0.1], [1, 2, 3, 4, 5, 6]), 0.5)
    assert (apart.errors, apart.people, apart.told, apart.few) == (3, 3, True, True)
    everybody = searched(np.linspace(0.2, 0.8, 60), np.arange(60))
    assert not bar_at(everybody, 0.5).few


def test_no_greater_share_of_strangers_lies_above_than_was_asked_for():
    alike = searched([0.5] * 4, [1, 2, 3, 4])
    assert (bar_at(alike, 0.5).errors, bar_at(alike, 1.0).errors) == (0, 0)


def test_a_rate_that_three_strangers_would_not_hold_is_not_told(result):
    row = result.rows[0]
    assert row.non_mated == 250 * 5
    assert [one.told for one in row.rates] == [True, True, True, False]
    assert [one.few for one in row.rates] == [False, False, True, True]
    assert all((one.people >= 3) is one.told and one.errors >= one.people for one in row.rates)
    assert row.rates[3].tpir is row.rates[3].threshold is None


def test_three_images_find_more_than_one_and_a_longer_list_finds_fewer(result):
    cells = {(row.size, row.images): row for row in result.rows}
    assert set(cells) == {(50, 1), (200, 1), (50, 3), (200, 3)}
    one, three = (cells[200, images].rates[0].tpir.value for images in (1, 3))
    assert three > one
    assert cells[50, 1].rank_one.value > cells[200, 1].rank_one.value
    assert cells[50, 1].fpir.value < cells[200, 1].fpir.value


def test_lists_for_which_there_are_too_few_people_are_named(result):
    assert result.left_out == ((280, 1), (280, 3))
    assert result.counted == (200, 1)


def test_the_curve_rises_with_the_false_positives(result):
    fpir, tpir = map(np.array, zip(*result.rows[0].curve, strict=True))
    assert (np.diff(fpir) > 0).all()
    assert (np.diff(tpir) >= 0).all()
    told = [one for one in result.rows[0].rates if one.told]
    assert 3 / 3_750 <= fpir.min() <= told[-1].fpir  # as low as a rate is told


def test_where_no_list_can_be_drawn_it_says_so_and_counts_nobody():
    cohort = Crowd(20, 3).cohort()
    result = identify(cohort, Plan(sizes=(10,)), THRESHOLD, Resample(20, 100, seed=1), unheard)
    assert (result.rows, result.counts) == ((), None)
    assert result.left_out == ((10, 1), (10, 3))
