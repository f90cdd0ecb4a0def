"""The list changes between two frames, whole, or not at all."""

from datetime import timedelta

import pytest

from appliance.domain.deployment import Deployment
from appliance.errors import InputError, LapsedError, MachineError, TrustError
from appliance.host.gallery import PIECE_ROWS
from appliance.matching.handover import Handover
from tests.matching.handover.turns import NEW, OLD, Watch, go_on
from tests.matching.probes import HERE, like


def test_the_list_changes_between_two_turns_and_never_by_halves(handover, offered, match, named):
    answers = [named()]
    while not handover.turn(0):
        answers.append(named())
    assert answers == [OLD] * 4
    assert named() == NEW
    assert match.watchlist is offered
    assert match.deployment.authority.watchlist_id == "list-2"


def test_the_old_list_is_erased_by_whoever_offered_the_new_one(handover, offered, match, named):
    old = match.watchlist
    go_on(handover)
    assert old.templates.any()
    (answer,) = handover.settle()
    assert (answer.watchlist, answer.error) == (offered, None)
    assert not old.templates.any()
    assert not old.owners.any()
    assert handover.settle() == []
    assert named() == NEW


def test_the_old_rows_are_overwritten_after_the_change(handover, offered, match):
    old = match.gallery._rows
    go_on(handover)
    assert old.any()
    handover.turn(0)
    assert not old.any()
    assert not handover.turn(1)


def test_evidence_does_not_outlive_the_list(open_match, ask, listed, allow):
    match = open_match(listed("list-1", axes=(0, 1)), hits=2)
    handover, watchlist = Handover(match, Watch()), listed("list-2", axes=(0, 1))
    assert ask(match, like(0.6)) is None
    handover.offer(watchlist, allow(watchlist))
    go_on(handover)
    assert ask(match, like(0.6)) is None
    assert ask(match, like(0.6)).subject == 0


def test_a_newer_offer_takes_the_place_of_one_on_its_way(handover, offered, listed, allow, named):
    handover.turn(0)
    newest = listed("list-3", rows=2 * PIECE_ROWS, axes=(2, 0))
    handover.offer(newest, allow(newest))
    assert go_on(handover) == 4
    assert named() == ["V-001", None, "V-000"]
    given_up, taken = handover.settle()
    assert isinstance(given_up.error, InputError)
    assert (given_up.watchlist, taken.watchlist) == (offered, newest)
    assert not offered.templates.any()
    assert newest.templates.any()


def test_an_offer_while_the_old_rows_are_being_overwritten_waits_for_that(
    handover, offered, listed, allow, match
):
    old = match.gallery._rows
    go_on(handover)
    newest = listed("list-3")
    handover.offer(newest, allow(newest))
    handover.turn(0)
    assert not old.any()
    go_on(handover)
    assert [answer.error for answer in handover.settle()] == [None, None]
    assert match.watchlist is newest


# ---- What is refused


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"maximum_subjects": 1}, TrustError), ({"starts_at": timedelta(minutes=1)}, LapsedError)],
)
def test_a_list_that_may_not_be_searched_is_refused_at_once(
    handover, listed, authority, clock, changes, error
):
    watchlist = listed()
    if "starts_at" in changes:
        changes = {"starts_at": clock.now + changes["starts_at"]}
    with pytest.raises(error):
        handover.offer(watchlist, Deployment(authority(watchlist_id="list-2", **changes), HERE))
    assert watchlist.templates.any()
    assert not handover.turn(1)
    assert handover.settle() == []


def test_a_list_that_ends_on_its_way_never_takes_its_place(
    handover, listed, allow, clock, match, named
):
    watchlist = listed(expires_at=clock.now + timedelta(seconds=1))
    handover.offer(watchlist, allow(watchlist))
    handover.turn(0)
    clock.pass_by(seconds=1)
    assert not any(handover.turn(0) for _ in range(9))
    (answer,) = handover.settle()
    assert isinstance(answer.error, LapsedError)
    assert not watchlist.templates.any()
    assert named() == OLD
    assert match.gallery._next is None
    assert not match.gallery._gone


def test_a_list_for_which_there_is_no_room_leaves_the_held_one_in_force(
    handover, offered, match, named, monkeypatch
):
    def full(_templates):
        raise MachineError("The GPU has no 1 MB left.", mend="Take a smaller list.")

    monkeypatch.setattr(match.gallery, "stage", full)
    assert not any(handover.turn(0) for _ in range(9))
    (answer,) = handover.settle()
    assert isinstance(answer.error, MachineError)
    assert not offered.templates.any()
    assert named() == OLD
