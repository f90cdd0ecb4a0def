"""Who is withdrawn, or whose entry, list or deployment has ended, is no candidate any more."""

import math
from collections import UserList
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from appliance.domain.deployment import Deployment
from appliance.domain.ending import End, EndedError
from appliance.errors import TrustError
from appliance.matching.matcher import NOBODY
from tests.matching.probes import AXES, HERE, like


def test_where_an_entry_has_ended_the_next_best_is_named_and_its_rows_are_zero(
    open_match, ask, listing, subject, clock
):
    entries = [subject("V-1", expires_at=clock.now + timedelta(hours=1)), subject("V-2")]
    watchlist = listing([like(1.0), like(0.99), AXES[1]], owners=[0, 0, 1], subjects=entries)
    match = open_match(watchlist, hits=1)
    probe = np.array([0.7, 0.6, 0, math.sqrt(0.15)], np.float32)
    assert ask(match, probe).subject == 0
    clock.pass_by(hours=1)
    candidate = ask(match, probe)
    assert (candidate.subject, candidate.runner_up) == (1, NOBODY)
    assert not match.gallery._rows[:2].any()
    assert not watchlist.templates[:2].any()


def test_no_subject_is_read_to_find_a_candidate(open_match, ask, listing):
    class Sealed(UserList):
        def __getitem__(self, number):
            raise AssertionError("a record was opened")

    watchlist = listing(AXES[:2])
    match = open_match(replace(watchlist, subjects=Sealed(watchlist.subjects)), hits=1)
    assert ask(match, like(0.9)).subject == 0


def test_who_is_withdrawn_is_never_a_candidate_again_and_the_evidence_is_gone(open_match, ask):
    match = open_match()
    assert ask(match, like(0.55)) is None
    assert ask(match, like(0.55, axis=1), passing=8) is None
    match.withdraw(np.array([0], np.int32))
    assert list(match._evidence) == [8]
    assert [ask(match, like(0.99), quality=1.0) for _ in range(3)] == [None] * 3
    assert ask(match, like(0.55, axis=1), passing=8).subject == 1


def test_who_is_withdrawn_is_named_by_no_threshold_however_low(open_match, ask, calibration):
    low = calibration.model_copy(update={"floor": 0.0, "threshold": 0.0})
    match = open_match(calibration=low, signed={"threshold_floor": 0.0}, hits=1, threshold=0.0)
    match.withdraw(np.array([0, 1], np.int32))
    assert ask(match, like(0.9), quality=1.0) is None


def test_a_list_that_may_not_be_written_is_struck_in_the_gallery_all_the_same(
    open_match, ask, listing
):
    watchlist = listing(AXES[:2])
    watchlist.templates.flags.writeable = False
    match = open_match(watchlist, hits=1)
    match.withdraw(np.array([0], np.int32))
    assert ask(match, like(0.9)) is None
    assert watchlist.templates[0].any()


@pytest.mark.parametrize(
    ("seconds", "end"),
    [
        ((10, 20, 30), End.CONTACT_LOST),
        ((20, 10, 30), End.DEPLOYMENT_OVER),
        ((30, 20, 10), End.LIST_EXPIRED),
    ],
)
def test_it_says_which_end_has_come(open_match, ask, clock, listing, seconds, end):
    valid, authority_ends, list_ends = (clock.now + timedelta(seconds=s) for s in seconds)
    match = open_match(
        listing(AXES[:2], expires_at=list_ends),
        signed={"ends_at": authority_ends},
        valid_until=valid,
        hits=1,
    )
    clock.pass_by(seconds=10, milliseconds=-1)
    assert ask(match, like(0.9)) is not None
    clock.pass_by(milliseconds=1)
    with pytest.raises(EndedError) as caught:
        ask(match, like(0.9))
    assert caught.value.end is end


def test_contact_can_be_found_again_and_a_floor_raised(open_match, ask, clock, authority):
    match = open_match(valid_until=clock.now + timedelta(minutes=1), hits=1)
    later = clock.now + timedelta(hours=1)
    match.extend(Deployment(authority(threshold_floor=0.7), HERE, later))
    clock.pass_by(minutes=5)
    assert ask(match, like(0.69)) is None
    assert ask(match, like(0.71)).threshold == 0.7
    with pytest.raises(TrustError):
        match.extend(Deployment(authority(maximum_subjects=1), HERE, later))
    assert match.deployment.valid_until == later
    assert match.deployment.authority.maximum_subjects == 10


def test_a_list_that_does_not_fit_takes_no_place(open_match, ask, listing, authority, clock):
    match = open_match(hits=1)
    for _ in match.gallery.stage(AXES[1:2]):
        pass
    with pytest.raises(TrustError):
        match.take(listing(AXES[1:2], watchlist_id="list-2"), Deployment(authority(), HERE))
    assert match.watchlist.id == "list-1"
    assert ask(match, like(0.9)).subject == 0
