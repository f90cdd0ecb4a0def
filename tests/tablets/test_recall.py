"""Whoever is off the list is off the tablets, and one officer's answer is every officer's."""

from dataclasses import replace

import pytest

from appliance.domain.decision import Engagement, Verdict
from appliance.domain.withdrawal import Why
from appliance.tablets.letter import SECOND_THOUGHTS
from appliance.tablets.outbox import Outbox
from appliance.tablets.recall import MEMORY
from appliance.tablets.wire import Withdrawal
from tests.tablets.conftest import SUBJECT, VAN

MEMORY_S = MEMORY.total_seconds()


@pytest.fixture
def outbox(clock):
    return Outbox(VAN, clock)


@pytest.fixture
def of(make_alert):
    """Make an alert of a subject."""

    def of(reference, alert_id, **changes):
        subject = SUBJECT.model_copy(update={"reference": reference})
        return replace(make_alert(alert_id, **changes), subject=subject)

    return of


def ids(letters):
    return [letter.stamp.id for letter in letters]


def off(outbox):
    """Name the alerts that are told to be withdrawn for the list's sake."""
    return [told.alert_id for told in outbox.withdrawn if told.reason is Why.NO_LONGER_LISTED]


def answered(answer, decision_id="decision-1", tablet="tablet-7", alert_id="a"):
    return Withdrawal(
        alert_id=alert_id, reason=Why.DECIDED, tablet=tablet, decision_id=decision_id, answer=answer
    )


def undone(withdrawal):
    return withdrawal.model_copy(update={"reason": Why.UNDONE})


NOT_VIABLE = answered(Verdict.NOT_VIABLE)
VIABLE = answered(Verdict.VIABLE)


@pytest.fixture
def sent(outbox, of):
    """An alert that is on the tablets."""
    outbox.put(of("V-1", "a"))
    assert ids(outbox.due()) == ["a"]
    return outbox


def test_a_withdrawn_subjects_alerts_are_let_go_and_everybody_elses_stay(outbox, of):
    for reference, alert_id in (("V-1", "a"), ("V-2", "b"), ("V-1", "c")):
        outbox.put(of(reference, alert_id))
    outbox.withdraw({"V-1", "V-9"})
    assert ids(outbox.due()) == ["b"]
    assert off(outbox) == ["a", "c"]
    assert outbox.unseen == 0


def test_a_withdrawal_is_news_once_and_told_on(sent):
    sent.withdraw(["V-1"])
    assert [(news.alert_id, news.reason) for news in sent.news()] == [("a", Why.NO_LONGER_LISTED)]
    sent.withdraw(["V-1"])
    assert sent.news() == []
    assert off(sent) == ["a"]


def test_an_alert_that_a_tablet_has_is_told_as_well(sent):
    sent.acknowledge("a")
    sent.withdraw({"V-1"})
    assert off(sent) == ["a"]


def test_an_alert_that_was_under_way_does_not_come_through(outbox, of, clock):
    outbox.withdraw({"V-1"})
    clock.turn(MEMORY_S - 1)
    late = of("V-1", "late", life_s=MEMORY_S * 2)
    outbox.put(late)
    outbox.put(of("V-2", "other", life_s=MEMORY_S * 2))
    assert ids(outbox.due()) == ["other"]
    clock.turn(1)
    outbox.put(of("V-1", "anew", life_s=MEMORY_S * 2))
    assert ids(outbox.due()) == ["anew"]
    assert off(outbox) == []


def test_an_alert_is_known_for_ten_minutes_after_its_time_is_over(sent, clock):
    clock.turn(60 + MEMORY_S - 1)
    sent.withdraw({"V-1"})
    assert off(sent) == ["a"]


def test_an_alert_that_no_tablet_can_still_have_is_forgotten(sent, clock):
    clock.turn(60 + MEMORY_S)
    sent.withdraw({"V-1"})
    assert off(sent) == []


def test_a_withdrawal_is_told_for_as_long_as_any_tablet_may_have_its_alert(sent, clock):
    sent.withdraw({"V-1"})
    clock.turn(60 + MEMORY_S - 1)
    assert off(sent) == ["a"]
    clock.turn(1)
    assert off(sent) == []


def test_a_late_withdrawal_is_told_for_ten_minutes(sent, clock):
    clock.turn(MEMORY_S)
    sent.withdraw({"V-1"})
    clock.turn(MEMORY_S - 1)
    assert off(sent) == ["a"]
    clock.turn(1)
    assert off(sent) == []


