"""Contestants play in turn, and are compared round by round."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.bench.race import Clock, Round, figures, race, times_slower


def round_of(cpu_ms, frames=10, wall_ms=None):
    return Round(frames, 7, cpu_ms * frames / 1000, (wall_ms or cpu_ms) * frames / 1000)


def test_contestants_play_in_turn():
    order, done = [], []
    contestants = {name: lambda name=name: order.append(name) or round_of(1) for name in "ab"}
    played = race(contestants, 2, done.append)
    assert order == ["a", "b", "a", "b"]
    assert done == [1, 2, 3, 4]
    assert [len(rounds) for rounds in played.values()] == [2, 2]


def test_figures_are_the_medians_of_the_rounds():
    told = figures([round_of(10, wall_ms=12), round_of(20, wall_ms=25), round_of(90, wall_ms=99)])
    assert told == {"fps": 50.0, "ms": 20.0, "wall_ms": 25.0, "faces": 7}


def test_a_noisy_round_does_not_move_the_ratio():
    ours = [round_of(10), round_of(40), round_of(10)]
    theirs = [round_of(50), round_of(200), round_of(300)]
    assert times_slower(theirs, ours) == 5.0


def test_a_longer_film_is_no_slower_by_the_frame():
    assert figures([round_of(10, frames=5)])["ms"] == figures([round_of(10, frames=500)])["ms"]


@given(st.lists(st.floats(0.01, 1000), min_size=1, max_size=9))
def test_nobody_is_slower_than_himself(costs):
    rounds = [round_of(cost) for cost in costs]
    assert times_slower(rounds, rounds) == 1.0


def test_a_clock_counts_work():
    clock = Clock()
    sum(range(100_000))
    told = clock.stop(frames=4, faces=2)
    assert (told.frames, told.faces) == (4, 2)
    assert told.cpu_ms > 0
    assert told.cpu_ms == pytest.approx(told.cpu_s * 250)
