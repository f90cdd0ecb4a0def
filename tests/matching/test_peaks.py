"""Of each passing the best score is kept until it ends, and then nothing."""

import numpy as np
import pytest

from appliance.matching.peaks import Peaks


def note(peaks, number, score):
    peaks.note(np.array([number], np.int32), np.array([score], np.float32))


def test_the_best_of_a_passing_is_given_once():
    peaks = Peaks()
    for score in (0.25, 0.5, 0.125):
        note(peaks, 7, score)
    assert peaks.take(7) == 0.5
    assert peaks.take(7) is None


def test_passings_at_once_do_not_mix():
    peaks = Peaks()
    peaks.note(np.array([7, 8], np.int32), np.array([-0.5, 0.25], np.float32))
    peaks.note(np.array([8, 7], np.int32), np.array([0.125, -0.25], np.float32))
    assert (peaks.take(7), peaks.take(8)) == (-0.25, 0.25)


def test_who_was_called_a_likeness_is_no_stranger():
    peaks = Peaks()
    note(peaks, 7, 0.75)
    peaks.name(7)
    assert peaks.take(7) is None
    note(peaks, 8, 0.5)  # in the row that has become free
    assert peaks.take(8) == 0.5


def test_of_a_passing_without_a_sound_shot_nothing_is_known():
    peaks = Peaks()
    peaks.name(7)
    assert peaks.take(7) is None
    assert peaks.take(9) is None


def test_where_there_is_no_room_a_passing_is_not_counted_and_no_other_is_lost():
    peaks = Peaks(capacity=1)
    note(peaks, 7, 0.5)
    note(peaks, 8, 0.75)
    peaks.name(8)
    assert (peaks.take(8), peaks.take(7)) == (None, 0.5)


@pytest.mark.parametrize("named", [False, True])
def test_when_a_passing_has_ended_nothing_of_it_is_left(named):
    peaks = Peaks()
    note(peaks, 7, 0.5)
    if named:
        peaks.name(7)
    peaks.take(7)
    assert not any(array.any() for array in vars(peaks).values())
