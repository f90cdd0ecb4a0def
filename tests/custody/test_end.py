"""What has ended is forgotten at once, destroyed as soon as the disk lets it go, and stays gone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from appliance.domain.ending import End, EndedError
from appliance.errors import LapsedError, MachineError
from appliance.watchlist.refusals import SpaceError
from appliance.watchlist.store import Store
from tests.watchlist.bundles import another


def refuse(*_, **__):
    raise MachineError("closed.json cannot be written.", mend="Check the disk and its owner.")


@pytest.mark.parametrize("withdrawn_first", [False, True])
def test_nothing_is_left_of_a_list_that_has_ended(looking, withdrawn_first):
    watchlist = looking.custody.law.watchlist
    if withdrawn_first:
        looking.handover.withdraw([watchlist.commitments[0].tobytes()])
        looking.beat()
        assert not watchlist.templates[0].any()
    looking.custody.end(End.BUTTON)
    assert not watchlist.templates.any()
    assert not watchlist.subjects.records.any()
    assert (looking.held_keys(), looking.bundles()) == (set(), [])
    assert looking.custody.law is None
    assert looking.custody.ended is End.BUTTON
    assert looking.seek() is None


def test_one_that_whoever_matched_has_erased_is_not_touched_again(looking):
    watchlist = looking.custody.law.watchlist
    looking.stop()
    assert not watchlist.expires.any()
    looking.custody.end(End.BUTTON)
    assert looking.custody.law is None


def test_what_was_on_its_way_goes_too(looking):
    looking.van.send(another(watchlist_id="list-2"), authority={"watchlist_id": "list-2"})
    while not looking.custody._coming:
        looking.custody.tend(looking.handover, looking.tablets)
    coming = looking.custody._coming[0].watchlist
    looking.stop()
    looking.custody.end(End.BUTTON)
    assert not coming.templates.any()
    assert (looking.held_keys(), looking.bundles()) == (set(), [])


def test_a_child_that_is_at_work_is_stopped(looking):
    looking.van.send(another(watchlist_id="list-2"), authority={"watchlist_id": "list-2"})
    looking.custody.tend(looking.handover, looking.tablets)
    child = looking.custody._arrivals._opening._child
    looking.custody.end(End.BUTTON)
    assert child.returncode is not None


def test_where_the_disk_refuses_the_key_is_gone_and_nothing_looks_until_it_gives_way(
    looking, monkeypatch
):
    close, strip = Store.close, Store.strip
    monkeypatch.setattr(Store, "close", refuse)
    monkeypatch.setattr(Store, "strip", refuse)
    looking.custody.end(End.BUTTON)
    assert looking.custody.law is None
    assert looking.custody.unfinished
    assert "closed.json" in str(looking.custody.trouble)
    assert looking.custody.seek() is None
    assert looking.bundles()
    assert looking.held_keys() == set()  # whoever starts the van anew cannot go on
    monkeypatch.setattr(Store, "close", close)
    monkeypatch.setattr(Store, "strip", strip)
    assert looking.seek() is None
    assert not looking.custody.unfinished
    assert looking.van.store.closed("d-1") is End.BUTTON
    assert looking.bundles() == []


def test_a_full_disk_still_loses_the_key_and_the_list(looking, monkeypatch):
    """The mark needs room, and the list is what can give it."""
    write = Store.close

    def close(store, *words):
        if looking.bundles():
            raise SpaceError("The disk is full.", mend="Make room on it.")
        write(store, *words)

    monkeypatch.setattr(Store, "close", close)
    looking.custody.end(End.BUTTON)
    assert not looking.custody.unfinished
    assert looking.van.store.closed("d-1") is End.BUTTON
    assert (looking.held_keys(), looking.bundles()) == (set(), [])


def test_a_list_that_ends_does_not_end_its_deployment(looking):
    looking.clock.pass_by(hours=1)
    # A list of the same deployment that lives longer waits on the disk already.
    newer = another(watchlist_id="list-2")
    looking.van.send(newer, authority={"watchlist_id": "list-2"})
    looking.custody.end(End.LIST_EXPIRED)
    assert looking.van.store.closed("d-1") is None
    law = looking.seek()
    assert law.watchlist.id == "list-2"
    assert looking.custody.ended is None


def test_what_was_closed_while_it_was_opened_is_not_looked_for(post):
    post.van.send()
    assert post.custody.seek() is None
    ends_at = post.van.store.current().label().ends_at
    opening = post.custody._arrivals._opening
    opening.wait()
    post.van.store.close("d-1", ends_at, End.COMMAND)
    assert post.seek() is None
    assert not opening._taken.watchlist.templates.any()
    assert isinstance(post.custody.trouble, EndedError)


def test_what_lapses_while_it_is_opened_is_not_looked_for(post):
    post.van.send()
    post.custody.seek()
    opening = post.custody._arrivals._opening
    opening.wait()
    post.clock.pass_by(hours=7)
    assert post.seek() is None
    assert not opening._taken.watchlist.templates.any()
    assert isinstance(post.custody.trouble, LapsedError)


def test_a_button_without_a_deployment_ends_nothing(post):
    post.custody.ask(End.BUTTON)
    assert post.custody.asked is None
    post.van.send()
    post.look()
    post.beat()
    assert post.custody.law


def test_an_end_without_a_deployment_destroys_nothing(post):
    post.van.send()
    post.custody.end(End.BUTTON)
    assert post.bundles()
    assert post.seek()


def test_a_van_that_starts_anew_says_why_the_last_deployment_ended(looking):
    looking.stop()
    looking.custody.end(End.BUTTON)
    looking.start()
    assert looking.custody.ended is None
    assert looking.seek() is None
    assert looking.custody.ended is End.BUTTON


def test_a_deployment_that_was_closed_before_it_began_is_said_to_have_ended(post):
    post.van.send()
    post.van.store.close("d-1", post.clock(), End.COMMAND)
    assert post.seek() is None
    assert post.custody.ended is End.COMMAND
    post.start()
    assert post.seek() is None
    assert post.custody.ended is End.COMMAND


def test_what_was_forgotten_may_be_opened_again(looking):
    looking.stop()
    looking.custody.drop()
    looking.clock.pass_by(seconds=timedelta(minutes=2).total_seconds())
    assert looking.seek().watchlist.id == "list-1"
    assert looking.held_keys()
