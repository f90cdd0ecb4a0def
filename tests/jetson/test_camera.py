"""The van's camera: lost, opened again while others are looked at, and counted on."""

import importlib
import logging
import threading
from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace

import pytest

from appliance.clock import Clock
from appliance.domain.frame import Colour, Matrix
from appliance.errors import InputError, MachineError
from appliance.jetson import opener
from appliance.jetson.argus import EVERY_NS, REQUEST, Daemon
from appliance.jetson.camera import SILENT_NS, Camera, open_camera
from appliance.jetson.gpu import open_gpu
from appliance.jetson.nvmm import library_name
from appliance.jetson.opener import Open, choose_bridge
from appliance.settings import CameraSettings
from tests.camera.films import make_grey, write_film
from tests.jetson.bridge import FAULTS, World, built
from tests.jetson.scripts import FRAME_NS, Openings, Time
from tests.standin import enter

WAIT_S = 20.0
PASSWORD = "hunter2"
MAST = f"rtsp://officer:{PASSWORD}@mast/1"


@dataclass
class Lit:
    shining: bool = True


@pytest.fixture
def lit():
    return Lit()


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def mast(lit, time):
    """A camera that does what its scripts say, one after each opening."""
    cameras = []

    def make(*scripts, uri=MAST, **settings):
        openings = Openings(time, *scripts)
        cameras.append(Camera(CameraSettings(uri=uri, **settings), lit, openings, time))
        return cameras[-1], openings

    yield make
    for camera in cameras:
        camera.close()


@pytest.fixture
def daemon(monkeypatch):
    """Notes for which cameras a restart of the camera daemon was asked."""
    asked = []
    monkeypatch.setattr(opener, "daemon", SimpleNamespace(restart=asked.append))
    return asked


def look(camera, reads=40):
    """Read on until something is lent again."""
    for _ in range(reads):
        frame = camera.read(WAIT_S)
        if frame:
            return frame
    return None


def end_of(camera):
    """Wait for the thread that opens the camera again."""
    camera._opener._thread.join(WAIT_S)


def test_a_camera_that_gives_nothing_for_three_seconds_is_lost(mast, time):
    camera, _ = mast("p---")
    assert camera.read(1).number == 0
    for lost in (False, False, False, True):
        assert camera.lost == lost
        camera.read(1.01)
    assert camera.lost
    assert SILENT_NS == 3_000_000_000


def test_a_camera_that_was_not_read_for_long_is_not_lost_for_that(mast, time):
    camera, _ = mast("ppp")
    camera.read(1)
    time.time_ns += 10 * SILENT_NS
    assert camera.read(1)
    assert not camera.lost


def test_a_camera_that_says_that_it_is_gone_is_lost_at_once(mast):
    camera, _ = mast("p.")
    camera.read(1)
    assert camera.read(1) is None
    assert camera.lost


def test_a_lost_camera_comes_back_and_counts_on(mast, caplog):
    caplog.set_level(logging.INFO)
    camera, openings = mast("pp.", "pp")
    openings.sources[0].bad = 3
    first = [camera.read(1).number, camera.read(1).number]
    camera.read(1)
    assert camera.lost
    end_of(camera)
    openings.sources[1].bad = 2
    frame = look(camera)
    assert [*first, frame.number, camera.read(1).number] == [0, 1, 2, 3]
    assert not camera.lost
    assert camera.bad == 5
    assert [record.getMessage() for record in caplog.records] == [
        "the camera is lost", "the camera is back",
    ]  # fmt: skip
    assert all(record.fields == {"camera": "mast-1"} for record in caplog.records)


def test_it_is_lost_until_it_shows_something(mast):
    camera, _ = mast("p.", "-p")
    camera.read(1)
    camera.read(1)
    end_of(camera)
    assert camera.read(0.1) is None
    assert camera.lost
    assert camera.read(1)
    assert not camera.lost


def test_time_does_not_run_backwards_where_a_camera_comes_back(mast):
    camera, _ = mast("ppppp.", "ppp")
    frames = [look(camera) for _ in range(8)]
    taken = [frame.taken_ns for frame in frames]
    assert taken == sorted(set(taken))


def test_a_lost_camera_is_opened_ever_more_seldom(mast, time):
    camera, openings = mast("p.", *[None] * 6, "p")
    camera.read(1)
    camera.read(1)
    end_of(camera)
    assert time.pauses == [0.5, 1, 2, 4, 8, 8, 8]
    assert openings.tries == 8


