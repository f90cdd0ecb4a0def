"""While the van looks, what is new reaches whoever matches, and what is old goes only then."""

from __future__ import annotations

from datetime import timedelta

import pytest

from appliance.domain.ending import End, EndedError
from appliance.domain.watchlist import Watchlist
from appliance.errors import MachineError
from appliance.watchlist import arrivals
from appliance.watchlist.refusals import SpaceError
from appliance.watchlist.store import Store
from tests.watchlist.bundles import another

NEXT = {"authority": {"watchlist_id": "list-2"}}
LAST = {"authority": {"watchlist_id": "list-3"}}


@pytest.fixture
def erased(monkeypatch):
    """Names of lists, as they are erased."""
    names, erase = [], Watchlist.erase

    def note(watchlist):
        names.append(watchlist.id)
        erase(watchlist)

    monkeypatch.setattr(Watchlist, "erase", note)
    return names


def send_next(van):
    return van.send(another(watchlist_id="list-2"), **NEXT)


def is_held(post, name):
    return lambda: post.custody.law.watchlist.id == name


def test_a_newer_list_takes_the_place_of_the_old_one(looking):
    old, (used,) = looking.custody.law.watchlist, looking.held_keys()
    send_next(looking.van)
    assert looking.custody.urgent
    looking.beat(is_held(looking, "list-2"))
    looking.beat()
    assert looking.match.watchlist is looking.custody.law.watchlist
    assert not old.templates.any()
    assert used not in looking.held_keys()
    assert len(looking.bundles()) == 1
    assert looking.custody.trouble is None


def test_it_says_that_it_updates_from_the_first_look_at_a_newer_list_until_it_is_searched(looking):
    assert not looking.custody.updating
    send_next(looking.van)
    looking.beat()
    assert looking.custody.updating
    looking.beat(is_held(looking, "list-2"))
    assert not looking.custody.updating


def test_trying_again_what_could_not_be_opened_is_no_update(looking, monkeypatch):
    newest = send_next(looking.van)
    newest.bundle.write_bytes(b"x" * newest.bundle.stat().st_size)
    looking.beat(lambda: looking.custody.trouble)
    monkeypatch.setattr(arrivals, "AGAIN_S", 0.0)
    looking.beat()
    assert looking.custody._arrivals._opening
    assert not looking.custody.updating


def test_the_old_one_stays_on_the_disk_until_the_newer_is_searched(looking):
    used = looking.held_keys()
    send_next(looking.van)
    looking.custody.tend(looking.handover, looking.tablets)
    while looking.custody.urgent:
        looking.custody.tend(looking.handover, looking.tablets)
    assert looking.custody.law.watchlist.id == "list-1"
    assert used < looking.held_keys()
    assert len(looking.bundles()) == 2


def test_of_two_that_come_at_once_the_newest_wins_and_nothing_is_left_of_the_other(looking):
    send_next(looking.van)
    while not looking.custody._coming:
        looking.custody.tend(looking.handover, looking.tablets)
    passed_over = looking.custody._coming[0].watchlist
    looking.van.send(another(watchlist_id="list-3"), **LAST)
    while len(looking.custody._coming) < 2:
        looking.custody.tend(looking.handover, looking.tablets)
    looking.beat(is_held(looking, "list-3"))
    looking.beat()
    assert not passed_over.templates.any()
    assert looking.custody._coming == []
    assert looking.custody.trouble is None
    assert len(looking.held_keys()) == 1


def test_whoever_is_taken_off_does_not_wait_for_a_list_that_is_on_its_way(looking):
    commitment = looking.custody.law.watchlist.commitments[0].tobytes()
    send_next(looking.van)
    looking.custody.tend(looking.handover, looking.tablets)
    first = looking.custody._arrivals._opening
    looking.van.repository.withdraw(commitment)
    looking.van.repository.release()
    looking.van.install(looking.bundles()[0].read_bytes())
    looking.beat(lambda: looking.tablets.withdrawn)
    assert first is not looking.custody._arrivals._opening
    assert first._child.returncode is not None
    assert looking.tablets.withdrawn == ["V-001"]
    assert looking.custody.taken_off == 1


