"""What follows the first answer: the person, the outcome, the slip, and ten seconds to undo."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

CODE = "7K3QF-2MXNP"
ENGAGEMENTS = {
    "Same person": "same_person",
    "Not the person": "not_the_person",
    "Lost from sight": "lost",
    "No longer wanted": "no_longer_wanted",
}


@pytest.fixture
def engaged(van, tablet):
    """A tablet whose officer has found an alert viable; gives the alert's id."""
    alert_id = van.alert()
    tablet.tap("Viable")
    assert van.decision()["data"]["answer"] == {"stage": "verdict", "verdict": "viable"}
    return alert_id


def answer(van, stage):
    """Give the next answer of that stage: one that is not yet received comes again."""
    while True:
        said = van.decision()
        van.receive(said)
        if said["data"]["answer"]["stage"] == stage:
            return said


def choose(tablet, group, name):
    tablet.page.locator(f".{group}").get_by_role("radio", name=name, exact=True).check()


def record(tablet):
    tablet.tap("Same person")
    choose(tablet, "disposal", "Arrest")
    choose(tablet, "minutes", "5 to 15 min")
    choose(tablet, "force_used", "No")
    choose(tablet, "leaflet_given", "Yes")


@pytest.mark.parametrize("words", ENGAGEMENTS)
def test_whoever_went_to_the_person_says_it_with_one_tap(van, tablet, engaged, words):
    expect(tablet.page.locator(".card img:visible")).to_have_count(2)
    tablet.tap(words)
    said = answer(van, "engagement")["data"]
    assert said["alert_id"] == engaged
    assert said["answer"] == {"stage": "engagement", "engagement": ENGAGEMENTS[words]}
    expect(tablet.page.get_by_role("heading", name=words)).to_be_visible()
    expect(tablet.page.locator(".card img:visible")).to_have_count(0)
    asked = 0 if words == "Lost from sight" else 1
    expect(tablet.page.locator(".outcome")).to_have_count(asked)
    expect(tablet.page.get_by_role("button", name="Redress slip")).to_have_count(asked)


@pytest.mark.usefixtures("engaged")
def test_no_answer_about_the_person_is_the_default(van, tablet):
    expect(tablet.page.get_by_role("heading", name="Viable")).to_be_focused()
    tablet.page.keyboard.press("Enter")
    tablet.tap("Not the person")
    assert answer(van, "engagement")["data"]["answer"]["engagement"] == "not_the_person"


@pytest.mark.usefixtures("engaged")
def test_an_outcome_is_recorded_with_a_tap_for_each_part(van, tablet):
    record(tablet)
    tablet.tap("Record")
    assert answer(van, "outcome")["data"]["answer"] == {
        "stage": "outcome",
        "disposal": "arrest",
        "minutes": 15,
        "force_used": False,
        "leaflet_given": True,
        "ethnicity": None,
    }
    expect(tablet.cards).to_contain_text("Arrest, 5 to 15 min, force used: no, leaflet given: yes")
    expect(tablet.page.locator(".outcome")).to_have_count(0)


@pytest.mark.usefixtures("engaged")
def test_ethnicity_is_asked_of_nobody_but_the_officer_and_only_after_a_stop(van, tablet):
    assert "Ethnicity" not in tablet.cards.text_content()
    record(tablet)
    choose(tablet, "ethnicity", "Not stated")
    tablet.tap("Record")
    assert answer(van, "outcome")["data"]["answer"]["ethnicity"] == "not_stated"


@pytest.mark.usefixtures("engaged")
def test_nothing_of_an_outcome_is_chosen_beforehand_and_what_lacks_is_named(tablet):
    tablet.tap("Same person")
    expect(tablet.page.get_by_role("radio", checked=True)).to_have_count(0)
    tablet.tap("Record")
    missing = tablet.page.locator(".missing")
    expect(missing).to_have_text(
        "Still open: What became of it, How long the person was held, Force used, Leaflet given"
    )
    expect(tablet.page.get_by_role("radio", name="Arrest")).to_be_focused()
    choose(tablet, "force_used", "Yes")
    tablet.tap("Record")
    expect(missing).not_to_contain_text("Force used")
    expect(tablet.page.locator(".outcome")).to_have_count(1)


@pytest.mark.parametrize("given", ["Not viable", "Viable"])
def test_an_answer_can_be_taken_back_for_ten_seconds(van, open_tablet, url, given):
    tablet = open_tablet()
    tablet.page.clock.install()
    tablet.open(url)
    van.alert()
    tablet.tap(given)
    decision = answer(van, "verdict")
    expect(tablet.page.get_by_role("button", name="Undo")).to_contain_text("s")
    tablet.tap("Undo")
    said = answer(van, "undo")["data"]["answer"]
    assert said == {"stage": "undo", "undoes": decision["id"]}
    expect(tablet.page.locator(".card img:visible")).to_have_count(2)
    expect(tablet.page.get_by_role("heading", name="Is this the same person?")).to_be_visible()
    assert "likeness" not in tablet.cards.text_content().lower()
    tablet.tap("Viable")
    expect(tablet.page.get_by_role("button", name="Undo")).to_be_visible()
    tablet.page.clock.fast_forward(11_000)
    expect(tablet.page.get_by_role("button", name="Undo")).to_have_count(0)


