"""What many tests of a van's lists lean on; each kind in its own file."""

from __future__ import annotations

import pytest

from appliance.watchlist.keyring import Keyring
from tests.watchlist.fleet import repository, served, van
from tests.watchlist.places import land, part, place, stick, told, web

__all__ = ["land", "part", "place", "repository", "served", "stick", "told", "van", "web"]


@pytest.fixture
def keyring(tmp_path):
    return Keyring(tmp_path / "keyring")
