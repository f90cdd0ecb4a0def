"""The bridge: frames of the camera's own memory, newest only, each undone and overwritten."""

import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from appliance.clock import Clock
from appliance.errors import InputError, MachineError
from appliance.jetson import nvmm
from appliance.jetson.nvmm import NvmmBridge, library_name, load_bridge, pipeline
from appliance.jetson.piece import Gone
from appliance.settings import CameraSettings
from tests.camera.films import make_grey, write_film
from tests.jetson.bridge import (
    FAULTS,
    FOREIGN_FORMAT,
    LAYOUTS,
    ODD,
    Gpu,
    World,
    built,
    every,
    sanitized_environment,
    see,
)

WAIT_S = 20.0
ROOT = Path(__file__).parents[2]
SENSOR = {"uri": "csi://0", "width": 320, "height": 240, "fps": 60}
TAIL = f"nvvidconv ! {nvmm.NV12} ! {nvmm.NEWEST}"


@pytest.fixture
def world():
    world = World()
    yield world
    assert world.undone


@pytest.fixture
def opened(world):
    """Opens bridges, and closes what a test leaves open."""
    bridges = []

    def play(**settings):
        bridge = NvmmBridge(CameraSettings(**settings), Gpu(), Clock(), world.library)
        bridges.append(bridge)
        return bridge

    yield play
    world.set(fault=0)
    for bridge in bridges:
        bridge.settle()
        bridge.close()


@pytest.fixture
def scripted(monkeypatch, opened):
    """Opens a pipeline of a test's own."""

    def play(text, **settings):
        monkeypatch.setattr(nvmm, "pipeline", lambda settings: text)
        return opened(**SENSOR | settings)

    return play


@pytest.fixture
def film(tmp_path):
    """Ten frames, each brighter than the one before, as GStreamer can play them without plugins."""
    return write_film(tmp_path / "film.avi", [make_grey(n) for n in range(10)], codec="rawvideo")


def luma(piece):
    return int(see(piece.pixels)[0, 0])


def await_frames(bridge, world, arrived):
    """Wait until so many have come."""
    clock = Clock()
    while world.library.lfr_nvmm_arrived(bridge._handle) < arrived:
        clock.wait(0.005)


def await_more(bridge, world, frames):
    await_frames(bridge, world, world.library.lfr_nvmm_arrived(bridge._handle) + frames)


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


@pytest.mark.parametrize("layout", [FOREIGN_FORMAT, ODD])
def test_pictures_of_another_kind_are_counted_and_not_looked_at(layout, world, opened):
    bridge = opened(**SENSOR)
    world.set(layout=layout)
    while bridge.bad < 3:
        piece = bridge.next(WAIT_S)
        assert piece is None or not bridge.bad
        bridge.give_back()


def test_ordinary_memory_is_not_taken_for_nvmm(scripted):
    plain = "video/x-raw,format=NV12,width=96,height=64"
    bridge = scripted(f"videotestsrc ! {plain} ! appsink name=newest max-buffers=1")
    assert bridge.next(WAIT_S) is None
    assert bridge.bad == 1


@pytest.mark.parametrize("fault", ["map", "register", "frame"])
def test_where_it_cannot_be_mapped_it_says_so_and_undoes_what_it_did(fault, world, opened):
    bridge = opened(**SENSOR)
    world.set(fault=FAULTS[fault])
    with pytest.raises(MachineError, match="cannot be mapped") as refused:
        bridge.prove()
    assert "jetson-utils" in refused.value.advice()
    assert not world.get("images") + world.get("resources")


def test_where_it_cannot_be_copied_it_says_so(world, opened):
    world.set(layout=0)
    bridge = opened(**SENSOR)
    world.set(fault=FAULTS["copy"])
    with pytest.raises(MachineError, match="cannot be mapped"):
        bridge.next(WAIT_S)


def test_where_it_cannot_be_waited_for_it_says_so(world, opened):
    bridge = opened(**SENSOR)
    bridge.next(WAIT_S)
    world.set(fault=FAULTS["event"])
    with pytest.raises(MachineError, match="cannot be mapped"):
        bridge.give_back()


def test_a_size_with_gaps_is_refused_with_advice(scripted):
    size = "video/x-raw,format=NV12,width=100,height=64"
    bridge = scripted(f"videotestsrc ! {size} ! {TAIL}")
    with pytest.raises(MachineError, match="100 x 64 is not a multiple of 8 x 2"):
        bridge.next(WAIT_S)


def test_closing_ends_a_wait(world):
    library = world.library
    handle = library.lfr_nvmm_open(f"videotestsrc ! valve drop=true ! {TAIL}".encode())
    answers = []
    waits = threading.Thread(
        target=lambda: answers.append(library.lfr_nvmm_next(handle, 20_000, nvmm.Lent()))
    )
    waits.start()
    assert library.lfr_nvmm_close(handle) == nvmm.FRAME
    waits.join(WAIT_S)
    assert answers == [nvmm.OVER]


