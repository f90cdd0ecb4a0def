"""How near strangers come is counted in coarse bins, and of nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.scores import BINS, EDGES, Scores


@given(st.floats(-1, 1))
def test_a_score_falls_between_the_edges_of_its_bin(score):
    scores = Scores()
    scores.add(score, 3)
    (place,) = scores.counts.nonzero()[0]
    assert EDGES[place] <= score
    assert score < EDGES[place + 1] or score == 1
    assert (scores.faces, scores.comparisons) == (1, 3)


@pytest.mark.parametrize(("score", "place"), [(1.000001, BINS - 1), (-1.000001, 0)])
def test_a_float_that_is_a_little_beyond_is_counted_at_the_end(score, place):
    scores = Scores()
    scores.add(score, 1)
    assert scores.counts[place] == 1


def test_the_bins_are_too_coarse_to_tell_anybody_apart():
    assert EDGES[1] - EDGES[0] == pytest.approx(0.05)
    assert (EDGES[0], EDGES[-1]) == (-1, 1)
