"""The next list is laid out in a share of the time that the frames leave."""

import pytest

from appliance.host.gallery import PIECE_ROWS
from appliance.matching.handover import LEAST_S, MOST_S, SHARE, Handover
from tests.matching.handover.turns import Watch


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
