"""Times are counted in buckets: no memory is spent, and none is told better than it was."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain import times
from appliance.domain.times import Times, bucket, end_ms, summary

FIT = st.floats(min_value=0, max_value=1e9, allow_nan=False)


@given(FIT)
def test_a_bucket_ends_after_its_time_and_five_per_cent_later_at_the_most(time_ms):
    end = end_ms(bucket(time_ms))
    assert end >= time_ms * (1 - 1e-9)
    assert end <= max(time_ms, times.LEAST_MS) * times.GROWTH * (1 + 1e-9)


@given(FIT, FIT)
def test_a_longer_time_is_in_no_earlier_bucket(one, other):
    assert (bucket(one) <= bucket(other)) == (one <= other) or bucket(one) == bucket(other)


@pytest.mark.parametrize(("time_ms", "number"), [(-1, 0), (0, 0), (0.001, 0), (math.inf, 600)])
def test_what_is_no_time_is_the_first_or_the_last(time_ms, number):
    assert bucket(time_ms) == number


@given(st.lists(FIT, min_size=1, max_size=50))
def test_a_summary_is_never_better_than_what_was_measured_and_worse_by_little(found):
    measured = Times()
    for time_ms in found:
        measured.add(time_ms)
    told, known = measured.summary(), sorted(found)
    for name, share in times.SHARES.items():
        true_ms = known[math.ceil(share * len(known) - 1e-9) - 1]
        assert true_ms * 0.999 <= told[name] <= max(true_ms, times.LEAST_MS) * 1.051


def test_what_two_have_measured_adds_up():
    one, other = Times(), Times()
    one.add(1.0)
    other.add(1.0)
    other.add(100.0)
    number = bucket(1.0)
    both = {**other.taken(), number: one.taken()[number] + other.taken()[number]}
    assert summary(both)["p50"] == one.summary()["max"]
    assert summary(both)["max"] == other.summary()["max"]


def test_what_was_not_measured_is_nothing_and_not_zero():
    assert set(Times().summary().values()) == {None}
    assert set(summary({3: 0}).values()) == {None}


def test_a_long_day_costs_no_memory():
    measured = Times()
    for number in range(200_000):
        measured.add(number % 7 + 1.0)
    assert len(measured) == 200_000
    assert len(measured.counts) == 7
    measured.clear()
    assert len(measured) == 0


def test_what_was_taken_is_not_changed_by_what_comes():
    measured = Times()
    measured.add(1.0)
    before = measured.taken()
    measured.add(1.0)
    assert (sum(before.values()), len(measured)) == (1, 2)
