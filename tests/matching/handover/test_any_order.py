"""Whatever happens in between, no answer is of two lists, nor of one that was withdrawn from."""

import threading

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.host.gallery import PIECE_ROWS
from appliance.matching.handover import Handover
from tests.matching.handover.turns import Watch, commitment
from tests.matching.probes import like

PATIENCE_S = 20


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
