"""The search finds NumPy's rows, whatever the list, the probes and the way the work is shared."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.jetson.rows import THREADS, pad

DEPTH = 4
NOBODY = 0
SAME = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def spread(values, rows, width):
    """Lay values out as the kernels want them, with zeros around."""
    whole = np.zeros((rows, width), values.dtype)
    whole[: len(values), : values.shape[1]] = values
    return whole


@pytest.fixture
def search(kernels):
    """Search float16 rows: (P, 4) keys and what they say, scores and rows."""

    def run(templates, probes, width=8, blocks=3, count=None):
        across = pad(templates.shape[1], 32)
        groups = -(-len(probes) // width)
        rows = spread(templates.astype(np.float16), pad(len(templates), 64), across)
        asked = spread(probes.astype(np.float16), groups * width, across)
        found = np.full((groups * width, blocks, DEPTH), 99, np.uint64)
        best = np.full((len(probes), DEPTH), 99, np.uint64)
        size = np.int32(len(templates) if count is None else count), np.int32(across * 2)
        kernels.launch(
            f"search_f16_{width}", (blocks, groups, 1), THREADS, rows, asked, found, *size
        )
        kernels.launch("merge", (len(probes), 1, 1), THREADS, found, best, np.int32(blocks))
        return best

    return run


def scores_of(keys):
    upper = (keys >> np.uint64(32)).astype(np.uint32)
    return np.where(upper >> 31, upper ^ np.uint32(1 << 31), ~upper).view(np.float32)


def rows_of(keys):
    return (np.uint64(0xFFFFFFFF) - (keys & np.uint64(0xFFFFFFFF))).astype(np.int64)


def whole_numbers(count, dimension, seed, most=3):
    """Templates whose products are exact in any order, and often equal."""
    draw = np.random.default_rng(seed).integers
    return draw(-most, most + 1, (count, dimension)).astype(np.float32)


def likeness(count, dimension, seed):
    rows = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def sorted_by_numpy(templates, probes):
    """Scores and rows of a full stable sort in double precision, of the values as float16."""
    exact = [values.astype(np.float16).astype(np.float64) for values in (probes, templates)]
    scores = exact[0] @ exact[1].T
    rows = np.argsort(-scores, axis=1, kind="stable")[:, :DEPTH]
    return np.take_along_axis(scores, rows, axis=1), rows


def assert_exact(keys, templates, probes):
    scores, rows = sorted_by_numpy(templates, probes)
    depth = rows.shape[1]
    assert np.array_equal(rows_of(keys)[:, :depth], rows)
    assert np.array_equal(scores_of(keys)[:, :depth], scores.astype(np.float32))
    assert (keys[:, depth:] == NOBODY).all()


@pytest.mark.parametrize("probes", [1, 2, 7, 8])
@pytest.mark.parametrize("rows", [1, 3, 4, 5, 15, 16, 17, 33, 63, 64, 65, 70])
def test_few_rows(search, rows, probes):
    templates, asked = whole_numbers(rows, 40, rows), whole_numbers(probes, 40, 99)
    assert_exact(search(templates, asked), templates, asked)


@pytest.mark.parametrize("dimension", [1, 8, 31, 32, 33, 64, 100, 128, 160, 500, 512])
def test_every_length_of_template(search, dimension):
    templates, asked = whole_numbers(70, dimension, dimension), whole_numbers(8, dimension, 99)
    assert_exact(search(templates, asked), templates, asked)


@pytest.mark.parametrize(
    ("probes", "width"),
    [(1, 8), (8, 8), (9, 16), (16, 16), (17, 32), (32, 32), (33, 32), (64, 32), (20, 8), (64, 16)],
)
def test_up_to_64_probes(search, order, probes, width):
    templates, asked = whole_numbers(300, 64, probes), whole_numbers(probes, 64, 99)
    assert_exact(search(templates, asked, width), templates, asked)


@pytest.mark.parametrize("blocks", [1, 2, 4, 5, 130, 300])
@pytest.mark.parametrize("width", [8, 16, 32])
def test_however_many_blocks_share_the_list(search, order, blocks, width):
    templates, asked = whole_numbers(500, 32, 5), whole_numbers(9, 32, 99)
    assert_exact(search(templates, asked, width, blocks), templates, asked)


@given(
    shape=st.tuples(st.integers(1, 200), st.integers(1, 16), st.integers(1, 160)),
    seed=st.integers(0, 10_000), width=st.sampled_from([8, 16, 32]), blocks=st.integers(1, 6),
)  # fmt: skip
@SAME
def test_any_list(search, shape, seed, width, blocks):
    rows, probes, dimension = shape
    templates, asked = likeness(rows, dimension, seed), likeness(probes, dimension, seed + 1)
    keys = search(templates, asked, width, blocks)
    truth = asked.astype(np.float16).astype(float) @ templates.astype(np.float16).astype(float).T
    depth = min(DEPTH, rows)
    found, scores = rows_of(keys)[:, :depth], scores_of(keys)[:, :depth]
    assert scores == pytest.approx(-np.sort(-truth, axis=1)[:, :depth], abs=1e-5)
    assert scores == pytest.approx(np.take_along_axis(truth, found, axis=1), abs=1e-5)
    assert all(len(set(line)) == depth for line in found.tolist())
    assert (np.diff(scores, axis=1) <= 0).all()


@pytest.mark.parametrize("falling", [False, True])
@pytest.mark.parametrize("apart", [1, 2, 8, 16, 32, 64, 128])
def test_the_best_may_all_come_to_one_lane_warp_or_block(search, apart, falling):
    templates, asked = whole_numbers(700, 32, 12, most=1), np.ones((8, 32), np.float32)
    best = 3 + apart * np.arange(6)
    templates[best] = (np.arange(6)[:: -1 if falling else 1, None] + 2) * asked[0]
    templates[best, 0] = 0
    assert_exact(search(templates, asked, blocks=1), templates, asked)


def test_a_score_is_within_a_thousandth_of_the_templates_own(search):
    templates, asked = likeness(200, 512, 1), likeness(8, 512, 2)
    keys = search(templates, asked)
    truth = -np.sort(-(asked.astype(float) @ templates.astype(float).T), axis=1)[:, :DEPTH]
    assert scores_of(keys) == pytest.approx(truth, abs=1e-3)


def test_scores_below_zero_are_still_in_order(search, order):
    templates = -np.abs(whole_numbers(100, 32, 3)) - 1
    asked = np.abs(whole_numbers(8, 32, 4)) + 1
    assert_exact(search(templates, asked), templates, asked)


def test_of_equals_the_lower_rows_come_first(search, order):
    templates = np.tile(whole_numbers(1, 32, 3), (400, 1))
    keys = search(templates, whole_numbers(8, 32, 4), blocks=4)
    assert rows_of(keys).tolist() == [[0, 1, 2, 3]] * 8


def test_zero_from_below_and_from_above_are_equal(search):
    templates = np.zeros((40, 32), np.float32)
    templates[::2] = -0.0
    keys = search(templates, np.abs(whole_numbers(3, 32, 1)))
    assert rows_of(keys).tolist() == [[0, 1, 2, 3]] * 3
    assert (scores_of(keys) == 0).all()


def test_a_subject_with_three_images_leaves_room_for_another(search):
    templates = likeness(300, 128, 6)
    templates[[40, 41, 42]] = likeness(1, 128, 7)
    keys = search(templates, templates[40:41], blocks=4)
    assert rows_of(keys)[0, :3].tolist() == [40, 41, 42]
    assert rows_of(keys)[0, 3] not in {40, 41, 42}


@pytest.mark.parametrize("poison", [np.nan, -np.nan, np.inf])
def test_a_row_that_is_no_number_never_wins(search, order, poison):
    templates, asked = whole_numbers(100, 32, 8), whole_numbers(8, 32, 9)
    broken = templates.copy()
    broken[[0, 17, 99]] = poison
    broken[[0, 17, 99], 0] = np.nan
    keys = search(broken, asked)
    left = np.delete(np.arange(100), [0, 17, 99])
    scores, rows = sorted_by_numpy(templates[left], asked)
    assert np.array_equal(rows_of(keys), left[rows])
    assert np.array_equal(scores_of(keys), scores)


def test_a_probe_that_is_no_number_finds_nobody_and_spoils_no_other(search, order):
    templates, asked = whole_numbers(100, 32, 8), whole_numbers(8, 32, 9)
    asked[[2, 5], [0, 31]] = np.nan
    keys = search(templates, asked)
    assert (keys[[2, 5]] == NOBODY).all()
    others = [0, 1, 3, 4, 6, 7]
    assert_exact(keys[others], templates, asked[others])


def test_rows_after_the_last_never_enter(search):
    templates, asked = whole_numbers(64, 32, 1), whole_numbers(8, 32, 2)
    templates[50:] = 100 * asked[0]
    keys = search(templates, asked, count=50)
    assert_exact(keys, templates[:50], asked)


@given(lists=st.integers(1, 400), probes=st.integers(1, 5), seed=st.integers(0, 10_000))
@SAME
def test_merging_keeps_the_greatest_keys(kernels, lists, probes, seed):
    draw = np.random.default_rng(seed)
    found = draw.permutation(probes * lists * DEPTH).astype(np.uint64) + np.uint64(1 << 40)
    found = -np.sort(-found.astype(np.int64).reshape(probes, lists, DEPTH), axis=2)
    found = found.astype(np.uint64)
    found[draw.random((probes, lists)) < 0.3] = NOBODY
    best = np.zeros((probes, DEPTH), np.uint64)
    kernels.launch("merge", (probes, 1, 1), THREADS, found, best, np.int32(lists))
    wanted = -np.sort(-found.reshape(probes, -1).astype(np.int64), axis=1)[:, :DEPTH]
    assert np.array_equal(best, wanted.astype(np.uint64))
