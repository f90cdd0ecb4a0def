"""Each way of making a score is what its definition gives by hand."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from appliance.evaluation.norms import ADAPTIVE_SHARE, LOWEST, MARGIN_SHARE, UNSEEN, Score
from appliance.evaluation.search import NO_SHOT, Beside, draw, search
from appliance.evaluation.way import VAN, Listed, Way, unit
from appliance.matching.crowding import Crowding
from tests.evaluation.crowd import Crowd

PLAIN = Way(images="best", score="cosine")


@pytest.fixture(scope="module")
def many():
    """Two hundred people with six pictures each."""
    return Crowd(200, 6, stray=0.2).cohort()


@pytest.fixture
def chance():
    return np.random.default_rng(5)


@pytest.fixture
def listed(many):
    """Eighty people with two images each, and three shots of ten others."""
    rows = np.flatnonzero((many.owners < 80) & (np.arange(len(many.owners)) % 6 < 2))
    templates, owners = many.templates[rows], many.owners[rows]
    shots = many.templates.reshape(200, 6, -1)[100:110, :3]
    return templates, owners, shots


@pytest.fixture
def aside(many):
    """Forty people more, who are neither listed nor pass."""
    return many.templates.reshape(200, 6, -1)[150:190, 0]


def best_of(scores):
    return scores.reshape(len(scores), 80, 2).max(axis=2)


def test_shots_are_fused_into_one_template_of_length_one(listed):
    templates, owners, shots = listed
    together = shots.sum(axis=1)
    together /= np.linalg.norm(together, axis=1, keepdims=True)
    found = Listed(templates, owners, Way(3, score="cosine", images="best")).scores(shots)
    assert found == pytest.approx(best_of(together @ templates.T), abs=1e-6)


def test_only_as_many_shots_are_looked_at_as_the_way_says(listed):
    templates, owners, shots = listed
    found = Listed(templates, owners, PLAIN).scores(shots)
    assert found == pytest.approx(best_of(shots[:, 0] @ templates.T), abs=1e-6)


@pytest.mark.parametrize(("fusion", "meet"), [("best", np.max), ("mean", np.mean)])
def test_the_best_or_the_mean_of_the_shots_scores_counts(listed, fusion, meet):
    templates, owners, shots = listed
    each = np.stack([best_of(shots[:, shot] @ templates.T) for shot in range(3)])
    found = Listed(templates, owners, Way(3, fusion, score="cosine", images="best")).scores(shots)
    assert found == pytest.approx(meet(each, axis=0), abs=1e-6)


def test_a_shot_that_failed_is_no_part_of_a_mean(listed):
    templates, owners, shots = listed
    torn = shots.copy()
    torn[:, 1] = 0
    found = Listed(templates, owners, Way(2, "mean", score="cosine", images="best")).scores(torn)
    assert found == pytest.approx(best_of(shots[:, 0] @ templates.T), abs=1e-6)
    assert (
        Listed(templates, owners, Way(2, "mean", images="best")).scores(torn * 0) == UNSEEN
    ).all()


def test_by_the_rule_of_two_first_and_all_must_reach_it(listed):
    templates, owners, shots = listed
    first = best_of(shots[:, 0] @ templates.T)
    both = best_of(unit(shots[:, :2].sum(axis=1)) @ templates.T)
    found = Listed(templates, owners, Way(2, "twice", score="cosine", images="best")).scores(shots)
    assert found == pytest.approx(np.minimum(first, both), abs=1e-6)


def test_by_the_stricter_rule_each_shot_must_reach_it(listed):
    templates, owners, shots = listed
    way = Way(2, "each", score="cosine", images="best")
    each = np.stack([best_of(shots[:, shot] @ templates.T) for shot in range(2)])
    assert Listed(templates, owners, way).scores(shots) == pytest.approx(each.min(0), abs=1e-6)


def test_shots_are_weighed_by_their_quality_where_they_make_one_template(many, chance):
    drawn = draw(many, 80, 1, chance, shots=2)
    weights = np.where(np.arange(len(many.owners)) % 2, 3, 1).astype(np.float32)
    beside = Beside(many.templates, many.templates, weights)
    way = Way(2, score="cosine", weighs=True)
    passing = many.templates[drawn.non_mated] * weights[drawn.non_mated][..., None]
    wanted = (unit(passing.sum(axis=1)) @ many.templates[drawn.gallery].T).max(axis=1)
    assert search(many, drawn, way, beside).strangers == pytest.approx(wanted, abs=1e-6)
    even = search(many, drawn, replace(way, weighs=False), beside).strangers
    assert even != pytest.approx(wanted, abs=1e-3)


def test_the_mean_of_the_scores_of_all_images_counts(listed):
    templates, owners, shots = listed
    torn = templates.copy()
    torn[1] = 0
    scores = (shots[:, 0] @ torn.T).reshape(len(shots), 80, 2).sum(axis=2) / 2
    scores[:, 0] *= 2  # whose second image has failed
    found = Listed(torn, owners, Way(images="scores", score="cosine")).scores(shots)
    assert found == pytest.approx(scores, abs=1e-6)


def test_of_images_the_first_alone_or_all_in_one_template(listed):
    templates, owners, shots = listed
    probes = shots[:, 0]
    first = Listed(templates, owners, Way(images="first", score="cosine")).scores(shots)
    assert first == pytest.approx(probes @ templates[::2].T, abs=1e-6)
    fused = unit(templates[::2] + templates[1::2])
    mean = Listed(templates, owners, Way(images="mean", score="cosine")).scores(shots)
    assert mean == pytest.approx(probes @ fused.T, abs=1e-6)


def test_the_vans_way_takes_off_what_the_van_takes_off(listed):
    templates, owners, shots = listed
    fused = unit(templates[::2] + templates[1::2])  # as the desk has them
    off = Crowding(fused, owners[::2])(np.arange(80, dtype=np.int32))
    assert off.any()
    found = Listed(templates, owners, VAN).scores(shots)
    assert found == pytest.approx(shots[:, 0] @ fused.T - off, abs=1e-6)


def usual(listed):
    """Mean and spread of the ten nearest others, of each entry and of each probe."""
    templates, owners, shots = listed
    scores = templates @ templates.T
    scores[owners[:, None] == owners] = -2
    ours = np.sort(scores, axis=1)[:, -10:]
    theirs = np.sort(shots[:, 0] @ templates.T, axis=1)[:, -11:-1]
    return ours.mean(axis=1), ours.std(axis=1), theirs.mean(axis=1), theirs.std(axis=1)


def test_what_is_usual_is_taken_off_both_sides(listed):
    templates, owners, shots = listed
    ours, _, theirs, _ = usual(listed)
    wanted = shots[:, 0] @ templates.T - (ours + theirs[:, None]) / 2 + ours.mean()
    found = Listed(templates, owners, Way(score="both", images="best")).scores(shots)
    assert found == pytest.approx(best_of(wanted), abs=1e-5)


def test_s_norm_divides_by_the_spread_and_stays_above_what_was_not_seen(listed):
    templates, owners, shots = listed
    ours, wide, theirs, width = usual(listed)
    cosines = shots[:, 0] @ templates.T
    wanted = ((cosines - ours) / wide + (cosines - theirs[:, None]) / width[:, None]) / 2
    found = Listed(templates, owners, Way(score="list s-norm", images="best")).scores(shots)
    assert found == pytest.approx(np.maximum(best_of(wanted), LOWEST), abs=1e-3)
    assert found.min() > UNSEEN


def test_people_set_aside_tell_what_is_usual_for_an_entry_and_for_a_probe(listed, aside):
    templates, owners, shots = listed
    probes = shots[:, 0]
    ours, theirs = templates @ aside.T, probes @ aside.T
    near = round(ADAPTIVE_SHARE * len(aside))

    def found(score):
        way = Way(score=score, images="best")
        return Listed(templates, owners, way, aside).scores(shots)

    def by_hand(most):
        tops = [np.sort(one, axis=1)[:, -most:] for one in (ours, theirs)]
        (a, b), (c, d) = [(top.mean(1), top.std(1)) for top in tops]
        cosines = probes @ templates.T
        z, t = (cosines - a) / b, (cosines - c[:, None]) / d[:, None]
        means = cosines - (a + c[:, None]) / 2
        return [best_of(np.maximum(one, LOWEST)) for one in (z, t, (z + t) / 2, means)]

    z, t, s, _ = by_hand(len(aside))
    _, _, nearest, means = by_hand(near)
    told = {"z-norm": z, "t-norm": t, "s-norm": s, "adaptive s-norm": nearest}
    for score, wanted in {**told, "adaptive means": means}.items():
        assert found(score) == pytest.approx(wanted, rel=1e-3, abs=1e-3)


def test_where_nobody_is_set_aside_nothing_is_taken_off(listed):
    templates, owners, shots = listed
    plain = Listed(templates, owners, PLAIN).scores(shots)
    way = Way(score="z-norm", images="best")
    assert Listed(templates, owners, way).scores(shots) == pytest.approx(plain)


def test_the_margin_is_to_the_best_of_the_others(listed):
    templates, owners, shots = listed
    scores = best_of(shots[:, 0] @ templates.T)
    wanted = scores.copy()
    for row, wished in zip(scores, wanted, strict=True):
        for place in range(80):
            wished[place] -= MARGIN_SHARE * np.delete(row, place).max()
    found = Listed(templates, owners, Way(score="margin", images="best")).scores(shots)
    assert found == pytest.approx(wanted, abs=1e-5)
    alone = Listed(templates[:2], owners[:2], Way(score="margin", images="best")).scores(shots)
    assert alone == pytest.approx(shots[:, 0] @ templates[:2].T.max(axis=1, keepdims=True), abs=0.5)


@pytest.mark.parametrize("score", get_args(Score))
def test_who_is_not_enrolled_or_not_seen_is_like_nobody_in_any_way(listed, aside, score):
    templates, owners, shots = listed
    templates, shots = templates.copy(), shots.copy()
    templates[:2], shots[0] = 0, 0
    held = Listed(templates, owners, Way(score=score, images="best"), aside)
    found = held.scores(shots)
    assert held.unenrolled == 1
    assert (found[0] == UNSEEN).all()
    assert (found[:, 0] == UNSEEN).all()
    assert (found[1:, 1:] > UNSEEN).all()


def test_a_passing_has_pictures_of_one_subject_and_no_picture_passes_twice(many, chance):
    drawn = draw(many, 80, 1, chance, shots=2)
    assert drawn.mated.shape == (
        80 * 2,
        2,
    )  # of five pictures beside the list's, two whole passings
    for rows in (drawn.mated, drawn.non_mated):
        assert (many.owners[rows[:, 0]] == many.owners[rows[:, 1]]).all()
        assert len(np.unique(rows)) == rows.size
    assert not set(drawn.mated.ravel()) & set(drawn.gallery)


def test_a_stranger_with_fewer_pictures_passes_with_what_there_is(chance):
    people = Crowd(100, 1).cohort()
    pictures = np.repeat(np.arange(100), [4] * 40 + [1] * 60)
    mixed = type(people)(people.templates[pictures], pictures, people.acquired[pictures], 100)
    drawn = draw(mixed, 30, 1, chance, shots=2)
    short = drawn.non_mated[(drawn.non_mated == NO_SHOT).any(axis=1)]
    assert set(mixed.owners[short[:, 0]]) == set(range(40, 100))
    found = search(mixed, drawn, Way(2, score="cosine", images="best"))
    assert found.strangers.min() > UNSEEN


def test_the_list_alone_or_shots_too_may_be_of_mirrored_templates(many, chance):
    drawn = draw(many, 80, 1, chance)
    turned = Beside(many.templates, -many.templates, np.ones(len(many.owners), np.float32))
    plain = search(many, drawn, PLAIN)
    both = search(many, drawn, Way(score="cosine", mirror="all", images="best"), turned)
    assert both.strangers == pytest.approx(plain.strangers)
    only = search(many, drawn, Way(score="cosine", mirror="list", images="best"), turned)
    listed = many.templates[drawn.gallery]
    wanted = (-many.templates[drawn.non_mated[:, 0]] @ listed.T).max(axis=1)
    assert only.strangers == pytest.approx(wanted, abs=1e-6)
