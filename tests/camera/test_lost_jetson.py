"""The van's code loses a real RTSP camera and finds it again, over the stand-in of jetson-utils."""

import pytest

from appliance import mast
from tests.camera.rigs import Network

WAIT_S = 20.0


@pytest.fixture
def rig():
    rig = Network()
    yield rig
    rig.close()


@pytest.mark.parametrize("codec", ["mjpeg", "h264"])
def test_a_camera_that_died_comes_back_and_counts_on(codec, rig, lit, server, monkeypatch):
    monkeypatch.setattr(mast, "BACK_OFF_S", (0.01, 0.05))
    with rig.play(lit, server.start(codec).uri) as camera:
        before = camera.read(WAIT_S).number
        server.kill()
        while not camera.lost:
            camera.read(0.1)
        assert not camera.ended
        server.start(codec)
        after = None
        while after is None:
            after = camera.read(0.1)
        assert after.number > before
        assert not camera.lost
