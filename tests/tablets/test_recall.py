"""Whoever is taken off the list is taken off the tablets, and nothing of him goes out any more."""

from dataclasses import replace

import pytest

from appliance.tablets.outbox import Outbox
from appliance.tablets.recall import MEMORY
from appliance.tablets.wire import MOST_WITHDRAWN
from tests.tablets.conftest import SUBJECT

MEMORY_S = MEMORY.total_seconds()


@pytest.fixture
def outbox(clock):
    return Outbox(clock)


@pytest.fixture
def of(make_alert):
    """Make an alert of a subject."""

    def of(reference, alert_id, **changes):
        subject = SUBJECT.model_copy(update={"reference": reference})
        return replace(make_alert(alert_id, **changes), subject=subject)

    return of


def ids(alerts):
    return [alert.id for alert in alerts]


def test_a_withdrawn_subjects_alerts_are_let_go_and_everybody_elses_stay(outbox, of):
    for reference, alert_id in (("V-1", "a"), ("V-2", "b"), ("V-1", "c")):
        outbox.put(of(reference, alert_id))
    outbox.withdraw({"V-1", "V-9"})
    assert ids(outbox.due()) == ["b"]
    assert outbox.unseen == 0


def test_what_went_out_is_told_and_what_never_did_is_not(outbox, of):
    outbox.put(of("V-1", "sent"))
    outbox.put(of("V-2", "another's"))
    outbox.due()
    outbox.put(of("V-1", "held"))
    outbox.withdraw({"V-1"})
    assert outbox.withdrawn == ("sent",)


def test_an_alert_that_a_tablet_has_is_told_as_well(outbox, of):
    outbox.put(of("V-1", "a"))
    outbox.due()
    outbox.acknowledge("a")
    outbox.withdraw({"V-1"})
    assert outbox.withdrawn == ("a",)


def test_an_alert_that_was_under_way_does_not_come_through(outbox, of, clock):
    outbox.withdraw({"V-1"})
    clock.turn(MEMORY_S - 1)
    outbox.put(of("V-1", "late", life_s=MEMORY_S * 2))
    outbox.put(of("V-2", "another's", life_s=MEMORY_S * 2))
    assert ids(outbox.due()) == ["another's"]
    clock.turn(1)
    outbox.put(of("V-1", "anew", life_s=MEMORY_S * 2))
    assert ids(outbox.due()) == ["anew"]
    assert outbox.withdrawn == ()


def test_an_alert_is_known_for_ten_minutes_after_it_went_out_last(outbox, of, clock):
    outbox.put(of("V-1", "a", life_s=100))
    outbox.due()
    clock.turn(99)
    outbox.due()
    clock.turn(MEMORY_S - 1)
    outbox.withdraw({"V-1"})
    assert outbox.withdrawn == ("a",)


def test_an_alert_of_more_than_ten_minutes_ago_is_forgotten(outbox, of, clock):
    outbox.put(of("V-1", "a", life_s=10))
    outbox.due()
    clock.turn(MEMORY_S)
    outbox.withdraw({"V-1"})
    assert outbox.withdrawn == ()


def test_a_withdrawal_is_told_for_ten_minutes_whenever_its_alert_was(outbox, of, clock):
    outbox.put(of("V-1", "a"))
    outbox.due()
    clock.turn(MEMORY_S - 1)
    outbox.withdraw({"V-1"})
    clock.turn(MEMORY_S - 1)
    assert outbox.withdrawn == ("a",)
    clock.turn(1)
    assert outbox.withdrawn == ()


def test_a_withdrawal_that_is_repeated_lasts_no_longer(outbox, of, clock):
    outbox.put(of("V-1", "a"))
    outbox.due()
    for _ in range(3):
        outbox.withdraw(["V-1"])
        clock.turn(MEMORY_S / 3)
    outbox.put(of("V-1", "anew", life_s=MEMORY_S * 2))
    assert ids(outbox.due()) == ["anew"]


def test_the_end_leaves_nobody_and_nothing_but_the_ids_of_what_was_taken_back(outbox, of, clock):
    for number in range(3):
        outbox.put(of(f"V-{number}", f"a{number}"))
    outbox.due()
    outbox.withdraw({"V-1"})
    clock.turn(60)
    for _ in range(3):
        outbox.finish()
        clock.turn(60)
    assert len(outbox) == 0
    assert outbox.due() == []
    assert outbox.withdrawn == ("a1",)
    assert "V-" not in str(vars(outbox._recall))
    clock.turn(MEMORY_S - 4 * 60)
    assert outbox.withdrawn == ()


def test_after_the_end_the_next_deployment_begins_with_a_clean_sheet(outbox, of):
    outbox.withdraw({"V-1"})
    outbox.finish()
    outbox.put(of("V-1", "a"))
    assert ids(outbox.due()) == ["a"]
    assert outbox.withdrawn == ()


def test_no_more_are_told_than_a_state_holds_and_the_newest_are(outbox, of):
    for number in range(MOST_WITHDRAWN + 3):
        outbox.put(of(f"V-{number % 2}", f"a{number}"))
        outbox.due()
    outbox.withdraw({"V-1"})
    outbox.withdraw({"V-0"})
    assert outbox.withdrawn == tuple(f"a{number}" for number in range(3, MOST_WITHDRAWN + 3))