@pytest.mark.usefixtures("engaged")
def test_each_later_answer_can_be_taken_back_too(van, tablet):
    record(tablet)
    tablet.tap("Record")
    given = answer(van, "outcome")
    tablet.tap("Undo")
    assert answer(van, "undo")["data"]["answer"]["undoes"] == given["id"]
    expect(tablet.page.locator(".outcome")).to_have_count(1)
    tablet.tap("Undo")
    expect(tablet.page.locator(".engage")).to_have_count(1)
    expect(tablet.page.locator(".card img:visible")).to_have_count(2)


def test_pictures_of_a_viable_alert_stay_past_its_time_and_ten_minutes_at_most(
    van, open_tablet, url
):
    tablet = open_tablet()
    tablet.page.clock.install()
    tablet.open(url)
    van.alert(reason="Missed a hearing")
    tablet.tap("Viable")
    tablet.page.clock.fast_forward(120_000)
    expect(tablet.page.locator(".card img:visible")).to_have_count(2)
    tablet.page.clock.fast_forward(500_000)
    expect(tablet.page.locator(".card img")).to_have_count(0)
    assert "Missed a hearing" not in tablet.cards.text_content()
    expect(tablet.page.get_by_role("button", name="Lost from sight")).to_be_enabled()


def test_what_another_officer_has_in_hand_can_still_be_assessed_without_a_hint(van, tablet):
    alert_id = van.alert()
    expect(tablet.cards).to_have_count(1)
    van.withdraw(alert_id, answer="viable")
    card = tablet.cards.first
    expect(card).to_have_attribute("data-state", "taken")
    expect(card).to_contain_text("In hand: another officer (tablet-9) found it viable")
    expect(tablet.page.locator(".answer")).to_have_count(0)
    tablet.tap("Assess it myself")
    expect(card).to_have_attribute("data-state", "open")
    assert "likeness" not in card.text_content().lower()
    tablet.tap("Viable")
    assert answer(van, "verdict")["data"]["alert_id"] == alert_id


def test_what_another_officer_has_closed_is_closed_here_and_opens_again_if_taken_back(van, tablet):
    alert_id = van.alert()
    expect(tablet.cards).to_have_count(1)
    said = van.withdraw(alert_id, answer="not_viable")
    card = tablet.cards.first
    expect(card).to_have_attribute("data-state", "decided")
    expect(tablet.page.locator(".card img:visible")).to_have_count(0)
    van.withdraw(alert_id, reason="undone", decision_id=said["decision_id"], answer=None)
    expect(card).to_have_attribute("data-state", "open")
    expect(tablet.page.locator(".card img:visible")).to_have_count(2)
    van.state(withdrawn=[said], lamp="alert")
    expect(tablet.page.locator("#lamp")).to_have_text("Alert")
    expect(card).to_have_attribute("data-state", "open")


def test_pictures_that_another_officer_has_closed_are_gone_when_nobody_takes_it_back(
    van, open_tablet, url
):
    tablet = open_tablet()
    tablet.page.clock.install()
    tablet.open(url)
    alert_id = van.alert()
    expect(tablet.cards).to_have_count(1)
    van.withdraw(alert_id, answer="lost")
    expect(tablet.cards.first).to_have_attribute("data-state", "decided")
    tablet.page.clock.fast_forward(13_000)
    expect(tablet.page.locator(".card img")).to_have_count(0)


def test_whoever_is_on_the_way_is_told_that_another_has_stopped_the_person(van, tablet, engaged):
    van.withdraw(engaged, answer="not_the_person")
    notice = tablet.page.locator(".notice")
    expect(notice).to_contain_text("another officer (tablet-9) has spoken to them: not the person")
    expect(tablet.cards.first).to_have_attribute("data-state", "decided")
    tablet.tap("Understood")
    expect(notice).to_have_count(0)


def test_another_officers_doubt_closes_nothing_but_is_said(van, tablet, engaged):
    van.withdraw(engaged, answer="not_viable")
    expect(tablet.cards).to_contain_text("Another officer (tablet-9) found it not viable.")
    expect(tablet.page.locator(".engage")).to_have_count(1)


@pytest.mark.usefixtures("engaged")
def test_the_slip_shows_the_code_to_eyes_and_to_a_phone_and_nothing_of_the_list(tablet):
    tablet.tap("Not the person")
    tablet.tap("Redress slip")
    slip = tablet.page.get_by_role("dialog")
    expect(slip).to_contain_text(CODE)
    expect(slip).not_to_contain_text("V-001")
    for words in ("mast-1, van-1, ", "erased 24 hours after", f"https://redress.example/{CODE}"):
        expect(slip).to_contain_text(words)
    shot = np.array(Image.open(io.BytesIO(slip.locator("svg").screenshot())).convert("L"))
    assert cv2.QRCodeDetectorAruco().detectAndDecode(shot)[0] == f"https://redress.example/{CODE}"
    tablet.page.emulate_media(media="print")
    expect(slip.get_by_text(CODE, exact=True)).to_be_visible()
    expect(tablet.page.locator("header")).to_be_hidden()
    expect(slip.locator("button:visible")).to_have_count(0)
    tablet.page.emulate_media(media="screen")
    tablet.tap("Close")
    expect(slip).to_have_count(0)
    assert tablet.errors == []


def test_a_slip_without_an_address_says_whom_to_ask(van, tablet):
    tablet.page.route(
        "**/config.json",
        lambda route: route.fulfill(json={**route.fetch().json(), "redress_url": None}),
    )
    tablet.page.reload()
    expect(tablet.link).to_have_text("Connected")
    van.alert()
    for name in ("Viable", "Not the person", "Redress slip"):
        tablet.tap(name)
    expect(tablet.page.get_by_role("dialog")).to_contain_text("Ask the officer where to turn to")
