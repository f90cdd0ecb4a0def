"""What the bridge does not take, does not open, and says of it."""

import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from appliance.errors import InputError, MachineError
from appliance.jetson import nvmm
from appliance.jetson.nvmm import library_name, load_bridge, pipeline
from appliance.settings import CameraSettings
from tests.jetson.bridge import (
    FAULTS,
    FOREIGN_FORMAT,
    ODD,
    built,
    every,
    sanitized_environment,
)
from tests.jetson.nvmm.frames import SENSOR, TAIL, WAIT_S, luma

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


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
    library = world.code
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
    library, handle = world.code, bridge._handle
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


@pytest.fixture
def other_source(tmp_path, monkeypatch):
    """Change the source, by which the bridge is named, until the test is over."""

    def change():
        changed = tmp_path / "nvmm.c"
        changed.write_bytes(nvmm.SOURCE.read_bytes() + b"\n")
        monkeypatch.setattr(nvmm, "SOURCE", changed)
        library_name.cache_clear()

    yield change
    library_name.cache_clear()


def test_the_bridge_is_found_by_its_source(tmp_path, other_source):
    shutil.copy(built() / library_name(), tmp_path)
    assert load_bridge(tmp_path).lfr_nvmm_open
    other_source()
    with pytest.raises(MachineError, match="cannot be read"):
        load_bridge(tmp_path)


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
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(HERE)]
    run = subprocess.run(
        [*command, "-k", "not sanitizers"], cwd=ROOT, env=sanitized_environment(),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
