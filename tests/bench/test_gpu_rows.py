"""The lists of the bench resemble nobody, and an answer is compared before it is timed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.app import open_machine
from appliance.bench.rows import CHUNK, Rows, plant, require, strangers
from appliance.bench.sheet import WrongError
from appliance.bench.stand import Stand
from appliance.domain.health import Health
from appliance.errors import MachineError
from appliance.host.gallery import Gallery
from appliance.settings import Appliance
from tests.bench.gpus import Clock


@given(st.integers(1, 40), st.integers(1, 64))
def test_rows_have_length_one_and_are_the_same_every_time(rows, dimension):
    made = strangers(rows, dimension)
    assert np.linalg.norm(made, axis=1) == pytest.approx(1, abs=1e-5)
    assert (made == strangers(rows, dimension)).all()


def test_rows_of_different_chunks_are_strangers_too():
    made = strangers(3 * CHUNK + 5, 128)
    assert np.linalg.norm(made, axis=1) == pytest.approx(1, abs=1e-5)
    some = np.concatenate([made[:50], made[CHUNK : CHUNK + 50], made[-50:]])
    assert np.abs(some @ some.T - np.eye(150)).max() < 0.6


def test_each_probe_is_nearest_to_the_row_that_it_is_planted_beside():
    templates = strangers(2000, 256)
    planted = plant(templates, 64)
    assert np.linalg.norm(planted.probes, axis=1) == pytest.approx(1, abs=1e-5)
    scores = planted.probes @ templates.T
    assert (scores.argmax(axis=1) == planted.rows).all()
    assert scores.max() < 0.999


@pytest.fixture
def asked():
    """A list, probes, and what the ordinary computer finds."""
    templates, gallery = strangers(500, 64), Gallery()
    gallery.load(templates)
    planted = plant(templates, 8)
    return templates, planted, gallery.search(planted.probes)


def test_a_right_answer_passes(asked):
    require(*asked)


def test_of_rows_that_are_equally_near_either_may_come_first():
    templates, gallery = strangers(500, 64), Gallery()
    planted = plant(templates, 1)
    gallery.load(templates)
    _, rows = gallery.search(planted.probes)
    templates[rows[:, 3]] = templates[rows[:, 2]]
    for order in ([0, 1, 2, 3], [0, 1, 3, 2]):
        either = rows[:, order]
        require(templates, planted, ((templates[either[0]] @ planted.probes[0])[None], either))


def swap_best(scores, rows):
    return scores[:, [1, 0, 2, 3]], rows[:, [1, 0, 2, 3]]


LIES = {
    "best row was missed": swap_best,
    "not that of its row": lambda scores, rows: (scores + 0.01, rows),
    "a score": lambda scores, rows: (scores * np.nan, rows),
    "not in the list": lambda scores, rows: (scores, rows + 500),
    "is not in": lambda scores, rows: (scores, -rows - 1),
    "found twice": lambda scores, rows: (scores[:, [0, 1, 1, 2]], rows[:, [0, 1, 1, 2]]),
}


@pytest.mark.parametrize("told", LIES)
def test_a_wrong_answer_is_told(asked, told):
    templates, planted, found = asked
    with pytest.raises(WrongError, match=told):
        require(templates, planted, LIES[told](*found))


def test_a_row_that_is_far_from_the_best_is_told(asked):
    templates, planted, (_, rows) = asked
    worst = (planted.probes @ templates.T).argsort(axis=1)[:, :1].astype(np.int32)
    rows = np.concatenate([rows[:, :3], worst], axis=1)
    scores = np.einsum("pkd,pd->pk", templates[rows], planted.probes)
    with pytest.raises(WrongError, match="not among the best"):
        require(templates, planted, (scores, rows))


def bench_of(gallery, free_mb=None, most=1000):
    machine = open_machine(Appliance())
    object.__setattr__(machine, "read_health", lambda: Health(None, free_mb, 0.0))
    return Rows(Stand(machine, Clock(), 1e10, 1, large=False), {"fp16": gallery}, most)


def test_every_number_of_probes_is_measured_and_the_list_is_erased():
    gallery = Gallery()
    lines = list(bench_of(gallery).search(64, 1000))
    assert [line.items for line in lines] == [1, 8, 16, 64]
    assert {line.moved_mb for line in lines} == {0.128}
    assert gallery._rows.size == 0


def test_a_list_whose_answers_are_wrong_is_erased_and_not_timed():
    gallery = Gallery()
    search = gallery.search
    gallery.search = lambda probes: swap_best(*search(probes))
    with pytest.raises(WrongError):
        next(bench_of(gallery).search(64, 1000))
    assert gallery._rows.size == 0


def test_a_list_that_does_not_fit_is_refused_before_it_is_made(monkeypatch):
    def never(rows, dimension):
        raise AssertionError("it was made")

    monkeypatch.setattr("appliance.bench.rows.strangers", never)
    with pytest.raises(MachineError, match="4,096 MB, and 3,000 are free"):
        next(bench_of(Gallery(), free_mb=3000.0).search(512, 1_000_000))


def test_only_lists_up_to_the_longest_are_measured():
    assert bench_of(Gallery(), most=99_999).sizes() == [1_000, 10_000]
    assert bench_of(Gallery(), most=1_000_000).sizes()[-1] == 1_000_000
