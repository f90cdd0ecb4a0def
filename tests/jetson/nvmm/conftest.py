"""A bridge over the stand-in's memory."""

import pytest

from appliance.clock import Clock
from appliance.jetson import nvmm
from appliance.jetson.nvmm import NvmmBridge
from appliance.settings import CameraSettings
from tests.camera.films import make_grey, write_film
from tests.jetson.bridge import (
    Gpu,
    World,
)
from tests.jetson.nvmm.frames import SENSOR


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
        bridge = NvmmBridge(CameraSettings(**settings), Gpu(), Clock(), world.code)
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
