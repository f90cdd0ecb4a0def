"""The list changes between two frames, whole, while another thread offers and withdraws."""

import threading
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.domain.deployment import Deployment
from appliance.errors import InputError, LapsedError, MachineError, TrustError
from appliance.host.gallery import PIECE_ROWS
from appliance.matching.handover import LEAST_S, MOST_S, SHARE, Handover
from tests.matching.probes import AXES, HERE, like

PATIENCE_S = 20
MARK = 32


@dataclass
class Watch:
    """A clock that goes on by so much at each look: by default every piece takes a whole turn."""

    step_s: float = MOST_S
    now_s: float = 0.0

    def __call__(self):
        self.now_s += self.step_s
        return self.now_s


def commitment(number):
    return bytes([number + 1]) * MARK


@pytest.fixture
def listed(listing):
    """A list of two subjects and so many rows: the one at the front, the other behind."""

    def make(name="list-2", rows=3 * PIECE_ROWS, axes=(1, 2), **changes):
        templates = np.repeat(AXES[list(axes)], [1, rows - 1], axis=0)
        owners = np.minimum(np.arange(rows), 1)
        watchlist = listing(templates, owners, watchlist_id=name, **changes)
        marks = np.frombuffer(b"".join(map(commitment, axes)), np.uint8).reshape(2, MARK)
        return replace(watchlist, commitments=marks.copy())

    return make


@pytest.fixture
def allow(authority):
    """A deployment under an authority for this list."""

    def make(watchlist, valid_until=None, **signed):
        return Deployment(authority(watchlist_id=watchlist.id, **signed), HERE, valid_until)

    return make


@pytest.fixture
def match(open_match, listed):
    """The first subject looks like the first axis, the second like the second."""
    return open_match(listed("list-1", axes=(0, 1)), hits=1)


@pytest.fixture
def handover(match):
    return Handover(match, Watch())


@pytest.fixture
def offered(handover, listed, allow):
    """A second list on its way: its subjects look like the second axis and the third."""
    watchlist = listed()
    handover.offer(watchlist, allow(watchlist))
    return watchlist


@pytest.fixture
def named(match, ask):
    """By the references of the lists: who is named for a look along each axis."""

    def look():
        found = [ask(match, like(0.9, axis), passing=axis, quality=1.0) for axis in range(3)]
        return [c and match.watchlist.subjects[c.subject].reference for c in found]

    return look


OLD, NEW = ["V-000", "V-001", None], [None, "V-000", "V-001"]


def go_on(handover, most=100):
    """Turn until the list changes; give how many turns that took."""
    for turns in range(1, most):
        if handover.turn(0):
            return turns
    raise AssertionError("the list never changed")


# ---- The swap


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


# ---- Withdrawal


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


# ---- The end


@pytest.mark.parametrize("turns", [0, 1, 4, 9])
def test_the_end_erases_every_list_wherever_it_is(handover, offered, listed, allow, match, turns):
    old, last = match.watchlist, listed("list-3")
    for _ in range(turns):
        handover.turn(0)
    handover.offer(last, allow(last))
    sheets = [match.gallery._rows, *(s.rows for s in match.gallery._gone)]
    sheets += [match.gallery._next.rows] if match.gallery._next else []
    handover.close()
    arrays = [a for one in (old, offered, last) for a in (one.templates, one.owners, one.expires)]
    assert not any(array.any() for array in [*arrays, *sheets])
    handover.close()
    assert not handover.turn(1)


def test_after_the_end_an_offer_is_erased_at_once(handover, listed, allow):
    handover.close()
    watchlist = listed()
    handover.offer(watchlist, allow(watchlist))
    assert not watchlist.templates.any()
    assert handover.withdraw([commitment(1)]) == frozenset()
    assert handover.settle() == []


# ---- How much of the time


@pytest.fixture
def work(match, listed, allow):
    """How long a turn works on a list that is long, by a clock on which a piece takes 0.1 ms."""
    clock = Watch(step_s=0.0001)
    handover, watchlist = Handover(match, clock), listed(rows=300 * PIECE_ROWS)
    handover.offer(watchlist, allow(watchlist))

    def turn(spare_s, passed_s=0.0):
        began_s = clock.now_s = clock.now_s + passed_s
        handover.turn(spare_s)
        return clock.now_s - began_s

    return turn


@pytest.mark.parametrize(
    ("spare_s", "budget_s"),
    [(-1.0, LEAST_S), (0.0, LEAST_S), (0.01, SHARE * 0.01), (0.03, SHARE * 0.03), (5.0, MOST_S)],
)
def test_a_turn_works_for_a_share_of_the_time_until_the_next_frame(work, spare_s, budget_s):
    assert work(spare_s) == pytest.approx(budget_s, abs=0.0005)


@pytest.mark.parametrize(
    ("passed_s", "budget_s"), [(0.01, LEAST_S), (0.1, 0.005), (0.3, 0.015), (9.0, MOST_S)]
)
def test_a_van_that_is_always_late_works_for_a_small_share_of_all_the_time(
    work, passed_s, budget_s
):
    assert work(-1.0, passed_s) == pytest.approx(budget_s, abs=0.0005)


# ---- Whatever happens in between


moves = st.lists(st.sampled_from(["turn", "offer", "withdraw", "settle", "extend"]), max_size=40)


@given(moves=moves, seed=st.integers(0, 999))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_answer_is_that_of_the_whole_list_in_force(
    open_match, ask, listed, allow, moves, seed
):
    match = open_match(listed("list-1", axes=(0, 1)), hits=1)
    handover, random = Handover(match, Watch()), np.random.default_rng(seed)
    seen, gone = {"list-1": (0, 1)}, set()
    for count, move in enumerate(moves):
        if move == "offer":
            axes = tuple(int(axis) for axis in random.permutation(3)[:2])
            watchlist = listed(f"list-{count + 2}", rows=2 * PIECE_ROWS, axes=axes)
            seen[watchlist.id] = axes
            handover.offer(watchlist, allow(watchlist))
        elif move == "withdraw" and not gone:
            handover.withdraw([commitment(2)])
            handover.turn(0)
            gone = {2}
        elif move == "extend":
            handover.extend(allow(match.watchlist))
        elif move == "settle":
            handover.settle()
        else:
            handover.turn(0)
        axes = seen[match.watchlist.id]
        found = [ask(match, like(0.9, axis), passing=axis, quality=1.0) for axis in range(3)]
        wanted = [axes.index(a) if a in axes and a not in gone else None for a in range(3)]
        assert [candidate and candidate.subject for candidate in found] == wanted
    handover.close()


def test_two_threads_change_lists_a_hundred_times_and_no_answer_is_mixed(match, listed, allow, ask):
    handover, changed, stop, wrong = Handover(match), threading.Event(), threading.Event(), []

    def look():
        while not stop.is_set():
            even = match.watchlist.id in {"list-1", "list-0"}
            found = [ask(match, like(0.9, axis), passing=axis, quality=1.0) for axis in range(3)]
            subjects = [candidate and candidate.subject for candidate in found]
            if subjects != ([0, 1, None] if even else [None, 0, 1]):
                wrong.append(subjects)
            if handover.turn(0):
                changed.set()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        for number in range(100):
            axes, name = [((1, 2), "list-2"), ((0, 1), "list-0")][number % 2]
            watchlist = listed(name, axes=axes)
            handover.offer(watchlist, allow(watchlist))
            assert changed.wait(PATIENCE_S)
            changed.clear()
            assert [answer.error for answer in handover.settle()] == [None]
            assert watchlist.templates.any()
    finally:
        stop.set()
        thread.join()
        handover.close()
    assert wrong == []