def test_the_gpu_is_done_with_a_source_before_another_thread_closes_it(mast):
    camera, openings = mast("pp.", "p")
    for _ in range(3):
        camera.read(1)
    end_of(camera)
    done = openings.sources[0].done
    assert [what for what, _ in done[-2:]] == ["settle", "close"]
    here = threading.current_thread().name
    assert {thread for what, thread in done if what != "close"} == {here}
    assert done[-1] == ("close", "camera mast-1")


def test_while_a_camera_is_being_opened_the_others_are_looked_at(mast, lit, time):
    gate = threading.Event()

    class Slow(Openings):
        def again(self, settings, clock, bridge):
            if self.tries:
                gate.wait(WAIT_S)
            return super().again(settings, clock, bridge)

    stuck = Camera(CameraSettings(uri=MAST), lit, Slow(time, "p.", "p"), time)
    other, _ = mast("p" * 30, name="mast-2")
    stuck.read(1)
    stuck.read(1)
    for _ in range(20):
        assert stuck.read(0) is None
        assert other.read(0)
    gate.set()
    assert look(stuck)
    stuck.close()


def test_for_a_csi_camera_that_stays_away_the_daemon_is_restarted(mast, daemon):
    camera, _ = mast("p.", *[None] * 9, "p", uri="csi://0")
    camera.read(1)
    camera.read(1)
    end_of(camera)
    assert daemon == ["mast-1"] * 2


def test_for_other_cameras_it_is_not(mast, daemon):
    camera, _ = mast("p.", *[None] * 9, "p")
    camera.read(1)
    camera.read(1)
    end_of(camera)
    assert daemon == []


def test_a_camera_that_was_never_there_ends_the_process(mast):
    with pytest.raises(MachineError, match="no answer"):
        mast(None)


def test_a_fault_of_our_own_ends_looking_and_keeps_its_words_to_itself(mast):
    camera, _ = mast("p.", RuntimeError(MAST))
    camera.read(1)
    camera.read(1)
    end_of(camera)
    with pytest.raises(MachineError, match=r"^The camera mast-1 failed \(RuntimeError\)\.$"):
        camera.read(1)


def test_what_opening_again_will_not_mend_is_raised(mast):
    camera, _ = mast("p.", InputError("No.", mend="Yes."))
    camera.read(1)
    camera.read(1)
    end_of(camera)
    with pytest.raises(InputError, match="No"):
        camera.read(1)


def test_a_gpu_that_failed_ends_looking(mast, monkeypatch):
    camera, openings = mast("p.")

    def fail():
        raise MachineError("The GPU failed.", mend="Start again.")

    monkeypatch.setattr(openings.sources[0], "settle", fail)
    camera.read(1)
    with pytest.raises(MachineError, match="GPU failed"):
        camera.read(1)


def test_a_lost_camera_can_be_closed(mast):
    camera, openings = mast("p.", "p")
    camera.read(1)
    camera.read(1)
    end_of(camera)
    camera.close()
    assert openings.sources[1].asked == ["close"]
    assert camera.ended
    assert camera.read(0) is None


def test_a_lost_camera_can_be_closed_in_its_longest_pause(lit):
    paused = threading.Event()

    class Pausing(Time):
        def wait(self, pause_s):
            paused.set()
            self._stop.wait(WAIT_S)

    clock = Pausing()
    openings = Openings(clock, "p.", "p")
    camera = Camera(CameraSettings(uri=MAST), lit, openings, clock)
    camera.read(1)
    camera.read(1)
    assert paused.wait(WAIT_S)
    camera.close()
    assert openings.tries == 1


def test_a_camera_whose_pipeline_never_stops_does_not_hold_up_the_end(mast, monkeypatch):
    monkeypatch.setattr(opener, "CLOSE_S", 0.05)
    gate = threading.Event()
    camera, openings = mast("p.")
    monkeypatch.setattr(openings.sources[0], "close", lambda: gate.wait(WAIT_S))
    camera.read(1)
    camera.read(1)
    thread = camera._opener._thread
    assert thread.daemon
    camera.close()
    assert thread.is_alive()
    gate.set()
    thread.join(WAIT_S)
    assert openings.tries == 1


