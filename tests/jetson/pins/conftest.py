"""A header of a Jetson that is none."""

import pytest

from appliance.jetson.pins import open_pins
from tests.jetson.bench import laid


@pytest.fixture
def desk(tmp_path, monkeypatch):
    with laid(tmp_path / "board", monkeypatch=monkeypatch) as desk:
        yield desk


@pytest.fixture
def header(desk):
    with open_pins() as header:
        yield header
