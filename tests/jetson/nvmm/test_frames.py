"""The bridge: frames of the camera's own memory, newest only, each undone and overwritten."""

import time

import numpy as np
import pytest

from appliance.clock import Clock
from appliance.jetson.piece import Gone
from tests.camera.films import write_film
from tests.jetson.bridge import (
    LAYOUTS,
    every,
    see,
)
from tests.jetson.nvmm.frames import SENSOR, TAIL, WAIT_S, luma


def await_frames(bridge, world, arrived):
    """Wait until so many have come."""
    clock = Clock()
    while world.code.lfr_nvmm_arrived(bridge._handle) < arrived:
        clock.wait(0.005)


def await_more(bridge, world, frames):
    await_frames(bridge, world, world.code.lfr_nvmm_arrived(bridge._handle) + frames)


@pytest.mark.parametrize("layout", range(4), ids=LAYOUTS)
def test_however_a_picture_lies_its_pixels_are_the_same(layout, world, opened, tmp_path):
    world.set(layout=layout)
    ramp = np.zeros((64, 96, 3), np.uint8)
    ramp[..., 0] = np.arange(96) * 2
    ramp[..., 1] = np.arange(64)[:, None] * 3
    film = write_film(tmp_path / "film.avi", [ramp], codec="rawvideo")
    frames = every(opened(uri=str(film), paced=False), lambda piece: see(piece.pixels).copy())
    stored = np.frombuffer(film.read_bytes(), np.uint8)
    start = film.read_bytes().index(b"00dc", film.read_bytes().index(b"movi")) + 8
    planes = np.split(stored[start : start + 96 * 96], [96 * 64, 96 * 80])
    chroma = np.stack(planes[1:], -1).ravel()
    [frame] = frames
    assert np.array_equal(frame[:64].ravel(), planes[0])
    assert np.array_equal(frame[64:].ravel(), chroma)


def test_a_packed_picture_is_not_copied_at_all(world, opened):
    bridge = opened(**SENSOR)
    piece = bridge.next(WAIT_S)
    assert piece.pixels is not bridge._slot
    assert see(piece.pixels).any()
    assert not see(bridge._slot).any()


@pytest.mark.parametrize("layout", range(4), ids=LAYOUTS)
def test_the_camera_has_its_memory_back_in_zeros_and_nothing_stays_mapped(layout, world, opened):
    world.set(layout=layout)
    bridge = opened(**SENSOR)
    for _ in range(5):
        assert see(bridge.next(WAIT_S).pixels).any()
        bridge.give_back()
        assert not world.get("images") + world.get("resources")
    assert not see(bridge._slot).any()
    bridge.settle()
    bridge.close()
    assert world.get("wiped") == 5
    assert world.get("waits") == 5


def test_giving_back_nothing_is_nothing(world, opened):
    bridge = opened(**SENSOR)
    bridge.give_back()
    bridge.next(WAIT_S)
    bridge.give_back()
    bridge.give_back()
    assert world.get("waits") == 1


def test_only_the_newest_is_given_and_the_others_are_counted(world, opened):
    bridge = opened(**SENSOR | {"fps": 240})
    first = bridge.next(WAIT_S).arrived
    bridge.give_back()
    await_more(bridge, world, 10)
    second = bridge.next(WAIT_S)
    assert second.arrived >= first + 10
    assert time.monotonic_ns() - second.stamp_ns < WAIT_S * 1e9


def test_the_first_frame_is_not_kept_for_as_long_as_the_camera_runs(world, scripted):
    bridge = scripted(f"videotestsrc num-buffers=5 ! {TAIL} drop=true sync=false")
    await_frames(bridge, world, 5)
    assert bridge.next(WAIT_S).arrived == 5
    bridge.give_back()
    with pytest.raises(Gone):
        bridge.next(WAIT_S)
    assert world.get("frames") == 1
    bridge.settle()
    bridge.close()
    assert world.get("wiped") == 1


def test_a_held_frame_does_not_hold_up_the_camera(world, opened):
    bridge = opened(**SENSOR | {"fps": 240})
    piece = bridge.next(WAIT_S)
    before = see(piece.pixels).copy()
    await_more(bridge, world, 10)
    assert np.array_equal(see(piece.pixels), before)


def test_stamps_are_moments_that_everybody_knows(world, opened):
    bridge = opened(**SENSOR)
    begun_ns = time.monotonic_ns()
    bridge.next(WAIT_S)
    bridge.give_back()
    stamps = []
    for _ in range(10):
        stamps.append(bridge.next(WAIT_S).stamp_ns)
        bridge.give_back()
    assert stamps == sorted(set(stamps))
    assert begun_ns < stamps[-1] <= time.monotonic_ns()


def test_a_film_is_given_frame_by_frame_where_nobody_waits_for_it(opened, film):
    bridge = opened(uri=str(film), paced=False)
    bridge.prove()
    seen = every(bridge, lambda piece: (piece.arrived, piece.stamp_ns, luma(piece)))
    assert [arrived for arrived, _, _ in seen] == list(range(1, 11))
    moments = [stamp_ns for _, stamp_ns, _ in seen]
    assert np.diff(moments).tolist() == [40_000_000] * 9
    brightness = [light for _, _, light in seen]
    assert brightness == sorted(set(brightness))


def test_a_film_is_played_in_its_own_time_where_it_is_paced(opened, film):
    begun_ns = time.monotonic_ns()
    every(opened(uri=str(film)), luma)
    assert time.monotonic_ns() - begun_ns >= 9 * 40_000_000


def test_an_end_is_an_end(scripted):
    bridge = scripted(f"videotestsrc num-buffers=3 ! {TAIL}")
    assert len(every(bridge, luma)) == 3
    with pytest.raises(Gone):
        bridge.next(WAIT_S)


def test_a_pipeline_that_fails_is_gone(scripted):
    bridge = scripted(f"videotestsrc num-buffers=99 ! identity error-after=4 ! {TAIL}")
    assert len(every(bridge, luma)) == 3


def test_a_silent_camera_gives_none(scripted):
    # One picture, and then one every 17 minutes.
    seldom = "video/x-raw,format=NV12,framerate=1/1000"
    bridge = scripted(f"videotestsrc is-live=true ! {seldom} ! {TAIL} drop=true sync=false")
    assert bridge.next(WAIT_S) is not None
    bridge.give_back()
    assert bridge.next(0.05) is None