def test_a_dark_lamp_takes_the_frame_back_first(mast, lit):
    camera, openings = mast("ppp")
    camera.read(1)
    lit.shining = False
    with pytest.raises(MachineError, match="lamp is dark"):
        camera.read(1)
    assert openings.sources[0].asked == ["give back", "next", "give back"]
    lit.shining = True


def test_a_lost_camera_is_not_opened_in_the_dark_either(mast, lit):
    camera, _ = mast("p.", "p")
    camera.read(1)
    camera.read(1)
    end_of(camera)
    lit.shining = False
    with pytest.raises(MachineError, match="lamp is dark"):
        camera.read(1)


def test_frames_that_came_while_nobody_looked_are_counted(mast):
    camera, openings = mast("ppp")
    camera.read(1)
    openings.sources[0].skip(5)
    assert camera.read(1).number == 6
    assert camera.dropped == 5
    openings.sources[0].skip(-1)  # jetson-utils has not counted it yet
    assert camera.read(1).number == 7
    assert camera.dropped == 5


def test_a_film_ends(mast):
    camera, openings = mast("pp", uri="film.mp4")
    assert [camera.read(1) is None for _ in range(4)] == [False, False, True, True]
    assert camera.ended
    assert not camera.lost
    assert openings.sources[0].asked[-2:] == ["settle", "close"]
    assert openings.tries == 1


def test_a_film_is_never_lost_for_being_slow(mast):
    camera, _ = mast("p-p", uri="film.mp4")
    camera.read(1)
    assert camera.read(10) is None
    assert camera.read(1)


def test_a_film_that_goes_round_is_begun_again_where_its_source_does_not(mast):
    camera, openings = mast("ppp", "ppp", "p", uri="film.mp4", loop=True, paced=False)
    frames = [look(camera) for _ in range(7)]
    assert [frame.number for frame in frames] == list(range(7))
    moments = [frame.taken_ns for frame in frames]
    assert [after - before for before, after in pairwise(moments)] == [FRAME_NS] * 6
    assert openings.tries == 3
    assert not camera.ended


def test_a_paced_film_is_as_old_as_it_is_late(mast, time):
    camera, _ = mast("pppp", uri="film.mp4")
    camera.read(1)
    camera.read(1)
    time.time_ns += 100_000_000
    assert time.now_ns() + FRAME_NS - camera.read(1).taken_ns == pytest.approx(1e8, abs=1e5)


@pytest.mark.parametrize(
    ("settings", "colour"),
    [
        ({}, Colour(Matrix.BT601)),
        ({"matrix": "bt709"}, Colour(Matrix.BT709)),
        ({"full_range": True}, Colour(Matrix.BT601, full_range=True)),
        ({"full_range": False, "matrix": "bt601"}, Colour(Matrix.BT601)),
    ],
)
def test_colours_are_what_the_settings_say(settings, colour, mast):
    camera, _ = mast("p", **settings)
    assert camera.read(1).colour == colour


def test_from_720_lines_on_a_picture_is_bt709_unless_it_is_said_to_be_another(mast):
    camera, _ = mast("p")
    assert camera._colour(719) == Colour(Matrix.BT601)
    assert camera._colour(720) == Colour(Matrix.BT709)
    camera, _ = mast("p", matrix="bt601", name="mast-2")
    assert camera._colour(2160) == Colour(Matrix.BT601)


def test_a_cameras_repr_holds_no_address(mast):
    camera, _ = mast("p.")
    camera.read(1)
    camera.read(1)
    said = f"{camera!r} {camera.__dict__} {camera._opener.__dict__} {camera._opener._thread!r}"
    assert PASSWORD not in said


class TestDaemon:
    """NVIDIA's camera daemon is restarted by systemd, which waits for a file."""

    def test_it_is_asked_for_by_a_file(self, tmp_path):
        Daemon({"RUNTIME_DIRECTORY": f"{tmp_path}:/run/other"}).restart("mast-1")
        assert [file.name for file in tmp_path.iterdir()] == [REQUEST]

    def test_it_is_not_asked_for_more_often_than_every_five_minutes(self, tmp_path, time):
        daemon, asked = Daemon({"RUNTIME_DIRECTORY": str(tmp_path)}, time.now_ns), []
        for step_ns in (0, EVERY_NS - 1, 1, 1):
            time.time_ns += step_ns
            daemon.restart("mast-1")
            asked.append((tmp_path / REQUEST).exists())
            (tmp_path / REQUEST).unlink(missing_ok=True)
        assert asked == [True, False, True, False]

    def test_where_no_service_runs_it_is_said_that_nobody_listens(self, caplog):
        Daemon({}).restart("mast-1")
        assert "nobody restarts" in caplog.text


