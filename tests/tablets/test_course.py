"""Which answer may follow which, and what the other officers hear of it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.decision import (
    Decision,
    Disposal,
    Engagement,
    Ethnicity,
    Outcome,
    Undo,
    Verdict,
)
from appliance.domain.withdrawal import Why
from appliance.errors import InputError
from appliance.tablets import course
from appliance.tablets.refusal import RefusedError
from tests.tablets.conftest import NOON

NO, YES = Verdict.NOT_VIABLE, Verdict.VIABLE
STOPPED = [one for one in Engagement if one.stopped]
ENDED = Outcome(Disposal.ARREST, 15, True, True, Ethnicity.NOT_STATED)


def answer(said, decision_id="d-1", tablet="tablet-7", at_s=0.0):
    at = NOON + timedelta(seconds=at_s)
    return Decision("alert-1", "PC 456", at, said, decision_id, tablet)


def heard(words):
    return [(word.reason, word.decision_id, word.answer) for word in words]


def refusal(known, new, *, lasting=False):
    with pytest.raises(InputError) as refused:
        course.require_fits(known, new)
    assert isinstance(refused.value, RefusedError) is lasting
    assert "PC 456" not in refused.value.advice()
    return str(refused.value)


@pytest.mark.parametrize("said", [NO, YES, *Engagement])
def test_the_first_verdict_or_engagement_is_told_to_everybody(said):
    new = answer(said)
    course.require_fits([], new)
    (word,) = course.following([], new)
    assert word.model_dump(mode="json") == {
        "alert_id": "alert-1",
        "reason": "decided",
        "tablet": "tablet-7",
        "decision_id": "d-1",
        "answer": said.value,
    }


@pytest.mark.parametrize("stopped", STOPPED)
def test_what_became_of_a_stop_is_told_to_no_other_tablet(stopped):
    known, new = [answer(YES), answer(stopped, "d-2")], answer(ENDED, "d-3")
    course.require_fits(known, new)
    assert course.following(known, new) == []
    assert course.again([*known, new], new) == []


@pytest.mark.parametrize("known", [[], [NO], [YES], [Engagement.LOST]])
def test_nobody_tells_of_a_stop_that_was_not_made(known):
    answers = [answer(said, f"d-{number}") for number, said in enumerate(known)]
    for ethnicity in (None, Ethnicity.WHITE):
        ended = Outcome(Disposal.NO_ACTION, 5, False, True, ethnicity)
        assert "nobody has made" in refusal(answers, answer(ended, "d-9"))


def test_another_officer_may_tell_what_became_of_a_stop():
    course.require_fits([answer(STOPPED[0])], answer(ENDED, "d-2", "tablet-8"))


def test_a_stop_that_was_taken_back_is_none():
    known = [answer(STOPPED[0]), answer(Undo("d-1"), "d-2", at_s=5)]
    assert "nobody has made" in refusal(known, answer(ENDED, "d-3"))


def test_an_answer_is_taken_back_and_everybody_hears_of_it():
    known, new = [answer(NO)], answer(Undo("d-1"), "d-2", at_s=10)
    course.require_fits(known, new)
    assert heard(course.following(known, new)) == [(Why.UNDONE, "d-1", NO)]


@pytest.mark.parametrize("at_s", [-6, 15.1, 3600])
def test_an_answer_stands_after_ten_seconds(at_s):
    undo = answer(Undo("d-1"), "d-2", at_s=at_s)
    assert "too long" in refusal([answer(NO)], undo, lasting=True)


@pytest.mark.parametrize("at_s", [-5, 0, 10, 15])
def test_a_clock_that_was_put_right_in_between_takes_no_undo_away(at_s):
    course.require_fits([answer(NO)], answer(Undo("d-1"), "d-2", at_s=at_s))


@pytest.mark.parametrize(
    ("undoes", "tablet", "lasting"),
    [("d-1", "tablet-8", False), ("d-9", "tablet-7", False), ("d-3", "tablet-7", True)],
)
def test_nobody_takes_back_what_he_has_not_said(undoes, tablet, lasting):
    known = [answer(NO), answer(YES, "d-2"), answer(Undo("d-2"), "d-3")]
    undo = answer(Undo(undoes), "d-4", tablet)
    assert "takes back what" in refusal(known, undo, lasting=lasting)


def test_nobody_takes_back_twice():
    known = [answer(NO), answer(Undo("d-1"), "d-2")]
    assert "stands no more" in refusal(known, answer(Undo("d-1"), "d-3"), lasting=True)


def test_an_outcome_is_taken_back_without_a_word_to_others():
    known = [answer(STOPPED[0]), answer(ENDED, "d-2")]
    undo = answer(Undo("d-2"), "d-3")
    course.require_fits(known, undo)
    assert course.following(known, undo) == []


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (YES, YES, False),
        (YES, NO, True),
        (NO, YES, False),
        (NO, NO, False),
        (NO, Engagement.SAME_PERSON, True),
        (Engagement.LOST, NO, False),
        (Engagement.LOST, Engagement.SAME_PERSON, False),
    ],
)
def test_of_two_officers_the_weightier_answer_is_told_and_of_equals_the_first(first, second, told):
    known, new = [answer(first)], answer(second, "d-2", "tablet-8")
    assert bool(course.following(known, new)) is told


def test_where_one_of_two_takes_back_the_other_s_answer_is_told_again():
    known = [answer(NO), answer(YES, "d-2", "tablet-8")]
    words = course.following(known, answer(Undo("d-1"), "d-3"))
    assert heard(words) == [(Why.UNDONE, "d-1", NO), (Why.DECIDED, "d-2", YES)]


def test_an_answer_that_is_repeated_is_told_again_where_it_stands():
    known = [answer(NO), answer(YES, "d-2", "tablet-8")]
    assert heard(course.again(known, known[0])) == [(Why.DECIDED, "d-1", NO)]
    assert course.again(known, known[1]) == []
    undo = answer(Undo("d-1"), "d-3")
    known.append(undo)
    assert course.again(known, known[0]) == []
    assert heard(course.again(known, undo)) == heard(course.following(known[:2], undo))


def test_no_tablet_fills_the_disk_with_answers_to_one_alert_or_shuts_the_others_out():
    known = [answer(NO, f"d-{number}") for number in range(course.MOST_ANSWERS)]
    course.require_fits(known[1:], answer(NO, "d-x"))
    assert "too many" in refusal(known, answer(NO, "d-x"), lasting=True)
    course.require_fits(known, answer(NO, "d-x", "tablet-8"))


@pytest.mark.parametrize("tablet", ["tablet-7", "tablet-8"])
def test_a_stop_stands_while_something_is_told_of_it(tablet):
    known = [answer(STOPPED[0]), answer(ENDED, "d-2", tablet)]
    undo = answer(Undo("d-1"), "d-3")
    assert "more is told" in refusal(known, undo, lasting=True)
    known.append(answer(Undo("d-2"), "d-4", tablet))
    course.require_fits(known, undo)


def test_of_two_stops_one_is_taken_back_although_something_is_told():
    known = [answer(STOPPED[0]), answer(STOPPED[0], "d-2", "tablet-8"), answer(ENDED, "d-3")]
    course.require_fits(known, answer(Undo("d-1"), "d-4"))


SAID = st.sampled_from([NO, YES, *Engagement, ENDED]) | st.builds(
    Undo, st.integers(0, 11).map(lambda number: f"d-{number}")
)


@given(st.lists(st.tuples(SAID, st.sampled_from(["tablet-7", "tablet-8"])), max_size=12))
def test_whoever_has_heard_every_word_knows_what_stands(said):
    known, last = [], {}
    for number, (one, tablet) in enumerate(said):
        new = answer(one, f"d-{number}", tablet)
        try:
            course.require_fits(known, new)
        except InputError:
            continue
        for word in course.following(known, new):
            if word.reason is Why.DECIDED:
                last = {word.decision_id: word.answer}
            else:
                last.pop(word.decision_id, None)
        known.append(new)
    weights = {NO: 2, YES: 1} | dict.fromkeys(Engagement, 3)
    stands = [one for one in course.standing(known) if one.answer in weights]
    heaviest = max(stands, key=lambda one: weights[one.answer], default=None)
    assert last == ({heaviest.id: heaviest.answer} if heaviest else {})
