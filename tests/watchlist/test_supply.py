"""Files come from a server or a stick, whole or not at all."""

from __future__ import annotations

import pytest

from appliance.errors import MachineError
from appliance.watchlist import disk
from appliance.watchlist.refusals import MissingError, OversizeError, PlaceError, SpaceError
from appliance.watchlist.supply import open_supply
from tests.watchlist.places import LONG, PLACE, get


def test_a_file_is_given_whole_and_a_missing_one_is_none(place):
    assert get(place) == LONG
    assert get(place, "metadata/2.root.json") is None
    assert get(place, "nowhere/2.root.json") is None


def test_a_file_that_is_longer_than_it_may_be_is_refused(place):
    assert get(place, most_bytes=len(LONG)) == LONG
    with pytest.raises(OversizeError, match="longer"):
        get(place, most_bytes=len(LONG) - 1)


def test_a_bundle_lands_whole_and_says_how_far_it_is(place, land, told):
    assert land(place) == LONG
    assert told[0] == (0, len(LONG))
    assert told[-1] == (len(LONG), len(LONG))
    assert told == sorted(told)


def test_a_bundle_is_taken_up_again_where_it_broke_off(place, land, part, told):
    part.write_bytes(LONG[:300_000])
    assert land(place) == LONG
    assert told[0] == (300_000, len(LONG))


def test_what_is_longer_than_it_will_be_is_begun_anew(place, land, part):
    part.write_bytes(LONG + b"more")
    assert land(place) == LONG


def test_a_bundle_that_is_whole_is_not_fetched(place, land, part):
    part.write_bytes(LONG)
    assert land(place) == LONG


def test_a_bundle_that_is_longer_than_was_signed_is_refused(place, land):
    with pytest.raises(OversizeError, match="longer"):
        land(place, length=1000)


def test_a_bundle_that_is_not_there_is_missing(place, part):
    with open_supply(place) as supply, pytest.raises(MissingError):
        supply.download("targets/other.age", 10, part, lambda *_: None)


@pytest.mark.parametrize("path", ["../x", "a/../x", "/etc/passwd", "a//b", ".hidden", "a b", ""])
def test_a_name_that_leads_elsewhere_is_refused(place, path, part):
    with open_supply(place) as supply:
        with pytest.raises(PlaceError, match="name"):
            supply.fetch(path, 10)
        with pytest.raises(PlaceError, match="name"):
            supply.download(path, 10, part, lambda *_: None)


def test_a_full_disk_is_said(place, land, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk.os, "write", full)
    with pytest.raises(SpaceError, match="full"):
        land(place)


def test_a_place_that_cannot_be_written_is_said(place, tmp_path):
    with open_supply(place) as supply, pytest.raises(MachineError, match="cannot be written"):
        supply.download(PLACE, 10, tmp_path / "no" / "where", lambda *_: None)
