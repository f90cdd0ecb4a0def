"""Marks stand where their values are, however few or strange these are."""

import pytest

from appliance.domain.times import bucket
from appliance.oversight.record import plots
from appliance.oversight.record.plots import HIGH, LEFT, RIGHT, Given


def test_the_fullest_column_is_as_high_as_the_plot_and_none_is_lost():
    drawn = plots.of_times({bucket(1.0): 10, bucket(200.0): 5}, {"p50": 1.0, "gone": 0.0}, "times")
    assert max(column.height for column in drawn.columns) == HIGH
    assert sorted(column.height for column in drawn.columns if column.height) == [HIGH / 2, HIGH]
    assert [tick.text for tick in drawn.ticks][:4] == ["1 ms", "2 ms", "5 ms", "10 ms"]
    assert [mark.text for mark in drawn.marks] == ["p50"]
    assert sum(column.width for column in drawn.columns) == pytest.approx(RIGHT)


def test_over_many_decades_only_their_beginnings_are_named():
    drawn = plots.of_times({bucket(0.01): 1, bucket(90_000.0): 1}, {}, "times")
    assert [tick.text for tick in drawn.ticks][:3] == ["10 µs", "100 µs", "1 ms"]


def test_nothing_measured_is_an_empty_plot():
    assert plots.of_times({3: 0}, {}, "times").columns == ()
    assert plots.of_rates([], "rates").rows == ()


def test_one_time_alone_is_one_column():
    (column,) = plots.of_times({bucket(1.0): 3}, {}, "times").columns
    assert (column.left, column.width, column.height) == (0, RIGHT, HIGH)


def test_a_rate_of_nothing_begins_left_and_ends_at_what_is_not_excluded():
    drawn = plots.of_rates([Given("a", 0.0, None, 1e-3, ""), Given("b", 1e-3, 2e-3, 4e-3, "")], "")
    none, some = drawn.rows
    assert (none.low, none.at) == (LEFT, None)
    assert none.high == pytest.approx(some.low)
    assert some.low < some.at < some.high < RIGHT
    assert "1 in 1,000" in [tick.text for tick in drawn.ticks]


def test_shares_lie_between_nothing_and_all():
    (row,) = plots.of_shares([Given("a", 0.0, 0.5, 1.0, "")], "").rows
    assert (row.low, row.at, row.high) == (LEFT, (LEFT + RIGHT) / 2, RIGHT)


def test_rare_scores_can_be_seen_beside_frequent_ones():
    drawn = plots.of_bins((0.0, 0.5, 1.0), (100_000, 1), {"threshold": 0.5, "off": 2.0}, "")
    often, once = drawn.columns
    assert (often.height, once.left) == (pytest.approx(HIGH), RIGHT / 2)
    assert once.height > HIGH / 20
    assert [mark.text for mark in drawn.marks] == ["threshold"]
    assert plots.of_bins((0.0, 1.0), (0,), {}, "").columns[0].height == 0


def test_empty_bins_at_both_ends_are_left_out_but_for_one_and_up_to_a_mark():
    edges = tuple(number / 10 for number in range(11))
    counts = (0, 0, 0, 5, 9, 0, 0, 0, 0, 0)
    assert len(plots.of_bins(edges, counts, {}, "").columns) == 4
    assert len(plots.of_bins(edges, counts, {"threshold": 0.75}, "").columns) == 7


@pytest.mark.parametrize(
    ("time_ms", "said"),
    [(0.0001, "0.1 µs"), (0.5, "500 µs"), (1, "1 ms"), (1500, "1.5 s"), (90_000, "1.5 min"),
     (7_200_000, "2 h")],
)  # fmt: skip
def test_a_time_is_said_in_the_unit_that_makes_it_short(time_ms, said):
    assert plots.say_ms(time_ms) == said
