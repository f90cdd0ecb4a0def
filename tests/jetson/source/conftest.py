"""jetson-utils with a scene of ours before it."""

import importlib

import pytest

from appliance.jetson.gpu import open_gpu
from appliance.jetson.source import Video
from appliance.settings import CameraSettings
from tests.camera.films import make_grey, write_film
from tests.camera.standing import FakeClock
from tests.standin import enter


class Cameras:
    """The time as the stand-in of jetson-utils asks for it: in nanoseconds."""

    def __init__(self, time):
        self.now_ns = time.now_ns
        self.wait = lambda pause_ns: time.wait(pause_ns / 1e9)


@pytest.fixture
def gpu():
    return open_gpu(enter())


@pytest.fixture
def time():
    return FakeClock()


@pytest.fixture
def scene(gpu, time):
    utils = importlib.import_module("jetson_utils_python")
    utils.scene.reset()
    utils.scene.clock = Cameras(time)
    yield utils.scene
    utils.scene.reset()


@pytest.fixture
def opened(gpu, scene, time):
    """Opens sources, and closes what a test leaves open."""
    videos = []

    def play(uri, **settings):
        videos.append(Video(CameraSettings(uri=str(uri), **settings), gpu, time))
        return videos[-1]

    yield play
    for video in videos:
        video.settle()
        video.close()


@pytest.fixture
def film(tmp_path):
    return write_film(tmp_path / "film.mkv", [make_grey(number) for number in range(10)])


@pytest.fixture
def sensor(scene, film):
    scene.cameras["csi://0"] = film
    return "csi://0"
