"""The search is exact: the best rows, best first, whatever the list."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.errors import InputError


@pytest.fixture
def gallery(machine):
    return machine.gallery


def rows_of_length_one(count, dimension, seed=0):
    rows = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@given(
    rows=st.integers(1, 300), probes=st.integers(0, 9), dimension=st.integers(2, 64),
    seed=st.integers(0, 10_000),
)  # fmt: skip
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_it_finds_what_a_full_sort_finds(gallery, close, rows, probes, dimension, seed):
    templates = rows_of_length_one(rows, dimension, seed)
    asked = rows_of_length_one(probes, dimension, seed + 1).reshape(probes, dimension)
    gallery.load(templates)
    scores, found = gallery.search(asked)
    truth = asked.astype(np.float64) @ templates.T.astype(np.float64)
    assert scores.shape == found.shape == (probes, min(4, rows))
    assert scores == pytest.approx(-np.sort(-truth, axis=1)[:, :4], abs=close)
    assert scores == pytest.approx(np.take_along_axis(truth, found, axis=1), abs=close)
    assert all(len(set(line)) == len(line) for line in found.tolist())


def test_a_template_finds_itself(gallery, close):
    templates = rows_of_length_one(50, 16)
    gallery.load(templates)
    scores, found = gallery.search(templates)
    assert found[:, 0].tolist() == list(range(50))
    assert scores[:, 0] == pytest.approx(np.ones(50), abs=close)


def test_of_equals_the_first_comes_first(gallery):
    gallery.load(np.tile(rows_of_length_one(1, 8), (6, 1)))
    _, found = gallery.search(rows_of_length_one(1, 8))
    assert found.tolist() == [[0, 1, 2, 3]]


def test_four_rows_reach_another_subject_than_one_with_three_images(gallery):
    templates = rows_of_length_one(10, 8)
    templates[3:6] = templates[0]
    gallery.load(templates)
    _, found = gallery.search(templates[:1])
    assert len(found[0]) == 4
    assert set(found[0].tolist()) == {0, 3, 4, 5}


def test_scores_that_are_negative_are_still_in_order(gallery, close):
    templates = rows_of_length_one(3, 8)
    gallery.load(templates)
    scores, _ = gallery.search(-templates[:1])
    assert scores[0].tolist() == sorted(scores[0], reverse=True)
    assert scores[0, -1] == pytest.approx(-1, abs=close)


def test_a_probe_that_is_not_a_number_has_no_score_and_spoils_no_other(gallery):
    templates = rows_of_length_one(20, 8)
    gallery.load(templates)
    asked = templates[:3].copy()
    asked[1, 4] = np.nan
    scores, found = gallery.search(asked)
    assert not (scores[1] >= -1).any()
    assert (found >= 0).all()
    assert (found < 20).all()
    assert found[[0, 2], 0].tolist() == [0, 2]


def test_a_new_list_replaces_the_old(gallery):
    gallery.load(rows_of_length_one(50, 16))
    fresh = rows_of_length_one(2, 16, seed=9)
    gallery.load(fresh)
    scores, found = gallery.search(fresh)
    assert scores.shape == (2, 2)
    assert found[:, 0].tolist() == [0, 1]


def test_the_gallery_has_its_own_copy(gallery, close):
    templates = rows_of_length_one(5, 8)
    probe = templates[:1].copy()
    gallery.load(templates)
    templates.fill(0)
    assert gallery.search(probe)[0][0, 0] == pytest.approx(1, abs=close)


def test_an_empty_list_is_refused_and_the_old_one_is_gone(gallery):
    gallery.load(rows_of_length_one(5, 8))
    with pytest.raises(InputError, match="empty"):
        gallery.load(np.zeros((0, 8), np.float32))
