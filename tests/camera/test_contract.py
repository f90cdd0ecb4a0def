"""What every camera promises, whatever it looks through and on whichever machine."""

from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from appliance.errors import MachineError
from tests.camera import rigs

WAIT_S = 20.0
FILM, WHOLE, RTSP = "film in real time", "every frame of a film", "RTSP"
CAMERAS = {
    FILM: (rigs.Host, FILM),
    WHOLE: (rigs.Host, WHOLE),
    RTSP: (rigs.Host, RTSP),
    "Jetson: film in real time": (rigs.Standin, FILM),
    "Jetson: every frame of a film": (rigs.Standin, WHOLE),
    "Jetson: csi": (rigs.Sensor, FILM),
    "Jetson: RTSP": (rigs.Network, RTSP),
}


@pytest.fixture(params=[*CAMERAS, pytest.param("a Jetson's own camera", marks=pytest.mark.jetson)])
def seen(request):
    """The machine, and what it looks at."""
    machine, kind = CAMERAS.get(request.param, (rigs.Device, FILM))
    rig = machine()
    yield rig, kind
    rig.close()


@pytest.fixture
def rig(seen):
    return seen[0]


@pytest.fixture
def camera(request, seen, film, lit, quick):
    rig, kind = seen
    uri = request.getfixturevalue("server").start().uri if kind == RTSP else film
    uri = rig.prepare(uri, whole=kind == WHOLE)
    with rig.play(lit, uri, name="mast-2", loop=True, paced=kind != WHOLE) as camera:
        yield camera


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


def test_nothing_of_a_lent_frame_is_left_after_the_next_read(camera, rig):
    kept = rig.see(camera.read(WAIT_S).pixels)
    picture = kept.copy()
    assert picture.any()
    last = [camera.read(WAIT_S) for _ in range(rig.rounds)][-1]
    rig.see(last.pixels)
    # Zeros, or a newer frame already that waits in the same slot.
    assert not np.array_equal(kept, picture)


def test_few_buffers_are_used_again_and_again(camera, rig):
    assert len({rig.place(camera.read(WAIT_S).pixels) for _ in range(30)}) <= rig.few


def test_nothing_is_left_after_close(camera, rig):
    buffers = [rig.see(camera.read(WAIT_S).pixels) for _ in range(30)]
    camera.close()
    assert not rig.left(buffers)
    assert camera.read(0) is None
    assert camera.ended


def test_each_frame_was_seen_or_dropped(camera):
    for seen in range(15):
        frame = camera.read(WAIT_S)
        assert frame.number <= seen + camera.dropped


def test_a_dark_lamp_takes_the_frame_back_and_gives_none(camera, rig, lit):
    pixels = rig.see(camera.read(WAIT_S).pixels)
    camera.read(WAIT_S)
    lit.shining = False
    with pytest.raises(MachineError, match="lamp is dark") as refused:
        camera.read(WAIT_S)
    assert "Light it" in refused.value.advice()
    camera.close()
    assert not rig.left([pixels])


def test_closing_twice_is_closing_once(camera):
    camera.close()
    camera.close()
    assert camera.ended


@pytest.mark.parametrize("machine", [rigs.Host, rigs.Standin])
@pytest.mark.parametrize("uri", ["film.mkv", "/dev/video99", "rtsp://127.0.0.1:9/mast"])
def test_nothing_is_even_opened_in_the_dark(machine, uri, lit):
    lit.shining = False
    rig = machine()
    with pytest.raises(MachineError, match="lamp is dark"), rig.play(lit, uri):
        pass
    rig.close()
