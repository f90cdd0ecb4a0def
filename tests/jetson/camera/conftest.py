"""A camera that does as it is told, opened again and again."""

from types import SimpleNamespace

import pytest

from appliance.jetson import opener
from appliance.jetson.camera import Camera
from appliance.settings import CameraSettings
from tests.camera.standing import FakeClock, Lit
from tests.jetson.camera.masts import MAST
from tests.jetson.scripts import Openings


@pytest.fixture
def lit():
    return Lit()


@pytest.fixture
def time():
    return FakeClock()


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
