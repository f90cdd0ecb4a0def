"""Little films, an RTSP camera that can be killed, and a clock that nobody has to wait for."""

from __future__ import annotations

import queue
import signal
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from appliance.host import source
from appliance.host.camera import Camera, open_camera
from appliance.settings import CameraSettings
from tests.camera import films
from tests.camera.films import make_grey
from tests.camera.standing import FakeClock, Lit

SERVER = Path(__file__).with_name("rtsp_server.py")
SYSTEM_PYTHON = "/usr/bin/python3"
WAIT_S = 20.0
"""No test waits so long; one that is stuck fails."""


@pytest.fixture
def fake_clock():
    return FakeClock()


@pytest.fixture
def lit():
    return Lit()


@pytest.fixture
def played(lit):
    """Opens a film or a camera as the appliance does."""

    @contextmanager
    def play(uri, **settings):
        with open_camera(CameraSettings(uri=str(uri), **settings), lit) as camera:
            yield camera

    return play


@pytest.fixture
def every_frame(played):
    """Gives what a test wants to know of each frame of a film, while the frame is lent."""

    def play(uri, look=lambda frame: frame, **settings):
        with played(uri, paced=False, **settings) as camera:
            return [look(frame) for frame in iter(lambda: camera.read(WAIT_S), None)]

    return play


@pytest.fixture
def on_fake_time(lit):
    """A camera that was not started yet, on a clock that runs as fast as it is asked."""

    def make(uri, clock, **settings):
        return Camera(CameraSettings(uri=str(uri), **settings), lit, clock)

    return make


@pytest.fixture
def quick(monkeypatch):
    """Patience that suits a test."""
    monkeypatch.setattr(source, "OPEN_S", 2.0)
    monkeypatch.setattr(source, "READ_S", 0.5)


@pytest.fixture
def grey():
    return make_grey


@pytest.fixture
def write_film(tmp_path):
    def write(pictures, name="film.mkv", *given, **said):
        return films.write_film(tmp_path / name, pictures, *given, **said)

    return write


@pytest.fixture
def film(write_film):
    """Ten frames, each brighter than the one before."""
    return write_film([make_grey(number) for number in range(10)])


class Server:
    """An RTSP camera in a process of its own."""

    def __init__(self):
        self.port = "0"
        self._process = None

    @property
    def uri(self):
        return f"rtsp://officer:hunter2@127.0.0.1:{self.port}/mast"

    def start(self, codec="mjpeg"):
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, SERVER, self.port, codec], stdout=subprocess.PIPE, text=True
        )
        said = queue.Queue()
        threading.Thread(
            target=lambda: said.put(self._process.stdout.readline()), daemon=True
        ).start()
        self.port = said.get(timeout=WAIT_S).strip()
        assert self.port, "the RTSP server did not start: are its packages installed?"
        return self

    def freeze(self):
        self._process.send_signal(signal.SIGSTOP)

    def kill(self):
        if self._process:
            self._process.kill()
            self._process.wait(WAIT_S)
            self._process.stdout.close()
            self._process = None


@pytest.fixture
def server():
    server = Server()
    yield server
    server.kill()