def test_what_is_called_out_of_order_is_refused(world, opened):
    bridge, misused = opened(**SENSOR), -4
    library, handle = world.library, bridge._handle
    assert library.lfr_nvmm_read(handle, 0, None) == misused
    assert library.lfr_nvmm_give_back(handle, None) == misused
    bridge.next(WAIT_S)
    assert library.lfr_nvmm_next(handle, 0, nvmm.Lent()) == misused
    assert library.lfr_nvmm_settle(handle) == misused


@pytest.mark.parametrize(
    "text", ["nothing ! at all", "videotestsrc", "videotestsrc ! fakesink", "!"]
)
def test_what_is_no_pipeline_is_refused_and_its_text_not_told(text, scripted):
    with pytest.raises(MachineError, match="does not start") as refused:
        scripted(text)
    assert text not in refused.value.advice()


def test_a_camera_that_never_shows_anything_is_refused(scripted):
    with pytest.raises(MachineError, match="none came in time"):
        scripted(f"videotestsrc num-buffers=0 ! {TAIL}")


def test_the_settings_are_in_the_pipeline():
    text = pipeline(CameraSettings(**SENSOR, flip="rotate-180"))
    assert "nvarguscamerasrc sensor-id=0 ! " in text
    assert "width=320,height=240,framerate=60/1" in text
    assert "nvvidconv flip-method=2 ! video/x-raw(memory:NVMM),format=NV12 ! appsink" in text
    assert text.endswith("drop=true sync=false")


def test_what_the_settings_leave_open_the_camera_chooses():
    text = pipeline(CameraSettings(uri="csi://1"))
    assert "sensor-id=1 ! video/x-raw(memory:NVMM),format=NV12 ! appsink" in text


def test_the_turn_reaches_the_converter(world, opened):
    opened(**SENSOR, flip="rotate-180")
    assert world.get("flip") == 2


def test_a_film_may_have_any_name(opened, film):
    name = film.with_name('a "film" ! fakesink \\ 10:30.avi')
    film.rename(name)
    assert len(every(opened(uri=str(name), paced=False), luma)) == 10


@pytest.mark.parametrize("uri", ["csi://", "csi://0 ! filesink", "csi://-1", "csi://²"])
def test_a_sensor_is_a_number(uri):
    with pytest.raises(MachineError, match="number of a sensor"):
        pipeline(CameraSettings(uri=uri))


@pytest.mark.parametrize("uri", ["rtsp://officer:hunter2@mast/1", "/dev/video0"])
def test_only_what_has_nvmm_is_asked_for_it(uri):
    with pytest.raises(MachineError, match="only csi:// cameras and films") as refused:
        pipeline(CameraSettings(uri=uri))
    assert "hunter2" not in refused.value.advice()


def test_a_film_that_is_not_there_is_said_to_be_missing():
    with pytest.raises(InputError, match="No such file"):
        pipeline(CameraSettings(uri="/nowhere/film.mp4"))


def test_the_bridge_is_found_by_its_source(tmp_path, monkeypatch):
    shutil.copy(built() / library_name(), tmp_path)
    assert load_bridge(tmp_path).lfr_nvmm_open
    changed = tmp_path / "nvmm.c"
    changed.write_bytes(nvmm.SOURCE.read_bytes() + b"\n")
    monkeypatch.setattr(nvmm, "SOURCE", changed)
    library_name.cache_clear()
    with pytest.raises(MachineError, match="cannot be read"):
        load_bridge(tmp_path)
    monkeypatch.undo()
    library_name.cache_clear()


def test_a_bridge_that_others_may_have_written_is_not_loaded(tmp_path):
    Path(shutil.copy(built() / library_name(), tmp_path)).chmod(0o666)
    with pytest.raises(MachineError, match="somebody else"):
        load_bridge(tmp_path)


def test_a_bridge_that_is_no_library_is_not_loaded(tmp_path):
    (tmp_path / library_name()).write_bytes(b"text")
    with pytest.raises(MachineError, match="does not load") as refused:
        load_bridge(tmp_path)
    assert "camera.bridge" in refused.value.advice()


@pytest.mark.parametrize("layout", [FOREIGN_FORMAT, ODD])
def test_a_camera_whose_pictures_are_of_another_kind_is_known_before_it_matters(
    layout, world, opened
):
    world.set(layout=layout)
    with pytest.raises(MachineError, match="cannot be mapped"):
        opened(**SENSOR).prove()


def test_a_camera_that_is_gone_at_once_is_known_too(world, scripted):
    bridge = scripted(f"videotestsrc num-buffers=1 ! {TAIL}")
    bridge.next(WAIT_S)
    bridge.give_back()
    with pytest.raises(MachineError, match="cannot be mapped"):
        bridge.prove()


@pytest.mark.timeout(300)
def test_under_the_sanitizers():
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]
    run = subprocess.run(
        [*command, "-k", "not sanitizers"], cwd=ROOT, env=sanitized_environment(),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
