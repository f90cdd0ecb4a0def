"""An answer that the van will never hold: the page says why, and says the answer no more."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from playwright.sync_api import expect

from tests.page.said import iso, make_state
from tests.page.test_offline import records

ACK, DECISION, HELLO = "alert/ack", "decision", "hello"
WHY = {
    "unproven": "It does not believe this tablet's key.",
    "unknown_alert": "It does not hold this alert, or no longer.",
    "does_not_fit": "It came too late",
    "other_answer": "It holds another answer from this tablet in its place.",
}
QUESTION = "Is this the same person?"


@pytest.fixture
def notices(tablet):
    return tablet.page.locator(".notice")


def nothing_but(van, alert_id):
    """Take what was said so far off the line, up to the next answer to this alert."""
    while (said := van.next(DECISION))["data"]["alert_id"] != alert_id:
        pass
    return said


@pytest.mark.parametrize("flaw", WHY)
def test_its_officer_is_told_why_and_it_does_not_count(van, tablet, notices, flaw):
    van.alert(camera="mast-2")
    tablet.tap("Viable")
    van.receive(van.decision(), refused=flaw)
    expect(notices).to_contain_text('The van has not taken your answer "Viable"')
    expect(notices).to_contain_text(WHY[flaw])
    expect(notices).to_contain_text("Alert from mast-2 at")
    expect(notices).to_have_role("alert")
    expect(tablet.page.get_by_role("heading", name=QUESTION)).to_be_visible()
    expect(tablet.page.locator(".card img:visible")).to_have_count(2)
    expect(tablet.cards).not_to_contain_text("waiting for the van")
    assert records(tablet, "decisions") == []
    tablet.tap("Understood")
    expect(notices).to_have_count(0)
    assert tablet.errors == []


def test_it_is_said_no_more_and_another_answer_may_be_given(van, tablet, notices):
    alert_id = van.alert()
    tablet.tap("Viable")
    first = van.decision()
    van.receive(first, refused="does_not_fit")
    expect(notices).to_have_count(1)
    tablet.tap("Not viable")
    second = nothing_but(van, alert_id)
    while second == first:
        second = van.decision()
    assert second["data"]["answer"]["verdict"] == "not_viable"
    # Three rounds of all that still waits; what was refused is not among it.
    assert [van.next(DECISION) for _ in range(3)] == [second] * 3
    van.receive(second)
    expect(tablet.cards).to_contain_text("Received by the van")


def test_after_a_reload_nothing_is_left_of_it(van, tablet, notices):
    van.alert()
    tablet.tap("Viable")
    van.receive(van.decision(), refused="unknown_alert")
    expect(notices).to_have_count(1)
    tablet.page.reload()
    expect(tablet.link).to_have_text("Connected")
    expect(tablet.cards).to_have_count(0)
    assert [kept["answers"] for kept in records(tablet, "alerts")] == [[]]


def test_a_refusal_of_what_was_never_said_or_is_settled_changes_nothing(van, tablet, notices):
    van.alert()
    tablet.tap("Viable")
    decision = van.decision()
    van.receive({**decision, "id": "somebody-elses"}, refused="unproven")
    van.receive(decision)
    expect(tablet.cards).to_contain_text("Received by the van")
    van.receive(decision, refused="unproven")
    van.state(lamp="ready")
    expect(tablet.page.locator("#lamp")).to_have_text("Ready")
    expect(notices).to_have_count(0)
    expect(tablet.page.get_by_role("button", name="Same person")).to_be_visible()


def test_a_reason_without_a_meaning_settles_nothing(van, tablet):
    van.alert()
    tablet.tap("Viable")
    decision = van.decision()
    van.receive(decision, refused="because")
    expect(tablet.page.get_by_text("Messages that could not be read: 1")).to_be_visible()
    assert van.next(DECISION) == decision


def test_a_stop_whose_word_is_refused_is_asked_for_again(van, tablet, notices):
    van.alert()
    tablet.tap("Viable")
    van.receive(van.decision())
    tablet.tap("Not the person")
    van.receive(van.answer("engagement"), refused="unproven")
    expect(notices).to_contain_text('your answer "Not the person"')
    expect(tablet.page.get_by_role("button", name="Not the person")).to_be_enabled()
    expect(tablet.page.get_by_role("button", name="Redress slip")).to_have_count(0)


def test_an_undo_that_is_refused_says_that_the_answer_stands(van, tablet, notices):
    van.alert()
    tablet.tap("Viable")
    van.receive(van.decision())
    tablet.tap("Undo")
    van.receive(van.answer("undo"), refused="does_not_fit")
    expect(notices).to_contain_text("what was answered before still stands on the van")


def test_pictures_that_are_gone_are_asked_for_where_an_answer_counts_no_more(van, open_tablet, url):
    tablet = open_tablet()
    tablet.page.clock.install()
    tablet.open(url)
    van.next(HELLO)
    van.alert()
    tablet.tap("Not viable")
    decision = van.decision()
    tablet.page.clock.run_for(11_000)
    expect(tablet.page.locator(".card img")).to_have_count(0)
    van.receive(decision, refused="unproven")
    expect(tablet.page.get_by_role("heading", name="Open again")).to_be_visible()
    # A link that was lost while the time ran says hello with it.
    while van.next(HELLO)["data"]["holds"]:
        pass


def test_two_answers_that_are_refused_have_a_word_each(van, tablet, notices):
    van.alert()
    tablet.tap("Viable")
    tablet.tap("Lost from sight")
    said = {}
    while len(said) < 2:
        decision = van.next(DECISION)
        said[decision["id"]] = decision
    for decision in said.values():
        van.receive(decision, refused="unknown_alert")
    expect(notices).to_have_count(2)
    expect(tablet.page.get_by_role("heading", name=QUESTION)).to_be_visible()


def test_an_answer_that_found_no_van_for_a_day_is_given_up(van, tablet, notices):
    van.alert(life_s=60)
    tablet.tap("Viable")
    van.next(DECISION)

    def later(**span):
        at = datetime.now(timezone.utc) + timedelta(**span)
        van.send("state", {**make_state(lamp="ready"), "time": iso(at)})

    later(hours=24)
    expect(notices).to_contain_text("This tablet's clock is 24 hours slow")
    assert van.next(DECISION)
    expect(notices.filter(has_text="never reached the van")).to_have_count(0)
    later(hours=24, minutes=2)
    told = notices.filter(has_text='Your answer "Viable" never reached the van')
    expect(told).to_contain_text("Write down yourself what you did")
    assert records(tablet, "decisions") == []


def test_an_answer_that_is_never_confirmed_is_said_to_be_late(van, open_tablet, url):
    tablet = open_tablet()
    tablet.page.clock.install()
    tablet.open(url)
    van.alert()
    tablet.tap("Viable")
    for _ in range(10):
        decision = van.next(DECISION)
        expect(tablet.cards).to_contain_text("Sent, waiting for the van")
        tablet.page.clock.run_for(3_000)
    expect(tablet.cards).to_contain_text("the van does not confirm it. Tell the van's crew.")
    van.receive(decision)
    expect(tablet.cards).to_contain_text("Received by the van")
