"""How far a count can be trusted, held against sums of fractions and against what is published."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.oversight.intervals import (
    Interval,
    Share,
    clopper_pearson,
    design_effect,
    newcombe,
    wilson,
)


def at_least(hits: int, trials: int, p: float) -> float:
    """How likely so many hits or more are, summed in whole numbers."""
    q = Fraction(p)
    terms = (comb(trials, k) * q**k * (1 - q) ** (trials - k) for k in range(hits, trials + 1))
    return float(sum(terms))


def results():
    trials = st.integers(1, 40)
    return trials.flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(results())
def test_at_the_ends_of_an_exact_interval_the_result_is_as_unlikely_as_it_says(result):
    hits, trials = result
    low, high = clopper_pearson(Share(hits, trials))
    assert low <= hits / trials <= high
    if hits:
        assert at_least(hits, trials, low) == pytest.approx(0.025)
    if hits < trials:
        assert 1 - at_least(hits + 1, trials, high) == pytest.approx(0.025)


def test_nothing_in_a_million_is_not_nothing():
    assert clopper_pearson(Share(0, 1_000_000)) == Interval(0.0, pytest.approx(3.6889e-6, rel=1e-4))


def test_a_year_of_the_met_has_the_interval_that_was_published_for_it():
    low, high = clopper_pearson(Share(10, 3_147_436))
    assert (1 / high, 1 / low) == pytest.approx((171_146, 656_346), abs=1)


def test_where_nothing_was_tried_nothing_is_excluded():
    nothing = Share(0, 0)
    assert nothing.value is None
    assert clopper_pearson(nothing) == wilson(nothing) == (0, 1)
    assert newcombe(nothing, Share(3, 4)) == newcombe(Share(3, 4), nothing) == (-1, 1)


def test_a_higher_level_needs_a_wider_interval():
    usual, surer = clopper_pearson(Share(9, 10)), clopper_pearson(Share(9, 10), 0.99)
    assert surer.low < usual.low < usual.high < surer.high


@pytest.mark.parametrize(
    ("first", "second", "interval"),
    [
        # Newcombe 1998, Statistics in Medicine 17: 873-890, table II, method 10.
        (Share(56, 70), Share(48, 80), (0.0524, 0.3339)),
        (Share(9, 10), Share(3, 10), (0.1705, 0.8090)),
        (Share(6, 7), Share(2, 7), (0.0582, 0.8062)),
        (Share(5, 56), Share(0, 29), (-0.0381, 0.1926)),
        (Share(0, 10), Share(0, 20), (-0.1611, 0.2775)),
        (Share(10, 10), Share(0, 20), (0.6791, 1.0)),
    ],
)
def test_a_gap_has_the_interval_that_its_author_gives(first, second, interval):
    assert newcombe(first, second) == pytest.approx(interval, abs=6e-5)


@given(results(), results())
def test_a_gap_seen_from_the_other_side_is_the_same(one, other):
    there, back = newcombe(Share(*one), Share(*other)), newcombe(Share(*other), Share(*one))
    assert there == pytest.approx((-back.high, -back.low), abs=1e-12)
    assert there.farthest == pytest.approx(back.farthest)


def test_what_cannot_be_excluded_is_the_far_end():
    assert Interval(-0.07, 0.02).farthest == 0.07
    assert Interval(-0.01, 0.02).farthest == 0.02


def test_people_who_are_always_or_never_found_are_worth_few_passes():
    always, never = Share(10, 10), Share(0, 10)
    effect = design_effect([always, always, never, never])
    assert effect == pytest.approx(10 * 4 / 3)  # forty passes say as much as three people
    together = Share(20, 40).worth(effect)
    assert together.value == 0.5
    narrow, wide = clopper_pearson(Share(20, 40)), clopper_pearson(together)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_people_who_resemble_each_other_more_than_coins_are_worth_no_more_than_coins():
    assert design_effect([Share(5, 10)] * 6) == 1


def test_one_persons_passes_are_worth_one():
    assert design_effect([Share(30, 30), Share(0, 0)]) == 30
    assert design_effect([]) == 1


@pytest.mark.parametrize("each", [Share(0, 10), Share(10, 10)])
def test_where_all_went_one_way_nothing_tells_how_alike_people_are(each):
    assert design_effect([each, each]) == 1
