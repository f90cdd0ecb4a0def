"""A candidate is named only under the law in force, above the threshold, and on evidence."""

import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain.candidate import Band
from appliance.domain.deployment import Position
from appliance.errors import LapsedError, SettingsError, TrustError
from appliance.matching.matcher import NOBODY, Match
from appliance.settings import MatchingSettings
from tests.matching.probes import AXES, like


def test_two_shots_above_the_threshold_name_a_candidate(open_match, ask):
    match = open_match()
    assert ask(match, like(0.55)) is None
    candidate = ask(match, like(0.55))
    assert candidate.subject == 0
    assert candidate.score == pytest.approx(0.55)
    assert candidate.threshold == 0.5
    assert candidate.band is Band.POSSIBLE


def test_one_shot_suffices_where_it_is_sure_and_good(open_match, ask):
    assert ask(open_match(), like(0.81), quality=0.5).band is Band.STRONG


@pytest.mark.parametrize(("score", "quality"), [(0.79, 1.0), (0.99, 0.49)])
def test_one_shot_that_is_less_than_sure_or_good_does_not(open_match, ask, score, quality):
    assert ask(open_match(), like(score), quality=quality) is None


def test_the_settings_may_say_what_is_sure(open_match, ask):
    match = open_match(sure_score=0.6, sure_quality=0.2)
    assert ask(match, like(0.61)).subject == 0


def test_a_sure_score_below_the_threshold_does_not_lower_it(open_match, ask):
    match = open_match(sure_score=0.1, sure_quality=0.0)
    assert ask(match, like(0.45), quality=1.0) is None


def test_the_settings_may_ask_for_more_shots(open_match, ask):
    match = open_match(hits=3)
    answers = [ask(match, like(0.55)) for _ in range(3)]
    assert [answer is not None for answer in answers] == [False, False, True]


@pytest.mark.parametrize("score", [0.499, 0.0, -1.0])
def test_below_the_threshold_nothing_counts(open_match, ask, score):
    match = open_match(hits=1)
    assert ask(match, like(score), quality=1.0) is None
    assert not match._evidence


@pytest.mark.parametrize("rubbish", [math.nan, -math.inf])
def test_what_is_not_a_number_is_never_a_match(open_match, ask, rubbish):
    match = open_match(hits=1, sure_score=0.0, sure_quality=0.0)
    probe = np.array([rubbish, 0, 0, 0], np.float32)
    with np.errstate(invalid="ignore"):
        assert ask(match, probe, quality=1.0) is None
    assert ask(match, like(0.55)) is not None


def test_a_quality_that_is_not_a_number_is_never_sure(open_match, ask):
    assert ask(open_match(), like(0.9), quality=math.nan) is None


def test_shots_of_two_passings_do_not_add_up(open_match, ask):
    match = open_match()
    assert ask(match, like(0.55), passing=1) is None
    assert ask(match, like(0.55), passing=2) is None


def test_shots_that_point_to_two_subjects_do_not_add_up(open_match, ask):
    match = open_match()
    assert ask(match, like(0.55, axis=0)) is None
    assert ask(match, like(0.55, axis=1)) is None
    assert ask(match, like(0.55, axis=0)) is None


def test_a_shot_in_between_that_is_like_nobody_takes_nothing_away(open_match, ask):
    match = open_match()
    ask(match, like(0.55))
    ask(match, like(0.2))
    assert ask(match, like(0.55)).subject == 0


def test_the_evidence_of_a_passing_that_has_ended_is_forgotten(open_match, ask):
    match = open_match()
    ask(match, like(0.55))
    match.forget([7, 8])
    assert not match._evidence
    assert ask(match, like(0.55)) is None


def test_who_was_like_somebody_once_is_known_before_an_alert_comes_of_it(open_match, ask):
    match = open_match()
    ask(match, like(0.55), passing=7)
    ask(match, like(0.2), passing=8)
    assert match.near(np.array([7, 8, 9], np.int32)).tolist() == [True, False, False]
    match.forget([7])
    assert not match.near(np.array([7], np.int32)).any()
    assert match.near(np.zeros(0, np.int32)).tolist() == []


def test_several_passings_are_judged_at_once(open_match):
    match = open_match(hits=1)
    probes = np.stack([like(0.6, 1), like(0.1), like(0.7, 0)])
    found = match(np.array([1, 2, 3], np.int32), probes, np.ones(3, np.float32))
    assert [candidate and candidate.subject for candidate in found] == [1, None, 0]


def test_no_probe_gives_no_answer(open_match):
    empty = np.zeros((0, 4), np.float32)
    assert open_match()(np.zeros(0, np.int32), empty, np.zeros(0, np.float32)) == []


def test_the_runner_up_is_another_subject(open_match, ask, listing):
    watchlist = listing([like(1.0), like(0.99), like(0.98), AXES[1]], owners=[0, 0, 0, 1])
    probe = np.array([0.8, 0.6, 0, 0], np.float32)
    candidate = ask(open_match(watchlist, hits=1), probe)
    assert candidate.subject == 0
    assert candidate.runner_up == pytest.approx(0.6)


