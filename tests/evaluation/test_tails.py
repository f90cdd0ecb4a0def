"""Strangers are counted as far as 30 pairs go; beyond, a straight line of logarithms goes on."""

import math

import numpy as np
import pytest

from appliance.errors import InputError
from appliance.evaluation.resample import Resample
from appliance.evaluation.tails import curve
from tests.evaluation.crowd import Crowd, compared, every_pair

PEOPLE = 250


@pytest.fixture(scope="module")
def cohort():
    return Crowd(PEOPLE, 2).cohort()


@pytest.fixture(scope="module")
def found(cohort):
    return compared(cohort, 1.0)


@pytest.fixture(scope="module")
def drawn():
    return Resample(PEOPLE, 200, seed=1)


@pytest.fixture(scope="module")
def everybody(found, drawn):
    return curve(found, drawn)


def counted(told):
    return [point for point in told.points if point.counted]


def test_each_point_that_is_counted_is_what_counting_every_pair_gives(cohort, everybody):
    _, others = every_pair(cohort)
    assert everybody.comparisons == len(others) == 124_500
    # 30 pairs are 2.4 in 10,000, so there is a point of 1e-3 and one of 3.2e-4.
    assert [round(math.log10(point.rate.value), 1) for point in counted(everybody)] == [-3.0, -3.5]
    for point in counted(everybody):
        reached = int((others >= point.score - 1e-7).sum())
        assert point.counted == reached >= 30
        assert point.rate.value == pytest.approx(reached / len(others))
        assert point.rate.low < point.rate.value < point.rate.high


def test_the_line_goes_on_by_half_decades_and_is_marked(everybody):
    (low, often), (high, seldom) = [
        (point.score, math.log(point.rate.value)) for point in counted(everybody)
    ]
    beyond = [point for point in everybody.points if point.counted is None]
    assert beyond[0].rate.value == pytest.approx(1e-4, rel=0.01)
    for point in beyond:
        line = seldom + (point.score - high) * (seldom - often) / (high - low)
        assert math.log(point.rate.value) == pytest.approx(line)
        assert point.rate.low <= point.rate.value <= point.rate.high
        assert point.score < 1


def test_the_farther_it_is_drawn_on_the_less_is_known(everybody):
    widths = [point.rate.high / point.rate.low for point in everybody.points]
    beyond = len(counted(everybody))
    assert widths[beyond:] == sorted(widths[beyond:])
    assert widths[-1] > 2 * widths[0]


def test_a_rate_between_points_and_beyond_them_is_read_on_the_line(everybody):
    first, second, *_, last = everybody.points
    between = math.sqrt(first.rate.value * second.rate.value)
    assert everybody.rate_at((first.score + second.score) / 2) == pytest.approx(between)
    assert everybody.rate_at(first.score - 0.1) > first.rate.value
    assert everybody.rate_at(last.score + 0.1) < last.rate.value


def test_of_a_group_only_its_own_pairs_count(cohort, found, drawn):
    women = np.array([value == "F" for value in cohort.groups["sex"]])
    assert curve(found, drawn, women) is None  # 31,000 pairs make one point
    most = np.arange(PEOPLE) < 230
    theirs = curve(found, drawn, most)
    assert (theirs.subjects, theirs.comparisons) == (230, 460 * 458 // 2)


def test_a_group_whose_highest_scores_were_not_kept_begins_where_they_were(drawn):
    """Strangers who are never alike: their pair in 1,000 lies below what was kept of everybody."""
    cohort = Crowd(PEOPLE, 2).cohort()
    owners = cohort.owners
    some = np.arange(PEOPLE) < 240
    cohort.templates[~some[owners]] = cohort.templates[0]  # ten who are one and the same
    found = compared(cohort, 1.0)
    theirs = curve(found, drawn, some)
    assert theirs is None or theirs.points[0].rate.value < 1e-3


def test_networks_that_take_everybody_for_one_cannot_be_calibrated():
    cohort = Crowd(PEOPLE, 2, stray=0.0, alike=1e6).cohort()
    with pytest.raises(InputError, match="Of the strangers, 100% reach"):
        compared(cohort, 1.0)


def test_pairs_that_are_all_equally_alike_are_no_second_point(drawn):
    """Twenty pictures of one face under twenty names stand above everybody else."""
    cohort = Crowd(PEOPLE, 2).cohort()
    cohort.templates[:60:2] = cohort.templates[0]
    assert curve(compared(cohort, 1.0), drawn) is None