@pytest.mark.parametrize(
    ("uri", "wanted", "paced", "without", "built"),
    [
        ("csi://0", "auto", True, "jetson-utils", "nvmm"),
        ("csi://0", "jetson-utils", True, "jetson-utils", "jetson-utils"),
        ("csi://0", "nvmm", True, "nvmm", "nvmm"),
        ("/dev/video0", "auto", True, "jetson-utils", "jetson-utils"),
        (MAST, "auto", False, "jetson-utils", "jetson-utils"),
        ("film.mp4", "auto", True, "jetson-utils", "jetson-utils"),
        ("film.mp4", "auto", False, "jetson-utils", "nvmm"),
        ("film.mjpeg", "auto", True, "jetson-utils", "nvmm"),
    ],
)
def test_the_bridge_is_taken_where_it_is_better(uri, wanted, paced, without, built, tmp_path):
    settings = CameraSettings(uri=uri, bridge=wanted, paced=paced)
    assert choose_bridge(settings, tmp_path) == without
    (tmp_path / library_name()).touch()
    assert choose_bridge(settings, tmp_path) == built


@pytest.fixture
def world():
    world = World()
    yield world
    world.set(fault=0)
    assert world.undone


@pytest.fixture
def van(lit, world):
    """Opens cameras on the stand-in, where the bridge was built."""
    gpu = open_gpu(enter())
    scene = importlib.import_module("jetson_utils_python").scene
    scene.reset()

    def play(uri, **settings):
        wanted = CameraSettings(uri=str(uri), **settings)
        return open_camera(wanted, lit, gpu=gpu, folder=built())

    play.scene = scene
    yield play
    scene.reset()


@pytest.fixture
def film(tmp_path):
    return write_film(tmp_path / "film.avi", [make_grey(n) for n in range(10)], codec="rawvideo")


def test_a_csi_camera_comes_by_the_bridge_where_it_was_built(van, world):
    with van("csi://0", width=320, height=240, fps=60) as camera:
        assert camera.bridge == "nvmm"
        assert camera.size == (320, 240)
        frames = [camera.read(WAIT_S) for _ in range(10)]
        numbers = [frame.number for frame in frames]
        assert numbers == sorted(set(numbers))
    assert van.scene.asked == []


def test_every_frame_of_a_film_comes_by_the_bridge(van, film):
    with van(film, paced=False) as camera:
        assert camera.bridge == "nvmm"
        frames = list(iter(lambda: camera.read(WAIT_S), None))
        assert [frame.number for frame in frames] == list(range(10))
        assert camera.ended
        assert camera.dropped == camera.bad == 0


def test_rounds_of_a_film_follow_each_other_without_a_gap(van, film):
    with van(film, paced=False, loop=True) as camera:
        moments = [look(camera).taken_ns for _ in range(25)]
    assert {round(b - a, -6) for a, b in pairwise(moments)} == {FRAME_NS}


@pytest.mark.parametrize("fault", ["map", "register", "frame"])
def test_where_the_bridge_does_not_work_jetson_utils_is_taken(fault, van, world, film, caplog):
    world.set(fault=FAULTS[fault])
    van.scene.cameras["csi://0"] = film
    with van("csi://0") as camera:
        assert camera.bridge == "jetson-utils"
        assert camera.read(WAIT_S)
    assert "the bridge does not work here" in caplog.text


def test_a_bridge_that_is_asked_for_must_work(van, world):
    world.set(fault=FAULTS["map"])
    with pytest.raises(MachineError, match="cannot be mapped"), van("csi://0", bridge="nvmm"):
        pass


def test_a_bridge_that_is_asked_for_must_be_there(lit, tmp_path):
    settings, gpu = CameraSettings(uri="csi://0", bridge="nvmm"), open_gpu(enter())
    with pytest.raises(MachineError, match="cannot be read"):
        Open(gpu, tmp_path).first(settings, Time())


def test_what_goes_by_the_bridge_is_opened_again_by_it(van, world):
    settings = CameraSettings(uri="csi://0", width=320, height=240)
    with van("csi://0", width=320, height=240) as camera:
        source = camera._opens.again(settings, Clock(), camera.bridge)
        assert source.bridge == "nvmm"
        source.close()
