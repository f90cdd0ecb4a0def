"""Who resembles whom: twins, duplicates, lambs, and what is asked of a reviewer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engines
from appliance.errors import InputError
from appliance.matching.calibration import Calibration, toml
from provisioning.report import compare as blocks
from provisioning.report.compare import (
    NOBODY,
    People,
    Shard,
    compare,
    keep,
    merge,
    recall,
)
from provisioning.report.likeness import Rules, bound, examine, gravest, judge, outlying

DIMENSION = 256
RULES = Rules(threshold=0.6, same=0.85, floor=0.5, rate=1e-5)


def quiet(_done, _of):
    pass


def strangers(count, seed=0):
    """Make one row each: any two of them score 0.6 once in some ten million."""
    rows = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def beside(row, score, seed=99):
    """Make a row that has this score with another one."""
    other = np.random.default_rng([seed, 1]).standard_normal(DIMENSION)
    other -= (other @ row) * row
    other /= np.linalg.norm(other)
    return (score * row + np.sqrt(1 - score**2) * other).astype(np.float32)


def people(*rows):
    """Make a list of subjects, each a row or several."""
    pieces = [np.atleast_2d(row) for row in rows]
    owners = np.repeat(np.arange(len(pieces), dtype=np.int32), [len(piece) for piece in pieces])
    return People(np.concatenate(pieces), owners)


def judged(listed, others=None, rules=RULES):
    return examine(listed, others, rules, quiet).likenesses


def test_strangers_are_left_alone():
    assert judged(people(*strangers(300)), people(*strangers(1000, seed=1))) == ()


def test_one_person_under_two_references_is_quarantined():
    rows = strangers(50)
    (found,) = judged(people(*rows, beside(rows[7], 0.9)))
    assert (found.kind, found.concern) == ("duplicate", "quarantined")
    assert (found.subject, found.other) == (7, 50)
    assert found.score == pytest.approx(0.9, abs=1e-3)


def test_two_who_are_alike_stay_and_are_shown():
    rows = strangers(50)
    (found,) = judged(people(*rows, beside(rows[7], 0.7)))
    assert (found.kind, found.concern) == ("look_alike", "review")
    assert (found.subject, found.other) == (7, 50)


def test_the_nearest_pictures_of_two_people_are_told():
    rows = strangers(50)
    first = np.stack((rows[0], beside(rows[0], 0.8, seed=1)))
    (found,) = judged(people(first, *rows[2:], beside(first[1], 0.95, seed=5)))
    assert (found.row, found.other_row) == (1, 50)


def test_a_picture_unlike_its_own_subject_is_shown():
    rows = strangers(20)
    subject = np.stack((rows[0], beside(rows[0], 0.8), rows[1]))
    (found,) = judged(people(rows[2], subject, *rows[3:]))
    assert (found.kind, found.concern, found.row) == ("mixed", "review", 3)
    assert found.subject == found.other == 1


def test_whom_many_strangers_are_like_is_quarantined():
    lamb = strangers(1, seed=5)[0]
    many = [beside(lamb, 0.65, seed=seed) for seed in range(12)]
    (found,) = judged(people(*strangers(200), lamb), people(*strangers(500, seed=1), *many))
    assert (found.kind, found.concern, found.subject) == ("lamb", "quarantined", 200)
    assert found.count == 12


def test_many_pictures_of_one_stranger_make_no_lamb():
    listed = strangers(1, seed=5)[0]
    himself = np.stack([beside(listed, 0.9, seed=seed) for seed in range(12)])
    found = judged(people(*strangers(200), listed), people(*strangers(500, seed=1), himself))
    assert found == ()


def test_whom_many_of_the_list_are_like_is_told_once():
    lamb = strangers(1, seed=5)[0]
    many = [beside(lamb, 0.65, seed=seed) for seed in range(40)]
    found = judged(people(lamb, *many, *strangers(400)))
    assert [(one.kind, one.subject) for one in found] == [("lamb", 0)]
    assert found[0].count == 40


def test_who_stands_out_below_the_threshold_is_shown():
    odd = strangers(1, seed=5)[0]
    near = [beside(odd, 0.57, seed=seed) for seed in range(12)]
    (found,) = judged(people(*strangers(200), odd), people(*strangers(300, seed=1), *near))
    assert (found.kind, found.concern, found.subject) == ("lamb", "review", 200)
    assert found.outlying > 5


def test_with_few_strangers_nobody_stands_out():
    top = np.tile(np.linspace(0.1, 0.2, blocks.TOP, dtype=np.float32), (100, 1))
    top[3] += 0.5
    assert outlying(top, people=19).max() == 0
    assert outlying(top[:19], people=500).max() == 0
    assert outlying(top, people=500).argmax() == 3


def test_a_person_looks_at_a_hundred_pairs_and_hears_of_the_rest():
    rows = strangers(260)
    twins = [beside(row, 0.7 + 0.0005 * place, seed=place) for place, row in enumerate(rows[:130])]
    outcome = examine(people(*rows, *twins), None, RULES, quiet)
    assert len(outcome.likenesses) == 100
    assert outcome.left_out == 30
    assert min(one.score for one in outcome.likenesses) > 0.7 + 0.0005 * 29


def test_what_quarantines_goes_before_what_is_shown():
    rows = strangers(50)
    listed = people(*rows, beside(rows[7], 0.9), beside(rows[7], 0.7, seed=3))
    named = gravest(judged(listed))
    assert {subject: one.kind for subject, one in named.items()} == {
        7: "duplicate", 50: "duplicate", 51: "look_alike",
    }  # fmt: skip


def test_a_chance_likeness_is_no_lamb_however_long_the_list():
    for rate, crowd, rows in [(1e-5, 1000, 60_000), (1e-5, 20_000, 60_000), (1e-4, 10**6, 10**6)]:
        allowed = bound(rate, crowd, rows)
        drawn = np.random.default_rng(0).poisson(rate * crowd * 9, 200_000)
        assert drawn.max() < allowed, "nine times the average is a group, and no lamb"
        assert allowed < 40 * rate * crowd + 12
    assert bound(0.0, 1000, 10) == 3


def test_the_rules_come_from_the_calibration():
    calibration = Path(engines.__file__).parent / "calibration" / "mbf.toml"
    known = Calibration.model_validate(toml.loads(calibration.read_text("utf-8")))
    rules = Rules.of(known)
    assert (rules.threshold, rules.same, rules.floor) == (0.359, 0.468, 0.307)
    assert rules.rate == pytest.approx(1e-5, rel=0.05)
    strict = Rules.of(known, threshold=0.6)
    assert (strict.threshold, strict.same, strict.rate) == (0.6, 0.6, known.false_match_rate(0.6))


def test_an_unmeasured_encoder_has_rules_too():
    zoo = Path(engines.__file__).parent / "calibration" / "zoo.toml"
    known = Calibration.model_validate(toml.loads(zoo.read_text("utf-8")))
    assert Rules.of(known).rate == 0


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 4)
    monkeypatch.setattr(blocks, "HELD_PAIRS", 8)


def naively(listed, others, threshold):
    """Compare everybody with everybody, one by one."""
    best, within, beyond = {}, np.zeros(len(listed), int), np.zeros(len(listed), int)
    scores = listed.templates @ listed.templates.T
    for row in range(len(listed)):
        alike = {o for o, s in zip(listed.owners, scores[row], strict=True) if s >= threshold}
        within[row] = len(alike - {listed.owners[row]})
        outside = others.templates @ listed.templates[row]
        beyond[row] = len(
            {o for o, s in zip(others.owners, outside, strict=True) if s >= threshold}
        )
        for column in range(len(listed)):
            pair = (int(listed.owners[row]), int(listed.owners[column]))
            if pair[0] < pair[1] and scores[row, column] >= threshold:
                best[pair] = max(best.get(pair, -1), float(scores[row, column]))
    return best, within, beyond


@st.composite
def crowds(draw, least=1):
    """Draw people whose scores are exact in any order of adding: halves, and sums of quarters."""
    sizes = draw(st.lists(st.integers(1, 6), min_size=least, max_size=9))
    count = sum(sizes)
    signs = draw(
        st.lists(st.tuples(*[st.sampled_from((-0.5, 0.5))] * 4), min_size=count, max_size=count)
    )
    owners = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    return People(np.array(signs, np.float32).reshape(count, 4), owners)


@settings(max_examples=150, deadline=None)
@given(
    listed=crowds(),
    others=crowds(least=0),
    threshold=st.sampled_from((0.0, 0.5, 1.0)),
    parts=st.integers(1, 4),
)
def test_blocks_and_shards_give_what_one_by_one_gives(listed, others, threshold, parts):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_ROWS", 4)
        patch.setattr(blocks, "HELD_PAIRS", 8)
        patch.setattr(blocks, "NEAREST", 100)
        shards = [compare(listed, others, threshold, quiet, Shard(i, parts)) for i in range(parts)]
        found = merge([recall(keep(shard), listed) for shard in shards], listed)
    best, within, beyond = naively(listed, others, threshold)
    assert found.within.tolist() == within.tolist()
    assert found.beyond.tolist() == beyond.tolist()
    owners = listed.owners
    assert {
        (int(owners[p["first"]]), int(owners[p["second"]])): float(p["score"]) for p in found.pairs
    } == best
    best_of = np.sort(outside_best(listed, others), axis=1)[:, -blocks.TOP :]
    seen = found.top[:, blocks.TOP - best_of.shape[1] :]
    assert np.array_equal(seen, best_of)


def outside_best(listed, others):
    """Give the best score of each listed row with each stranger."""
    scores = listed.templates @ others.templates.T if len(others) else np.zeros((len(listed), 0))
    columns = [scores[:, others.owners == o].max(axis=1) for o in range(others.count)]
    return np.array(columns, np.float32).reshape(others.count, len(listed)).T


def test_of_each_subject_the_nearest_are_kept_and_all_are_counted(small_blocks):
    lamb = strangers(1, seed=5)[0]
    scores = np.linspace(0.61, 0.8, 30)
    listed = people(lamb, *[beside(lamb, score, seed=i) for i, score in enumerate(scores)])
    found = compare(listed, NOBODY, 0.6, quiet)
    assert found.within[0] == 30
    of_lamb = sorted(float(pair["score"]) for pair in found.pairs if pair["first"] == 0)
    assert of_lamb[-blocks.NEAREST :] == pytest.approx(scores[-blocks.NEAREST :].tolist(), abs=1e-5)
    assert len(found.pairs) <= blocks.NEAREST * listed.count


def test_a_list_of_one_face_only_is_held_in_little_memory(small_blocks, monkeypatch):
    monkeypatch.setattr(blocks, "NEAREST", 1)
    listed = people(*[strangers(1)[0]] * 40)
    found = compare(listed, NOBODY, 0.6, quiet)
    assert found.within.tolist() == [39] * 40
    assert len(found.pairs) <= 40


def test_half_precision_is_compared_in_single(small_blocks):
    rows = strangers(20)
    listed = people(*rows, beside(rows[3], 0.9)).templates.astype(np.float16)
    found = compare(People(listed, np.arange(21, dtype=np.int32)), NOBODY, 0.6, quiet)
    assert found.pairs["score"].dtype == np.float32
    assert found.pairs["first"].tolist() == [3]


def test_every_block_is_told(small_blocks):
    told = []
    listed = people(*strangers(9))
    compare(listed, people(*strangers(5, seed=1)), 0.6, lambda done, of: told.append((done, of)))
    assert told == [(done, 12) for done in range(1, 13)]


def test_nobody_is_compared_with_nobody():
    found = compare(NOBODY, NOBODY, 0.6, quiet)
    assert judge(found, NOBODY, NOBODY, RULES).likenesses == ()


@pytest.mark.parametrize("change", ["cut", "other list", "row", "name"])
def test_a_shard_of_something_else_is_refused(change):
    rows = strangers(6)
    listed = people(*rows, beside(rows[0], 0.9))
    found = compare(listed, NOBODY, 0.6, quiet)
    if change == "row":
        found.pairs["second"][0] = 7
    data = keep(found)
    if change == "name":
        data = data.replace(b"within", b"wIthin")
    with pytest.raises(InputError, match="shard"):
        recall(
            data[:-3] if change == "cut" else data,
            people(*rows) if change == "other list" else listed,
        )
