"""While the van is on duty its time never runs back, whatever somebody does to the clock."""

from datetime import datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from appliance.clock import Steady

MOMENT = datetime(2026, 5, 4, 10, 0, tzinfo=timezone.utc)
LONG_AGO = MOMENT - timedelta(days=300)


class Hands:
    """A clock that a test may set, and another that only ever goes on."""

    def __init__(self):
        self.wall, self.passed_s = MOMENT, 1000.0

    def go(self, seconds):
        self.wall += timedelta(seconds=seconds)
        self.passed_s += seconds

    def steady(self, began=MOMENT):
        return Steady(lambda: self.wall, began, lambda: self.passed_s)


def test_it_is_the_time_of_the_clock():
    hands = Hands()
    steady = hands.steady()
    hands.go(90)
    assert steady() == MOMENT + timedelta(seconds=90)


def test_a_clock_that_is_set_back_lengthens_nothing():
    hands = Hands()
    steady = hands.steady()
    hands.wall = LONG_AGO
    hands.go(3600)
    assert steady() == MOMENT + timedelta(hours=1)


def test_a_clock_that_was_slow_at_the_start_goes_on_from_what_is_known():
    hands = Hands()
    steady = hands.steady(began=MOMENT + timedelta(seconds=30))
    assert steady() == MOMENT + timedelta(seconds=30)


def test_a_clock_that_is_set_forward_is_believed():
    hands = Hands()
    steady = hands.steady()
    hands.wall += timedelta(days=1)
    assert steady() == MOMENT + timedelta(days=1)


def test_a_clock_that_jumped_ahead_and_back_has_ended_what_it_ended():
    hands = Hands()
    steady = hands.steady()
    hands.wall += timedelta(days=1)
    ahead = steady()
    hands.wall -= timedelta(days=1)
    assert steady() >= ahead


@given(steps=st.lists(st.tuples(st.floats(0, 1e5), st.floats(-1e7, 1e7)), max_size=20))
def test_whatever_is_done_to_the_clock_time_goes_on(steps):
    hands = Hands()
    steady = hands.steady()
    for passed_s, shift_s in steps:
        before = steady()
        hands.wall += timedelta(seconds=shift_s)
        hands.go(passed_s)
        assert steady() >= before + timedelta(seconds=passed_s) - timedelta(milliseconds=1)
