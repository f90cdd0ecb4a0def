"""False matches are foretold from how near strangers came, of scores drawn from a known tail."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from appliance.domain.scores import EDGES, Scores
from appliance.errors import InputError
from appliance.oversight.figures import Scored
from appliance.oversight.tail import tail

STRANGERS = NormalDist(0.0, 0.115)
"""How the made-up network scores two strangers."""
POINTS = [(STRANGERS.inv_cdf(1 - rate), rate) for rate in (1e-3, 1e-4, 1e-5, 1e-6)]
TEMPLATES = 2_000
THRESHOLD = POINTS[2][0]


def street(faces, *, shift=0.0, templates=TEMPLATES, seed=1):
    """The best scores of strangers, and how many of them alerted."""
    drawn = np.random.default_rng(seed).random(faces)
    scores, alerts = Scores(), 0
    for share in drawn:
        best = STRANGERS.inv_cdf(share ** (1 / templates)) + shift
        if best >= THRESHOLD:
            alerts += 1
        else:
            scores.add(best, templates)
    return scored(scores), alerts


def scored(scores, **changes):
    fields = {
        "deployment_id": "d-1",
        "model_id": "m",
        "faces": scores.faces,
        "edges": EDGES,
        "counts": tuple(scores.counts.tolist()),
        "comparisons": scores.comparisons,
    }
    return Scored(**{**fields, **changes})


@pytest.fixture(scope="module")
def day():
    return street(20_000)


def test_the_rate_at_the_threshold_is_found_without_a_false_alert_and_rather_too_high(day):
    found = tail([day[0]], POINTS, THRESHOLD, false_alerts=day[1])
    assert 0.9e-5 < found.rate < 1.5e-5
    assert found.foretold == pytest.approx(1e-5)
    assert found.templates == TEMPLATES
    assert found.faces == 20_000


def test_each_step_has_an_interval_that_holds_the_truth(day):
    found = tail([day[0]], POINTS, THRESHOLD, false_alerts=day[1])
    sure = [step for step in found.steps if step.faces < 19_000]
    assert [step.score for step in sure] == [0.35, 0.4, 0.45]
    for step in sure:
        truth = 1 - STRANGERS.cdf(step.score)
        # 95 % each; the seed was not chosen.
        assert step.interval.low * 0.95 < truth < step.interval.high * 1.05
        assert step.interval.low < step.rate < step.interval.high
    assert sure[0].foretold is None or sure[0].foretold > sure[1].foretold


def test_a_camera_on_which_strangers_look_more_alike_shows(day):
    as_before = tail([day[0]], POINTS, THRESHOLD, day[1]).drift
    shifted, alerts = street(20_000, shift=0.05)
    assert abs(as_before) < 0.01
    assert tail([shifted], POINTS, THRESHOLD, alerts).drift == pytest.approx(0.05, abs=0.01)


def test_a_drift_beyond_chance_is_flagged_and_made_up_for(day):
    shifted, alerts = street(20_000, shift=0.05)
    limits = [(score, 1.5 * rate) for score, rate in POINTS]
    found = tail([shifted], POINTS, THRESHOLD, alerts, limits)
    assert found.nearer
    assert found.advised == pytest.approx(THRESHOLD + 0.05, abs=0.01)
    calm = tail([day[0]], POINTS, THRESHOLD, day[1], limits)
    assert (calm.nearer, calm.advised) == ((), None)


def test_strangers_who_stay_farther_away_than_foretold_are_no_alarm():
    apart, alerts = street(20_000, shift=-0.05)
    found = tail([apart], POINTS, THRESHOLD, alerts)
    assert found.drift < -0.03
    assert (found.nearer, found.advised) == ((), None)


def test_what_the_calibrations_own_interval_allows_is_no_alarm():
    shifted, alerts = street(20_000, shift=0.05)
    wide = [(score, 100 * rate) for score, rate in POINTS]
    assert tail([shifted], POINTS, THRESHOLD, alerts, wide).nearer == ()


def test_above_the_threshold_nothing_is_read_since_who_alerts_is_in_no_bin(day):
    found = tail([day[0]], POINTS, THRESHOLD, day[1])
    assert max(step.score for step in found.steps) <= THRESHOLD


def test_deployments_are_added(day):
    other, alerts = street(20_000, seed=2)
    both = tail([day[0], other], POINTS, THRESHOLD, day[1] + alerts)
    one = tail([day[0]], POINTS, THRESHOLD, day[1])
    assert both.faces == 40_000
    width = [found.steps[-1].interval.high - found.steps[-1].interval.low for found in (both, one)]
    assert width[0] < width[1]


def test_where_hardly_anybody_came_near_nothing_is_drawn_on():
    scores = Scores()
    for place in range(1000):
        scores.add(0.2 if place else 0.3, 3)
    found = tail([scored(scores)], POINTS, THRESHOLD)
    assert (found.rate, found.drift) == (None, None)
    assert [(step.score, step.faces) for step in found.steps] == [(0.25, 1), (0.3, 1)]


def test_a_threshold_among_the_bins_is_read_between_them():
    scores = Scores()
    for place in range(1000):
        scores.add((0.2, 0.3, 0.4)[place % 3], 3)
    low = 0.35
    found = tail([scored(scores)], POINTS, low)
    assert found.rate is not None
    assert tail([scored(scores)], POINTS, 0.1).rate is None


def test_faces_that_all_reach_a_score_and_none_that_reach_it_are_no_steps():
    scores = Scores()
    for _ in range(1000):
        scores.add(0.2, 3)
    found = tail([scored(scores)], POINTS, THRESHOLD)
    assert (found.steps, found.rate, found.drift) == ((), None, None)


def test_strangers_who_alerted_count_at_every_score():
    scores = Scores()
    for place in range(1000):
        scores.add(0.2 if place % 2 else 0.3, 3)
    with_them = tail([scored(scores)], POINTS, THRESHOLD, false_alerts=10)
    without = tail([scored(scores)], POINTS, THRESHOLD)
    assert with_them.steps[0].faces == without.steps[0].faces + 10
    assert math.isclose(with_them.templates, without.templates)


def test_scores_of_different_models_are_not_put_together(day):
    other = scored(Scores(counts=np.array(day[0].counts), comparisons=1), model_id="n")
    for some in ([day[0], other], []):
        with pytest.raises(InputError, match="not of one model"):
            tail(some, POINTS, THRESHOLD)


def test_scores_without_their_comparisons_tell_nothing(day):
    older = day[0].model_copy(update={"comparisons": 0})
    with pytest.raises(InputError, match="compared is not said"):
        tail([older], POINTS, THRESHOLD)