def test_the_same_list_under_a_newer_word_is_not_opened_again(looking):
    old = looking.custody.law
    looking.van.repository.now += timedelta(hours=1)
    looking.van.repository.release()
    looking.van.install(looking.bundles()[0].read_bytes())
    looking.beat(lambda: looking.custody.law is not old)
    law = looking.custody.law
    assert law.watchlist is old.watchlist
    assert law.deployment.valid_until == old.deployment.valid_until + timedelta(hours=1)
    assert law.watchlist.templates.any()
    assert looking.held_keys()


def test_a_newer_word_on_the_list_that_is_on_its_way_counts_when_it_is_there(looking):
    send_next(looking.van)
    while not looking.custody._coming:
        looking.custody.tend(looking.handover, looking.tablets)
    (coming,) = looking.custody._coming
    looking.van.repository.now += timedelta(hours=1)
    looking.van.repository.release()
    looking.van.install(max(looking.bundles(), key=str).read_bytes())
    while looking.custody._coming == [coming]:
        looking.custody.tend(looking.handover, looking.tablets)
    looking.beat(is_held(looking, "list-2"))
    until = looking.custody.law.deployment.valid_until
    assert until == coming.valid_until + timedelta(hours=1)


def test_a_list_that_is_damaged_is_said_until_a_good_one_comes(looking):
    newest = send_next(looking.van)
    newest.bundle.write_bytes(b"x" * newest.bundle.stat().st_size)
    looking.beat(lambda: looking.custody.trouble)
    assert looking.custody.law.watchlist.id == "list-1"
    assert looking.match.watchlist.templates.any()
    looking.van.send(another(watchlist_id="list-3"), **LAST)
    looking.beat(is_held(looking, "list-3"))
    assert looking.custody.trouble is None


def test_a_list_for_another_place_is_said_and_erased(looking, erased):
    there = {"name": "Quay", "centre": {"latitude_deg": 0, "longitude_deg": 0}, "radius_m": 100}
    elsewhere = {"watchlist_id": "list-2", "place": there}
    looking.van.send(another(watchlist_id="list-2"), authority=elsewhere)
    looking.beat(lambda: looking.custody.trouble)
    assert "outside the signed place" in str(looking.custody.trouble)
    assert erased == ["list-2"]
    assert looking.custody.law.watchlist.id == "list-1"


def test_one_that_the_gallery_has_no_room_for_is_said_and_erased(looking, erased, monkeypatch):
    def no_room(_):
        raise MachineError("The GPU has no room left.", mend="Take a smaller list.")

    monkeypatch.setattr(looking.match.gallery, "stage", no_room)
    send_next(looking.van)
    looking.beat(lambda: looking.custody.trouble)
    assert "no room" in str(looking.custody.trouble)
    assert erased == ["list-2"]
    assert looking.custody._coming == []
    assert looking.custody.law.watchlist.id == "list-1"
    assert looking.match.watchlist.templates.any()


def test_an_older_list_that_the_disk_keeps_is_said_and_destroyed_later(looking, monkeypatch):
    (used,) = looking.held_keys()
    retire = Store.retire

    def full(*_):
        raise SpaceError("The disk is full.", mend="Make room on it.")

    monkeypatch.setattr(Store, "retire", full)
    send_next(looking.van)
    looking.beat(lambda: looking.custody.trouble)
    assert looking.custody.law.watchlist.id == "list-2"
    monkeypatch.setattr(Store, "retire", retire)
    looking.beat()
    assert used not in looking.held_keys()
    assert len(looking.bundles()) == 1


@pytest.mark.parametrize("end", [End.BUTTON, End.COMMAND, End.REVOKED])
def test_an_end_stands_above_everything_that_is_new(looking, end):
    send_next(looking.van)
    if end is End.BUTTON:
        looking.custody.ask(end)
        assert looking.custody.urgent
    elif end is End.COMMAND:
        looking.van.store.close("d-1", looking.custody.law.deployment.authority.ends_at, end)
    else:
        looking.van.repository.revoke()
        looking.van.repository.release()
        looking.van.install()
    with pytest.raises(EndedError) as ended:
        looking.beat(lambda: False)
    assert ended.value.end is end
