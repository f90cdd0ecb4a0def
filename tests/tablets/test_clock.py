"""A tablet goes by the van's time, whatever its own clock says and whoever sets it."""

from datetime import timedelta

import pytest

from appliance.tablets.clock import EARLIER, Clock
from tests.tablets.conftest import NOON


class Tablet:
    """A tablet's two clocks, turned by the test, and the van's time as it takes it."""

    def __init__(self, off_s):
        self.steady_s, self.wall = 100.0, NOON + timedelta(seconds=off_s)
        self.clock = Clock(lambda: self.wall, lambda: self.steady_s)

    def wait(self, seconds):
        self.steady_s += seconds
        self.wall += timedelta(seconds=seconds)

    def hears(self, van_s, delay_s=0.0):
        """Hear what the van said so many seconds after noon, later than it said so."""
        self.wait(delay_s)
        self.clock.hear(NOON + timedelta(seconds=van_s))

    @property
    def says_s(self):
        return (self.clock.now() - NOON).total_seconds()


@pytest.mark.parametrize("off_s", [-300, 0, 300])
def test_its_own_clock_counts_only_until_the_van_is_heard(off_s):
    tablet = Tablet(off_s)
    assert tablet.says_s == off_s
    tablet.hears(0)
    assert tablet.says_s == 0
    tablet.wait(20)
    assert tablet.says_s == 20


def test_whoever_sets_its_clock_changes_nothing():
    tablet = Tablet(-300)
    tablet.hears(0)
    tablet.wall += timedelta(hours=5)
    assert tablet.says_s == 0


def test_of_words_that_came_late_the_quickest_counts():
    tablet = Tablet(0)
    tablet.hears(0, delay_s=0.2)
    tablet.hears(0.2, delay_s=4)
    tablet.wait(1)
    assert tablet.says_s == pytest.approx(5)


def test_however_long_all_words_are_held_up_the_quickest_ever_counts():
    tablet = Tablet(0)
    tablet.hears(0)
    for second in range(1, 300):
        # Each is held up for longer than the one before.
        tablet.hears(second / 2, delay_s=1)
    assert tablet.says_s == 299


def test_two_clocks_that_run_apart_are_brought_together_again():
    tablet = Tablet(0)
    tablet.hears(0)
    for hour in range(1, 25):
        # The van's runs slower, by a second in three hours.
        tablet.hears(hour * (3600 - 1 / 3), delay_s=3600)
        assert abs(tablet.says_s - hour * (3600 - 1 / 3)) < 1


def test_a_van_whose_clock_is_set_back_is_followed_after_some_words():
    tablet = Tablet(0)
    tablet.hears(0)
    for second in range(1, EARLIER):
        tablet.hears(second - 600, delay_s=1)
        assert tablet.says_s == second
    tablet.hears(EARLIER - 600, delay_s=1)
    assert tablet.says_s == EARLIER - 600


def test_a_word_that_comes_twice_sets_no_clock_back():
    tablet = Tablet(0)
    for second in range(3 * EARLIER):
        tablet.hears(second, delay_s=1)
        tablet.hears(second - 2)
    assert tablet.says_s == 3 * EARLIER - 1


def test_a_van_that_falls_silent_leaves_its_time_behind():
    tablet = Tablet(300)
    tablet.hears(0)
    tablet.wait(3600)
    assert tablet.says_s == 3600
