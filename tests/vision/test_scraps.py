"""Of a small array that is gone nothing stays in what numpy keeps to lend again."""

import ctypes

import numpy as np
import pytest

from appliance.vision.scraps import KEPT, SMALL_BYTES, STEP_BYTES, sweep


def addresses(length, count=KEPT):
    """Where arrays of a length lay that are gone, filled with a mark."""
    arrays = [np.full(length, 77, np.uint8) for _ in range(count)]
    return [array.ctypes.data for array in arrays]


@pytest.mark.parametrize("length", [40, 80, 512, SMALL_BYTES - STEP_BYTES])
def test_whatever_numpy_keeps_of_landmarks_and_templates_is_zero(length):
    places = addresses(length)
    assert any(77 in ctypes.string_at(place, length) for place in places), "numpy does keep them"
    sweep()
    assert not any(77 in ctypes.string_at(place, length) for place in places)


def test_what_is_in_use_is_left_alone():
    used = [np.full(length, 77, np.uint8) for length in range(4, 1024, 4)]
    sweep()
    assert all((array == 77).all() for array in used)
