"""A tablet may say what a tablet has to say, and no more; the others lose nothing by it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.tablets.ration import LINES, PLACES, WORDS, Measure, Ration
from tests.seconds import Seconds


@pytest.fixture
def words(seconds):
    return Ration(WORDS, seconds)


def granted(ration, times, tablet="tablet-7"):
    return sum(ration.grants(tablet) for _ in range(times))


def test_a_minute_of_ten_alerts_a_second_is_heard_whole(words, seconds):
    for tenth in range(600):
        answers, again = tenth % 10 == 0, tenth % 30 == 0
        said = 5 + answers + 64 * again  # shown, and shown again; an answer, and those that wait
        assert granted(words, said) == said
        seconds.now_s += 0.1


def test_a_tablet_that_was_away_for_an_hour_is_heard_whole(words, seconds):
    granted(words, 1000)
    seconds.now_s += 3600
    assert granted(words, 1 + 64 + 64) == 129
    seconds.now_s += 3
    assert granted(words, 64) == 64


def test_who_says_more_than_anybody_needs_is_heard_as_far_as_that_goes(words, seconds):
    assert granted(words, 10_000) == WORDS.at_once
    seconds.now_s += 30
    assert granted(words, 10_000) == WORDS.at_once
    heard = 0
    for _ in range(1000):
        seconds.now_s += 0.01
        heard += granted(words, 100)
    assert heard == pytest.approx(10 * WORDS.per_s, abs=1)


def test_one_tablets_flood_takes_nothing_from_another(words):
    granted(words, 10_000)
    assert granted(words, 240, "tablet-8") == 240


def test_a_line_a_minute_is_written_about_each_tablet(seconds):
    lines = Ration(LINES, seconds)
    written = 0
    for _ in range(6000):
        seconds.now_s += 0.1
        written += granted(lines, 3)
    assert written in {10, 11}
    assert granted(lines, 3, "tablet-8") == 1


def test_it_remembers_so_many_tablets_and_forgets_the_one_that_was_silent_longest(words):
    granted(words, 10_000, "loud")
    for number in range(PLACES - 1):
        words.grants(f"tablet-{number}")
        assert not words.grants("loud")
    assert len(words._purses) == PLACES
    granted(words, 10_000, "tablet-0")
    words.grants("one too many")
    assert len(words._purses) == PLACES
    assert "tablet-1" not in words._purses
    assert not words.grants("loud")
    assert not words.grants("tablet-0")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 5)), max_size=200))
def test_nobody_ever_gets_more_than_the_measure(said):
    seconds, measure = Seconds(), Measure(per_s=2, at_once=5)
    ration, granted_to, began_s = Ration(measure, seconds), dict.fromkeys("abc", 0), 1000.0
    for tablet, pause_s in said:
        seconds.now_s += pause_s
        granted_to[tablet] += ration.grants(tablet)
        most = measure.at_once + measure.per_s * (seconds.now_s - began_s)
        assert granted_to[tablet] <= most + 1e-6