def test_where_there_is_no_other_subject_the_runner_up_is_nobody(open_match, ask, listing):
    watchlist = listing([like(1.0), like(0.9)], owners=[0, 0])
    assert ask(open_match(watchlist, hits=1), like(0.7)).runner_up == NOBODY


def test_the_best_of_a_subjects_images_counts(open_match, ask, listing):
    watchlist = listing(AXES[:3], owners=[0, 1, 1])
    candidate = ask(open_match(watchlist, hits=1), like(0.9, axis=2))
    assert (candidate.subject, candidate.score) == (1, pytest.approx(0.9))


def test_a_subject_whose_entry_has_ended_is_not_named(open_match, ask, listing, subject, clock):
    entries = [subject("V-1", expires_at=clock.now + timedelta(hours=1)), subject("V-2")]
    match = open_match(listing(AXES[:2], subjects=entries), hits=1)
    assert ask(match, like(0.9)) is not None
    clock.pass_by(hours=1)
    assert ask(match, like(0.9)) is None
    assert ask(match, like(0.9, axis=1)).subject == 1


def test_the_signed_floor_is_above_the_settings(open_match, ask, authority):
    match = open_match(signed={"threshold_floor": 0.7}, threshold=0.5, hits=1)
    assert ask(match, like(0.69)) is None
    assert ask(match, like(0.71)).threshold == 0.7


def test_a_longer_list_raises_the_threshold(open_match, listing):
    signed = {"maximum_subjects": 4_000, "most_false_alerts": 1.0}
    thresholds = [
        open_match(listing(np.tile(AXES, (times, 1))), signed=signed).threshold
        for times in (1, 25, 250, 1_000)
    ]
    # 1 in 1,000 faces: of 100 templates each may match once in 100,000, of 4,000 40 times rarer.
    assert thresholds == pytest.approx([0.5, 0.5, 0.6, 0.6 + 0.1 * np.log10(4)])


def test_whoever_signs_for_fewer_false_alerts_raises_it_too(open_match):
    strict = {"expected_faces": 50_000, "most_false_alerts": 0.1}
    assert open_match(signed=strict).threshold == pytest.approx(0.6)


def test_a_setting_below_the_calibrations_floor_does_not_start(open_match):
    with pytest.raises(SettingsError, match="below"):
        open_match(threshold=0.39)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"starts_at": timedelta(minutes=1)}, "not begun"),
        ({"ends_at": timedelta(0)}, "authority has ended"),
    ],
)
def test_no_matcher_without_an_open_authority(open_match, authority, clock, change, words):
    moments = {name: clock.now + shift for name, shift in change.items()}
    with pytest.raises(LapsedError, match=words):
        open_match(signed=moments)


def test_no_matcher_away_from_the_signed_place(open_match):
    with pytest.raises(LapsedError, match="outside"):
        open_match(position=Position(latitude_deg=51.6, longitude_deg=-0.1))


@pytest.mark.parametrize("shift", [timedelta(hours=-2), timedelta(hours=11)])
def test_no_matcher_outside_the_lists_life(open_match, authority, clock, shift):
    day = timedelta(days=1)
    signed = {"starts_at": clock.now - day, "ends_at": clock.now + day}
    clock.now += shift
    with pytest.raises(LapsedError, match="watchlist"):
        open_match(signed=signed)


def test_no_matcher_for_a_list_that_was_not_signed_for(open_match, authority):
    with pytest.raises(TrustError):
        open_match(signed={"watchlist_id": "list-2"})


def test_the_matcher_stops_at_the_very_moment_that_the_authority_ends(open_match, ask, clock):
    match = open_match(hits=1)
    clock.pass_by(hours=6, seconds=-1)
    assert ask(match, like(0.9)) is not None
    clock.pass_by(seconds=1)
    with pytest.raises(LapsedError):
        ask(match, like(0.9))


def test_when_it_closes_everything_is_erased(open_match, ask, listing):
    watchlist = listing(AXES[:2])
    match = open_match(watchlist)
    rows = match.gallery._rows
    ask(match, like(0.55))
    match.close()
    assert not watchlist.templates.any()
    assert not rows.any()
    assert not match._evidence


scores = st.floats(-1, 1, width=32)


@given(shots=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2), scores), max_size=40))
@settings(max_examples=60, deadline=None)
def test_whoever_is_named_was_seen_twice_above_the_threshold(shots):
    weigh = MatchRule()
    above: dict[tuple[int, int], int] = {}
    for passing, subject, score in shots:
        candidate = weigh(passing, subject, np.float32(score))
        if score >= 0.5:
            above[passing, subject] = above.get((passing, subject), 0) + 1
        if candidate:
            assert candidate.score >= candidate.threshold
            assert above[passing, subject] >= 2


class MatchRule(Match):
    """The rule alone: no list, no gallery, nobody is taken out."""

    def __init__(self):
        self.settings = MatchingSettings(sure_quality=1.0)
        self.threshold, self.sure_score = 0.5, 0.9
        self._evidence = {}
        self._gone = np.zeros(3, np.bool_)

    @property
    def calibration(self):
        return self

    def band(self, score):
        return Band.POSSIBLE

    def __call__(self, passing, subject, score):
        return self._weigh(passing, subject, score, np.float32(-1), np.float32(0.5))
