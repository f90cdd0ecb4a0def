"""However a deployment ends, it is written down, its key is destroyed and its list is gone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from appliance.domain.ending import End
from appliance.errors import MachineError
from appliance.watchlist.generation import Label
from appliance.watchlist.refusals import SpaceError
from appliance.watchlist.store import Store
from tests.watchlist.fleet import renew
from tests.watchlist.repository import KEY_ID, MOMENT

FIRST_KEY, SECOND_KEY = KEY_ID, "f" * 16


@pytest.fixture
def held(van, served):
    """A van that holds a list."""
    van.update(served.url)
    assert van.held() == "list-1"
    return van


def bundles(van):
    return [name for name in van.left() if name.endswith((".age", ".part"))]


def gone(van, *keys):
    assert van.held() is None
    assert bundles(van) == []
    assert {*van.destroyed} == {*keys}


@pytest.mark.parametrize("end", [End.BUTTON, End.COMMAND, End.REVOKED])
def test_a_deployment_that_is_closed_stays_closed(held, served, repository, end):
    held.finish(end)
    gone(held, FIRST_KEY)
    assert held.store.closed("d-1") is end
    renew(repository)
    held.update(served.url)
    held.sweep()
    gone(held, FIRST_KEY)


def test_the_key_goes_before_the_file(held):
    seen = []

    def destroy(key_id):
        assert held.store.closed("d-1") is End.BUTTON
        seen.append((key_id, bundles(held) != []))

    held.destroyed = type("Keys", (), {"append": staticmethod(destroy)})
    held.finish(End.BUTTON)
    assert seen == [(FIRST_KEY, True)]
    assert bundles(held) == []


def test_a_full_disk_gives_up_key_and_list_before_the_mark_is_written(held, monkeypatch):
    """The mark needs room, and only the list can give it; one that never came has none to give."""
    waiting = Label(deployment_id="d-1", ends_at=MOMENT + timedelta(hours=6))
    held.store.install(held.store.current().files(), None, waiting)
    close = Store.close

    def full(store, *words):
        if bundles(held):
            raise SpaceError("The disk is full.", mend="Make room on it.")
        close(store, *words)

    monkeypatch.setattr(Store, "close", full)
    held.finish(End.BUTTON)
    gone(held, FIRST_KEY)
    assert held.store.closed("d-1") is End.BUTTON


def test_closing_twice_is_closing_once(held):
    held.finish(End.BUTTON)
    held.finish(End.COMMAND)
    assert held.store.closed("d-1") is End.BUTTON
    gone(held, FIRST_KEY)


def test_what_guards_against_older_files_stays(held, served, repository):
    """Or whoever has kept the old ones could bring them back, and the van would take them."""
    before = held.store.current().files()
    held.finish(End.COMMAND)
    assert held.store.current().files() == before


def test_the_list_in_reserve_of_the_same_deployment_goes_too(held, served, repository):
    renew(repository)
    held.update(served.url)
    assert len(bundles(held)) == 2
    held.finish(End.BUTTON)
    gone(held, FIRST_KEY, SECOND_KEY)
    assert len(held.store.generations()) == 1


def test_what_has_come_of_a_list_goes_too(held, served, repository):
    renew(repository, bytes(300_000))
    served.tricks["watchlist.age"] = lambda h: h.answer(200, bytes(9), length=300_000)
    with pytest.raises(MachineError):
        held.update(served.url)
    assert len(bundles(held)) == 2
    held.finish(End.BUTTON)
    gone(held, FIRST_KEY, SECOND_KEY)


# -- By itself


def test_nothing_ends_before_its_time(held):
    held.pass_by(hours=5, minutes=59)
    assert held.sweep() is None
    assert held.held() == "list-1"
    assert held.destroyed == []


def test_a_van_that_holds_nothing_has_nothing_to_end(van):
    assert van.sweep() is None
    assert van.left() <= {"lock"}


def test_the_deployment_s_end(held):
    held.pass_by(hours=6)
    assert held.sweep() is End.DEPLOYMENT_OVER
    gone(held, FIRST_KEY)
    assert held.store.closed("d-1") is End.DEPLOYMENT_OVER
    assert held.sweep() is None


def test_the_list_s_end(van, served, repository):
    repository.put_list(expires_at=(MOMENT + timedelta(hours=1)).isoformat())
    repository.release()
    van.update(served.url)
    van.pass_by(hours=1)
    assert van.sweep() is End.LIST_EXPIRED
    gone(van, FIRST_KEY)


def test_revocation(held, served, repository):
    repository.revoke()
    repository.release_withdrawals()
    held.update(served.url)
    assert held.sweep() is End.REVOKED
    gone(held, FIRST_KEY)


def test_a_force_that_publishes_nothing_for_the_van_any_more_has_taken_it_back(
    held, served, repository
):
    repository.targets.targets.clear()
    repository.release()
    held.update(served.url)
    assert held.sweep() is End.REVOKED
    gone(held, FIRST_KEY)
    assert held.store.closed("d-1") is End.REVOKED


def test_a_van_that_hears_nothing_ends_when_its_metadata_does(van, served, repository):
    repository.life["timestamp"] = timedelta(hours=2)
    repository.beat()
    van.update(served.url)
    van.pass_by(hours=2)
    assert van.sweep() is End.CONTACT_LOST
    gone(van, FIRST_KEY)


def test_an_authority_whose_list_never_came_is_not_closed_by_silence(van, served, repository):
    del repository.targets.targets["vans/van-1/watchlist.age"]
    repository.release()
    van.update(served.url)
    van.pass_by(hours=25)
    assert van.sweep() is None
    assert van.store.closed("d-1") is None


def test_an_older_list_that_ends_leaves_the_deployment_its_newer_one(van, served, repository):
    repository.put_list(expires_at=(MOMENT + timedelta(hours=1)).isoformat())
    repository.release()
    van.update(served.url)
    renew(repository)
    van.update(served.url)
    van.pass_by(hours=1)
    assert van.sweep() is End.LIST_EXPIRED
    assert van.held() == "list-2"
    assert van.destroyed == [FIRST_KEY]
    assert van.store.closed("d-1") is None


def test_what_a_newer_list_has_taken_the_place_of_is_destroyed(held, served, repository):
    renew(repository)
    held.update(served.url)
    held.supersede()
    assert (held.held(), held.destroyed) == ("list-2", [FIRST_KEY])
    assert len(bundles(held)) == 1


def test_a_newer_authority_that_is_in_force_ends_the_older_one(held, served, repository):
    repository.put_list(b"another", watchlist_id="list-2", key_id=SECOND_KEY)
    repository.put_authority(watchlist_id="list-2", deployment_id="d-2")
    repository.release()
    held.update(served.url)
    assert held.store.closed("d-1") is None
    held.supersede()
    assert held.store.closed("d-1") is End.SUPERSEDED
    assert held.store.closed("d-2") is None


def test_a_newer_list_of_the_same_authority_ends_nothing(held, served, repository):
    renew(repository)
    held.update(served.url)
    held.supersede()
    assert not held.store.endings()


def test_revocation_reaches_a_list_that_only_stayed_because_the_newest_was_refused(
    held, served, repository
):
    repository.put_list(b"another", watchlist_id="list-2", model_id="another", key_id=SECOND_KEY)
    repository.put_authority(watchlist_id="list-2", deployment_id="d-2")
    repository.revoke("d-1")
    repository.release()
    with pytest.raises(Exception, match="encoder"):
        held.update(served.url)
    assert held.sweep() is End.REVOKED
    gone(held, FIRST_KEY)


# -- Damaged, and the clock


@pytest.mark.parametrize("damage", ["targets.json", "timestamp.json"])
def test_a_damaged_generation_still_ends_in_its_time(held, damage):
    (held.store.current().folder / damage).write_bytes(b"{")
    assert held.sweep() is None
    held.pass_by(hours=6)
    assert held.sweep() is End.DEPLOYMENT_OVER
    gone(held, FIRST_KEY)


def test_a_generation_without_its_label_ends_with_the_contact(held):
    (held.store.current().folder / "label.json").unlink()
    assert held.store.current().label() == Label()
    held.pass_by(hours=24)
    assert held.sweep() is End.CONTACT_LOST
    assert bundles(held) == []
    assert held.destroyed == []


def test_the_floor_rises_with_each_sweep_and_never_beyond_what_is_vouched_for(held):
    held.pass_by(hours=3)
    held.sweep()
    assert held.store.now(MOMENT + timedelta(hours=3, seconds=-1)) == held.now
    held.pass_by(days=365 * 14)
    assert held.sweep() is End.CONTACT_LOST
    assert held.store.now(MOMENT + timedelta(hours=4)) == MOMENT + timedelta(hours=4)
