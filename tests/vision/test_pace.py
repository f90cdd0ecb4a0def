"""How often a camera is looked at."""

import pytest

from appliance.domain.frame import Colour, Frame, Layout
from appliance.vision.pace import Pace


def frames(rate_hz, count, camera="mast-1"):
    return [
        Frame(None, 64, 48, Layout.I420, Colour(), camera, i, None, 1 + int(i * 1e9 / rate_hz))
        for i in range(count)
    ]


def looks(pace, film):
    return sum(len(pace([frame])) for frame in film)


@pytest.mark.parametrize(("rate_hz", "expected"), [(60, 150), (30, 150), (25, 125), (12.5, 125)])
def test_a_fast_camera_is_looked_at_at_most_fifteen_times_a_second(rate_hz, expected):
    assert looks(Pace(15), frames(rate_hz, int(rate_hz * 10))) == pytest.approx(expected, abs=1)


def test_nought_looks_at_every_frame():
    assert looks(Pace(0), frames(1000, 50)) == 50


def test_cameras_do_not_wait_for_each_other():
    pace = Pace(15)
    first, second = frames(25, 2), frames(25, 2, "mast-2")
    assert pace([first[0], second[0]]) == [first[0], second[0]]
    assert pace([first[1], second[1]]) == []
