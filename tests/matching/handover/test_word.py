"""A withdrawal, and a newer word of the force, while lists come and go."""

from datetime import timedelta

import pytest

from appliance.errors import TrustError
from tests.matching.handover.turns import NEW, OLD, commitment, go_on


def test_who_is_withdrawn_is_gone_at_the_next_turn(handover, named):
    assert handover.withdraw([commitment(0)]) == {"V-000"}
    assert named() == OLD
    handover.turn(0)
    assert named() == [None, "V-001", None]


@pytest.mark.parametrize("turns", [0, 1, 2])
def test_who_is_withdrawn_while_a_list_is_on_its_way_is_on_neither(handover, offered, named, turns):
    for _ in range(turns):
        handover.turn(0)
    assert handover.withdraw([commitment(1), commitment(9)]) == {"V-000", "V-001"}
    handover.turn(0)
    assert named() == ["V-000", None, None]
    go_on(handover)
    assert named() == [None, None, "V-001"]


def test_who_was_withdrawn_before_stays_so_on_a_later_list(handover, listed, allow, named):
    assert handover.withdraw([commitment(2)]) == frozenset()
    watchlist = listed()
    handover.offer(watchlist, allow(watchlist))
    go_on(handover)
    assert named() == [None, "V-000", None]


def test_what_is_withdrawn_on_a_list_that_is_no_longer_searched_harms_nobody(
    handover, offered, named
):
    go_on(handover)
    assert handover.withdraw([commitment(0)]) == {"V-000"}
    handover.turn(0)
    assert named() == NEW


def test_a_withdrawal_that_is_known_is_not_told_again(handover):
    assert handover.withdraw([commitment(0)]) == {"V-000"}
    assert handover.withdraw([commitment(0)]) == frozenset()


# ---- The force's newer word


def test_contact_is_found_again(handover, match, allow, clock):
    later = clock.now + timedelta(hours=3)
    handover.extend(allow(match.watchlist, later))
    assert match.deployment.valid_until is None
    handover.turn(0)
    assert match.deployment.valid_until == later


def test_a_word_that_ends_before_it_is_heard_changes_nothing(handover, match, allow, clock):
    held = match.deployment
    handover.extend(allow(match.watchlist, clock.now + timedelta(seconds=1)))
    clock.pass_by(seconds=1)
    handover.turn(0)
    assert match.deployment is held


def test_a_word_that_does_not_cover_the_held_list_is_refused_at_once(handover, match, allow):
    with pytest.raises(TrustError):
        handover.extend(allow(match.watchlist, maximum_subjects=1))


def test_a_word_for_the_list_on_its_way_is_in_force_with_it(handover, offered, match, allow, clock):
    later = clock.now + timedelta(hours=3)
    handover.turn(0)
    handover.extend(allow(offered, later))
    go_on(handover)
    assert match.deployment.valid_until == later


def test_a_word_for_a_list_that_is_not_here_is_passed_over(handover, match, listed, allow):
    held = match.deployment
    handover.extend(allow(listed("list-9")))
    handover.turn(0)
    assert match.deployment is held
