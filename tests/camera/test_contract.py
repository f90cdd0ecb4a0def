"""What every camera promises, whatever it looks through. The Jetson's joins here."""

from contextlib import ExitStack
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from appliance.errors import MachineError

WAIT_S = 20.0


@pytest.fixture(params=["film in real time", "every frame of a film", "RTSP"])
def camera(request, film, played, quick):
    with ExitStack() as stack:
        uri = film
        if request.param == "RTSP":
            uri = request.getfixturevalue("server").start().uri
        paced = request.param != "every frame of a film"
        yield stack.enter_context(played(uri, name="mast-2", loop=True, paced=paced))


def test_frames_are_numbered_and_say_who_took_them(camera):
    frames = [camera.read(WAIT_S) for _ in range(15)]
    numbers = [frame.number for frame in frames]
    assert numbers == sorted(set(numbers))
    assert {frame.camera for frame in frames} == {"mast-2"}
    assert {(frame.width, frame.height) for frame in frames} == {camera.size}


def test_time_never_runs_backwards(camera):
    frames = [camera.read(WAIT_S) for _ in range(25)]
    taken = [(frame.taken_ns, frame.taken_at) for frame in frames]
    assert taken == sorted(taken)


def test_a_frame_knows_when_it_was_taken(camera):
    around = datetime.now(timezone.utc)
    taken_at = camera.read(WAIT_S).taken_at
    assert abs(taken_at - around) < timedelta(seconds=WAIT_S)
    assert taken_at.utcoffset() == timedelta(0)


def test_nothing_of_a_lent_frame_is_left_after_the_next_read(camera):
    kept = camera.read(WAIT_S).pixels
    picture = kept.copy()
    assert picture.any()
    camera.read(WAIT_S)
    # Zeros, or a newer frame already that waits in the same slot.
    assert not np.array_equal(kept, picture)


def test_few_buffers_are_used_again_and_again(camera):
    assert len({camera.read(WAIT_S).pixels.ctypes.data for _ in range(30)}) <= 3


def test_nothing_is_left_after_close(camera):
    buffers = [camera.read(WAIT_S).pixels for _ in range(30)]
    camera.close()
    assert not any(pixels.any() for pixels in buffers)
    assert camera.read(0) is None
    assert camera.ended


def test_each_frame_was_seen_or_dropped(camera):
    for seen in range(15):
        frame = camera.read(WAIT_S)
        assert frame.number <= seen + camera.dropped


def test_a_dark_lamp_takes_the_frame_back_and_gives_none(camera, lit):
    pixels = camera.read(WAIT_S).pixels
    camera.read(WAIT_S)
    lit.shining = False
    with pytest.raises(MachineError, match="lamp is dark") as refused:
        camera.read(WAIT_S)
    assert "Light it" in refused.value.advice()
    camera.close()
    assert not pixels.any()


def test_closing_twice_is_closing_once(camera):
    camera.close()
    camera.close()
    assert camera.ended


@pytest.mark.parametrize("uri", ["film.mkv", "/dev/video99", "rtsp://127.0.0.1:9/mast"])
def test_nothing_is_even_opened_in_the_dark(uri, played, lit):
    lit.shining = False
    with pytest.raises(MachineError, match="lamp is dark"), played(uri):
        pass
