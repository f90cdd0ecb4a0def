"""No small cell can be worked out, by nobody who knows every total and how cells are hidden."""

from collections import defaultdict
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from appliance.oversight.record.cells import SMALL, Split, few, hidden

NAMES = ("white", "mixed", "asian", "black")


def split(*counts):
    return Split.of(dict(zip(NAMES, counts, strict=False)))


def test_whoever_tries_all_tables_cannot_tell_a_small_cell():
    """Group every table by what is published of it: each hidden cell may be several numbers."""
    published = defaultdict(list)
    for counts in product(range(12), repeat=3):
        told = split(*counts)
        published[told.total, tuple(told.cells.values())].append(counts)
    for (_, cells), possible in published.items():
        for place, cell in enumerate(cells):
            values = {counts[place] for counts in possible}
            assert (len(values) > 1) if cell == "hidden" else values == {cell}


@given(st.lists(st.integers(0, 60), min_size=2, max_size=9))
def test_no_cell_of_one_to_four_is_ever_told(counts):
    told = Split.of({f"group {number}": count for number, count in enumerate(counts)})
    shown = [count for count in told.cells.values() if count != "hidden"]
    assert not [count for count in shown if 0 < count < SMALL]
    gone = len(counts) - len(shown)
    assert gone != 1
    for count, (low, high) in zip(counts, told.ranges().values(), strict=True):
        assert low <= count <= high


def test_the_cell_that_the_total_would_give_away_goes_too_with_all_of_its_size():
    assert hidden({"white": 40, "mixed": 9, "asian": 30, "black": 2}) == {"mixed", "black"}
    assert split(40, 9, 30, 2).left == 11
    assert hidden({"white": 9, "mixed": 9, "asian": 30, "black": 2}) == {"white", "mixed", "black"}


def test_a_zero_is_told_as_long_as_another_cell_can_hide_the_small_one():
    assert split(40, 0, 0, 2).cells["mixed"] == 0
    assert set(split(0, 0, 0, 2).cells.values()) == {"hidden"}


def test_where_all_are_large_or_nobody_is_there_all_is_told():
    assert hidden({"white": 40, "black": 5}) == set()
    assert split(0, 0).cells == {"white": 0, "mixed": 0}


@pytest.mark.parametrize(
    "cells", [{"a": 3}, {"a": 7, "b": "hidden"}, {"a": 5, "b": 1}, {"a": -1, "b": "hidden"}, {}]
)
def test_a_split_that_does_not_add_up_is_refused(cells):
    with pytest.raises(ValidationError):
        Split.model_validate({"total": 5, "cells": cells})


@pytest.mark.parametrize(("number", "told"), [(0, 0), (1, "1 to 4"), (4, "1 to 4"), (5, 5)])
def test_a_number_that_stands_alone_is_not_told_where_it_is_small(number, told):
    assert few(number) == told
