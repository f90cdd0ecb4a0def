"""The same subject on the same camera is not reported again and again."""

import pytest

from appliance.matching.repeats import Repeats

SECOND = 1_000_000_000


@pytest.fixture
def repeats():
    return Repeats(cooldown_s=60.0)


def test_the_first_report_is_fresh(repeats):
    assert repeats.fresh("V-003", "mast-1", 0)


@pytest.mark.parametrize(("seconds", "fresh"), [(0, False), (59.9, False), (60, True), (500, True)])
def test_the_next_is_fresh_after_the_cooldown(repeats, seconds, fresh):
    repeats.fresh("V-003", "mast-1", 5 * SECOND)
    assert repeats.fresh("V-003", "mast-1", 5 * SECOND + int(seconds * SECOND)) is fresh


def test_what_was_not_reported_does_not_prolong_it(repeats):
    repeats.fresh("V-003", "mast-1", 0)
    repeats.fresh("V-003", "mast-1", 59 * SECOND)
    assert repeats.fresh("V-003", "mast-1", 61 * SECOND)


def test_another_subject_and_another_camera_are_fresh(repeats):
    repeats.fresh("V-003", "mast-1", 0)
    assert repeats.fresh("V-004", "mast-1", 0)
    assert repeats.fresh("V-003", "mast-2", 0)


def test_without_a_cooldown_everything_is_fresh():
    repeats = Repeats(cooldown_s=0)
    assert repeats.fresh("V-003", "mast-1", 0)
    assert repeats.fresh("V-003", "mast-1", 0)


def test_it_can_forget(repeats):
    repeats.fresh("V-003", "mast-1", 0)
    repeats.clear()
    assert repeats.fresh("V-003", "mast-1", 1)