def test_a_withdrawal_that_is_repeated_lasts_no_longer(sent, of, clock):
    for _ in range(3):
        sent.withdraw(["V-1"])
        clock.turn(MEMORY_S / 3)
    sent.put(of("V-1", "anew", life_s=MEMORY_S * 2))
    assert ids(sent.due()) == ["anew"]


def test_a_final_answer_ends_the_sending_and_is_told(sent, clock):
    sent.decide(NOT_VIABLE)
    assert sent.news() == [NOT_VIABLE]
    assert sent.withdrawn == (NOT_VIABLE,)
    sent.restart()
    sent.lacking([])
    clock.turn(3)
    assert sent.due() == []
    clock.turn(SECOND_THOUGHTS.total_seconds())
    sent.sweep()
    assert len(sent) == 0
    assert sent.unseen == 0


@pytest.mark.parametrize("answer", [*Engagement, Verdict.NOT_VIABLE])
def test_after_every_final_answer_the_alert_is_over(sent, answer):
    sent.decide(answered(answer))
    sent.restart()
    assert sent.due() == []


def test_after_a_yes_the_alert_goes_on_for_tablets_that_come_later(sent, clock):
    sent.decide(VIABLE)
    clock.turn(1)
    sent.lacking([])
    assert ids(sent.due()) == ["a"]
    assert sent.withdrawn == (VIABLE,)


def test_the_same_answer_told_again_is_no_news(sent):
    sent.decide(NOT_VIABLE)
    sent.decide(NOT_VIABLE)
    assert sent.news() == [NOT_VIABLE]
    assert sent.withdrawn == (NOT_VIABLE,)


def test_an_undone_answer_brings_the_alert_back_to_who_lacks_it(sent, clock):
    sent.decide(NOT_VIABLE)
    clock.turn(9)
    sent.decide(undone(NOT_VIABLE))
    assert sent.news() == [NOT_VIABLE, undone(NOT_VIABLE)]
    assert sent.withdrawn == (undone(NOT_VIABLE),)
    sent.lacking([])
    assert ids(sent.due()) == ["a"]


def test_an_undone_answer_leaves_another_officers_answer_standing(sent):
    other = answered(Engagement.LOST, "decision-1", "tablet-8")
    sent.decide(other)
    sent.decide(NOT_VIABLE)
    sent.decide(undone(NOT_VIABLE))
    assert sent.withdrawn == (other, undone(NOT_VIABLE))
    sent.restart()
    assert sent.due() == []


def test_who_is_off_the_list_is_told_instead_of_what_was_decided(sent):
    sent.decide(VIABLE)
    sent.decide(answered(Verdict.NOT_VIABLE, alert_id="b"))
    sent.withdraw({"V-1"})
    assert [(told.alert_id, told.reason) for told in sent.withdrawn] == [
        ("b", Why.DECIDED),
        ("a", Why.NO_LONGER_LISTED),
    ]
    sent.news()
    sent.decide(undone(VIABLE))
    assert sent.news() == []
    assert off(sent) == ["a"]


def test_an_answer_to_an_alert_that_is_gone_is_told_for_ten_minutes(outbox, clock):
    outbox.decide(NOT_VIABLE)
    clock.turn(MEMORY_S - 1)
    assert outbox.withdrawn == (NOT_VIABLE,)
    clock.turn(1)
    assert outbox.withdrawn == ()


def test_the_end_leaves_nobody_and_nothing_but_what_was_taken_back(outbox, of, clock):
    for number in range(3):
        outbox.put(of(f"V-{number}", f"a{number}"))
    outbox.due()
    outbox.withdraw({"V-1"})
    for _ in range(3):
        outbox.finish()
        clock.turn(60)
    assert len(outbox) == 0
    assert outbox.due() == []
    assert off(outbox) == ["a1"]
    assert b"V-" not in outbox._recall.sealed
    assert outbox._recall.gone == frozenset()
    clock.turn(MEMORY_S)
    assert outbox.withdrawn == ()


def test_after_the_end_the_next_deployment_begins_with_a_clean_sheet(outbox, of):
    outbox.withdraw({"V-1"})
    outbox.finish()
    outbox.put(of("V-1", "a"))
    assert ids(outbox.due()) == ["a"]
    assert outbox.withdrawn == ()
