"""A server and a stick with the same two files, and ways to ask them."""

from __future__ import annotations

import pytest

from appliance.watchlist.supply import open_supply
from tests.watchlist.web import serving

LONG = bytes(range(256)) * 4096
LENGTH = len(LONG)
PLACE = "targets/vans/van-1/long.age"
FILES = {"metadata/timestamp.json": b"{}", PLACE: LONG}


@pytest.fixture
def web():
    with serving(dict(FILES)) as web:
        yield web


@pytest.fixture
def stick(tmp_path):
    folder = tmp_path / "stick"
    for path, data in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


@pytest.fixture(params=["server", "stick"])
def place(request):
    """Name a place of either kind, with the same files."""
    if request.param == "server":
        return request.getfixturevalue("web").url
    return str(request.getfixturevalue("stick"))


@pytest.fixture
def part(tmp_path):
    return tmp_path / "long.part"


@pytest.fixture
def told():
    return []


def get(place, path=PLACE, most_bytes=1 << 20, **how):
    with open_supply(place, **how) as supply:
        return supply.fetch(path, most_bytes)


@pytest.fixture
def land(part, told):
    def run(place, length=LENGTH, **how):
        with open_supply(place, **how) as supply:
            supply.download(PLACE, length, part, lambda *done: told.append(done))
        return part.read_bytes()

    return run
