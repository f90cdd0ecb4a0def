"""What becomes of an officer's answer."""

from __future__ import annotations

from datetime import datetime

from playwright.sync_api import expect

from tests.page.traces import traces

DECISION = "decision"


def test_the_officers_answer_reaches_the_van_and_its_receipt_comes_back(van, open_tablet, url):
    tablet = open_tablet()
    tablet.open(f"{url}?officer=PC 1234")
    alert_id = van.alert()
    tablet.tap("Viable")
    decision = van.decision()
    assert decision["type"] == "uk.police.lfr.decision.v1"
    assert decision["source"] == "lfr/tablet/tablet-7"
    decided_at = decision["data"].pop("decided_at")
    assert datetime.fromisoformat(decided_at.replace("Z", "+00:00")).tzinfo
    answer = {"stage": "verdict", "verdict": "viable"}
    assert decision["data"] == {"alert_id": alert_id, "answer": answer, "officer": "PC 1234"}
    expect(tablet.cards).to_contain_text("Sent, waiting for the van")
    van.receive(decision)
    expect(tablet.cards).to_contain_text("Received by the van")


def test_not_viable_comes_first_and_is_what_the_enter_key_says(van, tablet):
    van.alert()
    expect(tablet.page.locator(".answer button")).to_have_text(["Not viable", "Viable"])
    expect(tablet.page.get_by_role("button", name="Not viable")).to_be_focused()
    tablet.page.keyboard.press("Enter")
    assert van.decision()["data"]["answer"]["verdict"] == "not_viable"


def test_an_answer_cannot_be_given_twice(van, tablet):
    van.alert()
    tablet.tap("Viable")
    expect(tablet.page.locator(".answer")).to_have_count(0)


def test_a_face_that_is_not_viable_is_gone_from_the_screen_at_once(van, tablet):
    van.alert()
    expect(tablet.page.locator(".card img:visible")).to_have_count(2)
    tablet.tap("Not viable")
    expect(tablet.page.locator(".card img:visible")).to_have_count(0)


def test_a_face_that_is_not_viable_is_gone_from_the_pages_memory(van, open_tablet, url):
    tablet = open_tablet()
    tablet.page.clock.install()
    tablet.open(url)
    van.alert()
    expect(tablet.cards).to_have_count(1)
    assert len(traces(tablet)) >= 2
    tablet.tap("Not viable")
    # The library for MQTT holds its last message until the next one comes.
    van.receive(van.decision())
    expect(tablet.cards).to_contain_text("Received by the van")
    tablet.page.clock.fast_forward(11_000)
    expect(tablet.page.locator(".card img")).to_have_count(0)
    assert traces(tablet) == []


def test_an_answer_given_while_the_broker_is_down_arrives_when_it_is_back(van, broker, tablet):
    alert_id = van.alert()
    expect(tablet.cards).to_have_count(1)
    broker.stop()
    expect(tablet.link).to_have_text("Lost")
    tablet.tap("Viable")
    expect(tablet.cards).to_contain_text("Kept on this tablet")
    broker.start()
    decision = van.decision()
    assert decision["data"]["alert_id"] == alert_id
    van.receive(decision)
    expect(tablet.cards).to_contain_text("Received by the van")


def test_an_answer_is_said_again_until_the_van_has_it(van, tablet):
    van.alert()
    tablet.tap("Viable")
    first, second = van.next(DECISION), van.next(DECISION)
    assert first == second


def test_a_receipt_for_another_tablet_settles_nothing_here(van, tablet):
    alert_id = van.alert()
    tablet.tap("Viable")
    decision = van.decision()
    van.receive({**decision, "id": "somebody-else", "data": {"alert_id": alert_id}})
    assert van.next(DECISION) == decision
    expect(tablet.cards).to_contain_text("Sent, waiting for the van")


def test_a_finger_on_its_way_does_not_answer_for_the_alert_that_just_came(van, open_tablet, url):
    tablet = open_tablet()
    tablet.page.clock.install()
    tablet.meet_van(url)
    tablet.stop_clock()
    van.alert()
    button = tablet.page.get_by_role("button", name="Viable", exact=True)
    expect(button).to_have_css("pointer-events", "none")
    tablet.page.clock.run_for(1000)
    expect(button).to_have_css("pointer-events", "auto")
