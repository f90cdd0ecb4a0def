"""FNMR at FMR is what counting every pair by hand gives."""

import numpy as np
import pytest

from appliance.errors import InputError
from appliance.evaluation import comparisons
from appliance.evaluation.resample import Resample
from appliance.evaluation.verification import RATES, verify
from tests.evaluation.crowd import Crowd, compared, every_pair, unheard

THRESHOLD = 0.6


@pytest.fixture(scope="module")
def drawn():
    return Resample(60, 200, seed=1)


@pytest.fixture(scope="module")
def found(crowd):
    return compared(crowd, THRESHOLD)


@pytest.fixture(scope="module")
def result(found, drawn):
    return verify(found, THRESHOLD, drawn)


def test_every_picture_is_compared_with_every_other_once(crowd, found):
    mated, others = every_pair(crowd)
    assert found.mated == pytest.approx(np.sort(mated), abs=1e-6)
    assert found.non_mated == len(others)


def test_blocks_give_what_one_block_gives(crowd, found, monkeypatch):
    monkeypatch.setattr(comparisons, "BLOCK_ROWS", 7)
    told = []
    parts = comparisons.compare(crowd, THRESHOLD, lambda *step: told.append(step))
    assert told[-1][0] == told[-1][1]
    assert np.array_equal(parts.histogram, found.histogram)
    assert np.array_equal(np.sort(parts.mated), found.mated)
    assert sorted(parts.tail["score"].tolist()) == pytest.approx(
        sorted(found.tail["score"].tolist()), abs=1e-6
    )


def test_every_stranger_that_reaches_the_threshold_is_kept(crowd, found):
    _, others = every_pair(crowd)
    kept = found.tail["score"]
    assert len(kept) == (others >= found.bar).sum() > 0
    assert (np.diff(kept) <= 0).all()
    assert found.bar <= THRESHOLD


def test_a_rate_is_told_where_three_errors_would_hold_it_and_no_lower(result):
    # 60 people with 4 pictures: 28,320 pairs of strangers.
    assert result.non_mated == 28_320
    assert [one.told for one in result.rates] == [True, False, False, False]
    assert [one.expected for one in result.rates] == pytest.approx(
        [28_320 * rate for rate in RATES]
    )
    assert result.rates[0].few
    assert result.rates[1].fnmr is None


def test_fnmr_at_fmr_is_what_counting_gives(crowd, result):
    mated, others = every_pair(crowd)
    at = result.rates[0]
    allowed = int(0.001 * len(others))
    assert (others > at.threshold + 1e-6).sum() == allowed
    assert at.fnmr.value == pytest.approx((mated <= at.threshold).mean())
    assert at.tar.value == pytest.approx(1 - at.fnmr.value)
    assert at.fnmr.low < at.fnmr.value < at.fnmr.high
    assert at.tar.low == pytest.approx(1 - at.fnmr.high)


def test_at_the_threshold_in_operation_as_well(crowd, result):
    mated, others = every_pair(crowd)
    at = result.operating
    assert at.fmr.value == pytest.approx((others >= THRESHOLD).mean())
    assert at.fnmr.value == pytest.approx((mated < THRESHOLD).mean())
    assert at.fmr.low < at.fmr.value < at.fmr.high


def test_the_curve_falls_from_everybody_to_the_last_strangers(crowd, result):
    mated, others = every_pair(crowd)
    thresholds, fmr, fnmr = map(np.array, zip(*result.curve, strict=True))
    assert (np.diff(fmr) < 0).all()
    assert fmr.min() == pytest.approx(3 / len(others), rel=0.5)  # as low as a rate is told
    assert (np.diff(fnmr) >= 0).all()
    middle = len(fmr) // 2
    assert fmr[middle] == pytest.approx((others >= thresholds[middle] - 1e-6).mean(), rel=1e-3)
    assert fnmr[middle] == pytest.approx((mated < thresholds[middle]).mean(), abs=0.01)


def test_a_failure_to_acquire_is_a_false_reject_and_no_false_non_match(drawn):
    whole = verify(compared(Crowd(60, 4).cohort()), THRESHOLD, drawn).operating
    cohort = Crowd(60, 4).cohort(failed=range(0, 240, 8))
    some = verify(compared(cohort), THRESHOLD, drawn)
    matched = (every_pair(cohort)[0] >= THRESHOLD).sum()
    assert whole.frr.value == pytest.approx(whole.fnmr.value)
    assert some.operating.frr.value == pytest.approx(1 - matched / 360)
    assert some.operating.frr.value > whole.frr.value + 0.2
    assert some.mated == 30 * 6 + 30 * 3


def test_who_has_many_pictures_counts_once_where_subjects_count_alike(drawn):
    cohort = Crowd(60, 4, stray=0.05).cohort()
    cohort.templates[0] *= -1  # half of the pairs of one subject fail
    at = verify(compared(cohort), THRESHOLD, drawn).operating
    assert at.fnmr_of_subjects.value == pytest.approx(0.5 / 60)
    assert at.fnmr.value == pytest.approx(3 / 360)


def test_people_with_one_picture_each_have_strangers_and_nobody_to_miss():
    result = verify(compared(Crowd(60, 1).cohort()), THRESHOLD, Resample(60, 100, seed=1))
    assert result.mated == 0
    assert result.operating.fnmr.value is None
    assert not any(one.told for one in result.rates)
    assert result.curve == ()


def test_where_nobody_is_left_to_compare_it_says_so():
    cohort = Crowd(2, 3).cohort(failed=(3, 4, 5))
    with pytest.raises(InputError, match="no two pictures of different subjects"):
        compared(cohort)


def test_a_threshold_that_strangers_reach_in_masses_is_refused(monkeypatch):
    monkeypatch.setattr(comparisons, "FEWEST_PAIRS", 100)
    with pytest.raises(InputError, match=r"Of the strangers, .* reach the threshold of -0.5"):
        comparisons.compare(Crowd(60, 4).cohort(), -0.5, unheard)


def test_networks_that_take_everybody_for_one_still_give_figures(drawn):
    cohort = Crowd(60, 4, stray=0.0, alike=1e6).cohort()
    result = verify(compared(cohort, 0.99), 0.99, drawn)
    assert result.operating.fmr.value == 1.0
    assert result.operating.fnmr.value == 0.0
    assert result.rates[0].tar.value == 0.0
