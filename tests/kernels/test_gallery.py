"""The van's gallery over its own kernels: what it finds, and what it leaves behind."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.errors import InputError
from appliance.jetson.gallery import Gallery
from appliance.jetson.rows import PIECE

SAME = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def likeness(count, dimension, seed):
    rows = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def near(templates, count, away, seed):
    """Probes at a small distance of the first templates."""
    chosen = templates[np.arange(count) % len(templates)]
    probes = chosen + away * likeness(count, templates.shape[1], seed)
    lengths = np.linalg.norm(probes, axis=1, keepdims=True)
    return (probes / np.maximum(lengths, 1e-9)).astype(np.float32)


@pytest.fixture(params=[False, True], ids=["fp16", "int8"])
def gallery(gpu, request):
    return Gallery(gpu, int8=request.param)


@pytest.fixture
def plain(gpu):
    return Gallery(gpu)


@pytest.fixture
def looking(gpu):
    """Looks at an int8 copy first."""
    return Gallery(gpu, int8=True)


def assert_same(plain, looking, templates, probes):
    """To the bit, the rows as the scores."""
    plain.load(templates)
    looking.load(templates)
    wanted, found = plain.search(probes), looking.search(probes)
    assert np.array_equal(found[1], wanted[1])
    assert np.array_equal(found[0], wanted[0])


@pytest.mark.parametrize("probes", [1, 8, 9, 16, 17, 40, 64, 65, 130])
def test_it_finds_numpys_rows(gallery, probes):
    templates, asked = likeness(700, 128, 1), likeness(probes, 128, 2)
    gallery.load(templates)
    scores, rows = gallery.search(asked)
    truth = asked.astype(np.float16).astype(float) @ templates.astype(np.float16).astype(float).T
    assert np.array_equal(rows, np.argsort(-truth, axis=1, kind="stable")[:, :4])
    assert scores == pytest.approx(np.take_along_axis(truth, rows, axis=1), abs=1e-6)
    assert scores.dtype == np.float32
    assert rows.dtype == np.int32


def test_a_list_of_many_pieces_is_whole(gallery):
    templates = likeness(2 * PIECE + 3, 32, 3)
    gallery.load(templates)
    asked = [0, 1, PIECE - 1, PIECE, 2 * PIECE, 2 * PIECE + 2]
    assert gallery.search(templates[asked])[1][:, 0].tolist() == asked


@pytest.mark.parametrize("rows", [1, 2, 3, 4])
def test_a_short_list_gives_all_its_rows(gallery, rows):
    templates = likeness(rows, 16, 4)
    gallery.load(templates)
    scores, found = gallery.search(templates[:1])
    assert sorted(found[0].tolist()) == list(range(rows))
    assert scores[0].tolist() == sorted(scores[0], reverse=True)


def test_no_probes_find_nothing(gallery):
    gallery.load(likeness(10, 16, 5))
    scores, rows = gallery.search(np.zeros((0, 16), np.float32))
    assert scores.shape == rows.shape == (0, 4)


def test_before_a_list_is_there_nobody_is_found(gallery):
    scores, rows = gallery.search(likeness(3, 16, 5))
    assert scores.shape == rows.shape == (3, 0)


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf, 1e6])
def test_a_probe_that_is_no_number_has_rows_of_the_list_and_spoils_no_other(gallery, poison):
    templates = likeness(20, 16, 6)
    gallery.load(templates)
    asked = templates[:3].copy()
    asked[1] = 0
    asked[1, 4] = poison
    scores, found = gallery.search(asked)
    assert ((found >= 0) & (found < 20)).all()
    assert found[[0, 2], 0].tolist() == [0, 2]
    assert scores[[0, 2], 0] == pytest.approx([1, 1], abs=1e-3)
    assert np.isnan(poison) <= (not (scores[1] >= -1).any())


def test_a_row_that_is_no_number_never_wins(gallery):
    templates = likeness(100, 16, 7)
    broken = templates.copy()
    broken[[3, 50]] = np.nan
    gallery.load(broken)
    scores, found = gallery.search(templates)
    assert not np.isin(found, [3, 50]).any()
    assert np.isfinite(scores).all()


def test_a_probe_of_another_network_is_refused(gallery):
    gallery.load(likeness(10, 16, 8))
    for dimension in (1, 8, 32):
        with pytest.raises(ValueError, match="different networks"):
            gallery.search(likeness(2, dimension, 9))


def test_the_gallery_has_its_own_copy(gallery):
    templates = likeness(5, 16, 8)
    probe = templates[:1].copy()
    gallery.load(templates)
    templates.fill(0)
    assert gallery.search(probe)[0][0, 0] == pytest.approx(1, abs=1e-3)


# ---- What is left behind


def test_after_the_list_is_loaded_only_the_list_is_there(gpu, gallery):
    templates = likeness(50, 24, 10)
    gallery.load(templates)
    held = [array for array in gpu.lent if array.any()]
    assert {array.dtype for array in held} <= {np.dtype(np.float16), np.dtype(np.int8)}
    assert all(array.shape == (64, 32 if array.dtype == np.float16 else 64) for array in held)


def test_a_search_leaves_nothing_of_its_probes_or_answers(gpu, gallery):
    gallery.load(likeness(50, 24, 10))
    before = [id(array) for array in gpu.lent if array.any()]
    for probes in (3, 20, 64, 70):
        gallery.search(likeness(probes, 24, 11))
        assert [id(array) for array in gpu.lent if array.any()] == before


def test_erasing_overwrites_every_row(gpu, gallery):
    gallery.load(likeness(50, 24, 10))
    gallery.search(likeness(3, 24, 11))
    gallery.erase()
    assert not any(array.any() for array in gpu.lent)
    gallery.erase()
    assert gallery.search(likeness(3, 24, 11))[0].shape == (3, 0)


@pytest.mark.parametrize("fresh", [likeness(2, 24, 12), likeness(900, 48, 12)])
def test_a_new_list_overwrites_the_old_one_first(gpu, gallery, fresh):
    gallery.load(likeness(50, 24, 10))
    old = list(gpu.lent)
    gallery.load(fresh)
    assert not any(array.any() for array in old)
    assert gallery.search(fresh)[1][:, 0].tolist() == list(range(len(fresh)))


def test_an_empty_list_is_refused_and_the_old_one_is_gone(gpu, gallery):
    gallery.load(likeness(5, 8, 13))
    with pytest.raises(InputError, match="empty"):
        gallery.load(np.zeros((0, 8), np.float32))
    assert not any(array.any() for array in gpu.lent)


@pytest.mark.parametrize("probes", [1, 9, 33, 64])
def test_a_search_waits_once_and_takes_no_memory(gpu, gallery, probes):
    gallery.load(likeness(300, 24, 14))
    waited, lent = gpu.waited, len(gpu.lent)
    gallery.search(likeness(probes, 24, 15))
    assert (gpu.waited, len(gpu.lent)) == (waited + 1, lent)


# ---- int8 first changes nothing


@pytest.mark.parametrize("probes", [1, 8, 16, 17, 64])
@pytest.mark.parametrize("rows", [1, 3, 5, 64, 65, 1000])
def test_int8_first_gives_the_same_answer(plain, looking, rows, probes):
    templates = likeness(rows, 64, rows)
    assert_same(plain, looking, templates, near(templates, probes, 0.7, 99))


@given(
    shape=st.tuples(st.integers(1, 400), st.integers(1, 20), st.integers(1, 130)),
    seed=st.integers(0, 10_000), away=st.sampled_from([0.0, 0.01, 0.3, 1.0, 10.0]),
)  # fmt: skip
@SAME
def test_int8_first_gives_the_same_answer_on_any_list(plain, looking, shape, seed, away):
    rows, probes, dimension = shape
    templates = likeness(rows, dimension, seed)
    assert_same(plain, looking, templates, near(templates, probes, away, seed + 1))


def crowd(seed):
    """One face a thousand times, each so near the next that int8 cannot tell them apart."""
    return near(likeness(1, 96, seed), 1000, 0.003, seed)


def coarse(seed):
    """One number is so large that the scale leaves the other rows a few steps of int8."""
    templates = likeness(1000, 96, seed)
    templates[500] = 0
    templates[500, 3] = 20
    return templates


def tiny(seed):
    """Lengths from nothing to one, beside rows of zeros."""
    lengths = np.random.default_rng(seed).choice([0.0, 1e-6, 1e-3, 0.1, 1.0], (1000, 1))
    return (likeness(1000, 96, seed) * lengths).astype(np.float32)


def repeated(seed):
    return np.repeat(likeness(250, 96, seed), 4, axis=0)


def nothing(seed):
    return np.zeros((100, 96), np.float32)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("make", [crowd, coarse, tiny, repeated, nothing])
def test_int8_first_gives_the_same_answer_where_int8_alone_is_wrong(plain, looking, make, seed):
    templates = make(seed)
    probes = np.concatenate([near(templates + 1e-9, 10, 0.02, 5), likeness(6, 96, 6)])
    probes[3] = 0
    assert_same(plain, looking, templates, probes.astype(np.float32))


def test_int8_alone_would_be_wrong_on_the_crowd():
    templates = crowd(1).astype(np.float16).astype(float)
    probe = near(templates, 1, 0.02, 5)[0]
    steps = np.rint(templates / np.abs(templates).max() * 127)
    asked = np.rint(probe / np.abs(probe).max() * 127)
    assert set(np.argsort(-(steps @ asked))[:4]) != set(np.argsort(-(templates @ probe))[:4])


def test_a_row_that_int8_rounds_the_wrong_way_is_found(plain, looking):
    """Row 300 is the best by a hair; int8 puts it below all others by nearly twice the bound."""
    templates = np.full((400, 64), 2.51, np.float32)
    templates[288:304] = 0
    templates[300] = 2.49
    templates[300, 0] += 2
    templates[399, :2] = 127, -127
    probe = np.ones((1, 64), np.float32)
    assert_same(plain, looking, templates, probe)
    assert looking.search(probe)[1][0, 0] == 300


def test_a_probe_that_int8_rounds_the_wrong_way_finds_its_row(plain, looking):
    """Row 300 lies where int8 rounds the probe down, all others where it rounds it up."""
    probe = np.full((1, 129), 2.51, np.float32)
    probe[0, :64] = 2.49
    probe[0, 128] = 127
    templates = np.zeros((400, 129), np.float32)
    templates[:, 64:127] = 127
    templates[288:304] = 0
    templates[300, :64] = 127
    assert_same(plain, looking, templates, probe)
    assert looking.search(probe)[1][0, 0] == 300


@pytest.mark.parametrize("poison", [np.nan, np.inf, 1e6])
def test_int8_first_gives_the_same_answer_beside_what_is_no_number(plain, looking, poison):
    templates, probes = likeness(200, 32, 20), likeness(5, 32, 21)
    probes[2, 7] = poison
    assert_same(plain, looking, templates, probes)
    templates[9, 3] = poison
    assert_same(plain, looking, templates, np.delete(probes, 2, axis=0))


def test_int8_first_reads_only_the_float16_rows_that_may_be_best(gpu, looking):
    templates = near(likeness(1, 512, 22), 2000, 0.3, 23)
    templates[:640] *= -1
    templates[656:] *= -1
    looking.load(templates)
    (rows,) = [array for array in gpu.lent if array.any() and array.dtype == np.float16]
    wanted = looking.search(templates[640:643])
    # Whatever else is read would win now.
    rows[:640] = rows[656:2000] = templates[640] * 2
    found = looking.search(templates[640:643])
    assert np.array_equal(found[1], wanted[1])
    assert np.array_equal(found[0], wanted[0])
