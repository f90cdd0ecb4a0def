"""How a camera of the van is opened: its colours, its films, and which bridge it comes by."""

import importlib
from itertools import pairwise

import pytest

from appliance.clock import Clock
from appliance.domain.frame import Colour, Matrix
from appliance.errors import MachineError
from appliance.jetson.argus import EVERY_NS, REQUEST, Daemon
from appliance.jetson.camera import open_camera
from appliance.jetson.gpu import open_gpu
from appliance.jetson.nvmm import library_name
from appliance.jetson.opener import Open, choose_bridge
from appliance.settings import CameraSettings
from tests.camera.films import make_grey, write_film
from tests.camera.standing import FakeClock
from tests.jetson.bridge import FAULTS, World, built
from tests.jetson.camera.masts import MAST, PASSWORD, WAIT_S, look
from tests.jetson.scripts import FRAME_NS
from tests.standin import enter


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
        Open(gpu, tmp_path).first(settings, FakeClock())


def test_what_goes_by_the_bridge_is_opened_again_by_it(van, world):
    settings = CameraSettings(uri="csi://0", width=320, height=240)
    with van("csi://0", width=320, height=240) as camera:
        source = camera._opens.again(settings, Clock(), camera.bridge)
        assert source.bridge == "nvmm"
        source.close()
