"""What an officer sees of an alert, in a real browser at a real broker."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from playwright.sync_api import expect

from tests.page.said import make_alert

ACK, HELLO = "alert/ack", "hello"
PHONE = {"width": 390, "height": 844}
TICK_MS = 500


def test_an_alert_is_shown_side_by_side_and_acknowledged(van, tablet):
    alert_id = van.alert()
    ack = van.next(ACK)
    expect(tablet.page.get_by_role("img", name="Face seen by the van")).to_be_visible()
    expect(tablet.page.get_by_role("img", name="Watchlist photo 1 of 1")).to_be_visible()
    live, listed = tablet.page.locator(".frame").all()
    left, right = live.bounding_box(), listed.bounding_box()
    assert left["x"] + left["width"] <= right["x"]
    assert [left[side] for side in ("y", "width", "height")] == pytest.approx(
        [right[side] for side in ("y", "width", "height")], abs=0.5
    )
    assert ack["type"] == "uk.police.lfr.ack.v1"
    assert ack["source"] == "lfr/tablet/tablet-7"
    assert ack["data"]["alert_id"] == alert_id
    assert datetime.fromisoformat(ack["data"]["received_at"].replace("Z", "+00:00")).tzinfo


def test_an_alert_says_in_words_where_why_and_by_what_power(van, tablet):
    van.alert(ground="wanted_by_court", reason="Missed a hearing", power="Bail Act 1976, section 7")
    for words in (
        "mast-1", "s ago", "s left", "Wanted by a court", "Missed a hearing",
        "Bail Act 1976, section 7", "V-001", "Taken 31 January 2024",
    ):  # fmt: skip
        expect(tablet.cards).to_contain_text(words)


def test_the_softwares_band_comes_after_the_officers_impression_and_no_number_ever(van, tablet):
    van.alert(band="strong")
    expect(tablet.cards).to_have_count(1)
    assert "likeness" not in tablet.cards.text_content().lower()
    tablet.tap("Viable")
    expect(tablet.cards).to_contain_text("Strong likeness")
    shown = tablet.page.locator("body").inner_text().lower()
    assert "match" not in shown
    assert "%" not in shown
    assert "506" not in shown


def test_each_listed_photo_can_be_laid_beside_the_face(van, draft, tablet):
    jpeg = draft()["data"]["crop"]
    days = ("2024-01-31", "2022-06-02", None)
    van.alert(images=[{"jpeg": jpeg, "taken_on": day} for day in days])
    expect(tablet.page.get_by_role("img", name="Watchlist photo 1 of 3")).to_be_visible()
    tablet.tap("2 Jun 2022")
    expect(tablet.page.get_by_role("img", name="Watchlist photo 2 of 3")).to_be_visible()
    expect(tablet.page.get_by_role("img", name="Watchlist photo 1 of 3")).to_be_hidden()
    tablet.tap("Photo 3")
    expect(tablet.cards).to_contain_text("Date not known")


def test_an_alert_that_comes_too_late_is_never_shown_as_new(van, tablet):
    alert_id = van.alert(age_s=90, life_s=60)
    assert van.next(ACK)["data"]["alert_id"] == alert_id
    expect(tablet.page.get_by_role("heading", name="Expired")).to_be_visible()
    expect(tablet.page.locator(".card img")).to_have_count(0)
    expect(tablet.page.locator("#news")).to_be_empty()
    expect(tablet.page.get_by_role("button", name="Viable")).to_have_count(0)


def test_an_alert_whose_time_ends_loses_its_pictures_and_its_buttons(van, open_tablet, url):
    tablet = open_tablet()
    tablet.page.clock.install()
    tablet.open(url)
    van.alert(life_s=60)
    expect(tablet.page.locator(".card img")).to_have_count(2)
    tablet.page.clock.fast_forward("01:01")
    expect(tablet.page.get_by_role("heading", name="Expired")).to_be_visible()
    expect(tablet.page.locator(".card img")).to_have_count(0)
    expect(tablet.page.locator(".answer")).to_have_count(0)


def test_an_alert_is_over_when_its_time_is_and_not_with_the_next_tick(van, open_tablet, url):
    tablet = open_tablet()
    tablet.page.clock.install()
    tablet.meet_van(url)
    tablet.stop_clock()
    van.alert(life_s=60)
    left = tablet.page.get_by_role("progressbar")
    expect(left).to_be_visible()
    tablet.page.clock.run_for(int(float(left.get_attribute("value"))) - 1_500)
    while left.is_visible() and (left_ms := float(left.get_attribute("value"))) > TICK_MS:
        tablet.page.clock.run_for(20)
    tablet.page.clock.run_for(int(left_ms) + 1)
    expect(tablet.page.get_by_role("heading", name="Expired")).to_be_visible()


def test_an_alert_that_was_over_before_it_was_painted_was_not_in_sight(van, open_tablet, url):
    tablet = open_tablet()
    tablet.page.clock.install()
    tablet.meet_van(url)
    tablet.stop_clock()
    alert_id = van.alert(life_s=60)
    expect(tablet.page.locator(".card img")).to_have_count(2)
    assert not van.has_heard(ACK)
    tablet.page.clock.fast_forward("01:01")
    tablet.page.clock.run_for(100)
    ack = van.next(ACK)["data"]
    assert (ack["alert_id"], ack["shown_at"]) == (alert_id, None)


def test_the_same_alert_twice_is_shown_once_and_acknowledged_twice(van, draft, tablet):
    alert = draft()
    van.send("alert", alert)
    van.send("alert", alert)
    assert {van.next(ACK)["data"]["alert_id"], van.next(ACK)["data"]["alert_id"]} == {alert["id"]}
    expect(tablet.cards).to_have_count(1)


def test_the_newest_alert_is_on_top_and_of_those_that_are_over_twenty_are_kept(van, tablet):
    for number in range(22):
        van.alert(subject=f"V-{number:03}", camera=f"mast-{number}", age_s=90)
    expect(tablet.cards).to_have_count(20)
    expect(tablet.cards.first).to_contain_text("mast-21")
    expect(tablet.cards.last).to_contain_text("mast-2")


def test_no_alert_that_can_be_judged_makes_room_for_another(van, broker, tablet):
    van.next(HELLO)
    first, *_ = [van.alert(subject=f"V-{number:03}", life_s=300) for number in range(25)]
    expect(tablet.cards).to_have_count(25)
    tablet.page.get_by_role("button", name="Not viable").first.click()
    expect(tablet.page.get_by_role("button", name="Undo")).to_be_visible()
    van.withdraw(first, answer="lost")
    expect(tablet.cards.last).to_have_attribute("data-state", "decided")
    broker.stop()
    broker.start()
    assert len(van.next(HELLO)["data"]["holds"]) == 25


def test_what_another_officer_takes_back_after_it_made_room_is_asked_for_again(van, tablet):
    van.next(HELLO)
    alert = make_alert(camera="mast-0", life_s=300)
    van.send("alert", alert)
    expect(tablet.cards).to_have_count(1)
    said = van.withdraw(alert["id"], answer="lost")
    expect(tablet.cards).to_have_attribute("data-state", "decided")
    for number in range(20):
        van.alert(camera=f"mast-{number + 1}", age_s=90)
    expect(tablet.cards.filter(has_text="mast-20")).to_have_count(1)
    expect(tablet.cards).to_have_count(20)
    van.withdraw(
        alert["id"], reason="undone", decision_id=said["decision_id"], answer=None, tablet=None
    )
    assert alert["id"] not in van.next(HELLO)["data"]["holds"]
    van.send("alert", alert)
    expect(tablet.cards.filter(has=tablet.page.locator("[value=viable]"))).to_have_count(1)


def test_a_new_alert_is_said_aloud(van, tablet):
    van.alert(camera="mast-2")
    news = tablet.page.locator("[aria-live=assertive]")
    expect(news).to_contain_text("New alert from mast-2")
    expect(news).to_contain_text("Compare the two pictures")


@pytest.mark.parametrize(
    "viewport", [{"width": 1280, "height": 800}, PHONE], ids=["tablet", "phone"]
)
def test_every_button_is_large_enough_for_a_gloved_thumb(van, draft, open_tablet, url, viewport):
    tablet = open_tablet(viewport=viewport)
    tablet.open(url)
    van.alert(images=draft()["data"]["images"] * 3)
    expect(tablet.cards).to_have_count(1)
    expect(tablet.cards.locator("button:visible")).to_have_count(5)
    for button in tablet.page.locator("button:visible").all():
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 48
    assert tablet.page.evaluate("document.documentElement.scrollWidth") == viewport["width"]


@pytest.mark.parametrize("spoilt", ["crop", "images"])
def test_a_picture_that_cannot_be_shown_counts_as_not_seen_and_finds_nobody_viable(
    van, tablet, spoilt
):
    torn = "/9j/" + "A" * 200
    van.alert(**{spoilt: torn if spoilt == "crop" else [{"jpeg": torn, "taken_on": None}]})
    assert van.next(ACK)["data"]["shown_at"] is None
    broken = tablet.page.locator(".frame [data-spoilt]")
    expect(broken).to_have_accessible_name(re.compile("it cannot be shown"))
    expect(broken).to_have_css("color", "rgb(255, 255, 255)")
    expect(tablet.cards).to_contain_text("nobody can find this viable")
    expect(tablet.page.get_by_role("button", name="Viable", exact=True)).to_be_disabled()
    tablet.tap("Not viable")
    assert van.decision()["data"]["answer"]["verdict"] == "not_viable"


def test_of_several_listed_photos_one_that_can_be_shown_is_enough(van, draft, tablet):
    torn = {"jpeg": "/9j/" + "A" * 200, "taken_on": None}
    van.alert(images=[torn, *draft()["data"]["images"]])
    assert van.next(ACK)["data"]["shown_at"]
    expect(tablet.page.get_by_role("button", name="Viable", exact=True)).to_be_enabled()


def test_an_alert_that_may_be_a_picture_says_so_and_another_does_not(van, tablet):
    van.alert()
    flat = tablet.page.locator(".flat")
    expect(tablet.cards).to_have_count(1)
    expect(flat).to_be_hidden()
    van.alert(maybe_picture=True)
    expect(tablet.cards).to_have_count(2)
    expect(flat.first).to_be_visible()
    expect(flat.first).to_contain_text("May be a picture")
    expect(tablet.page.get_by_role("button", name="Viable", exact=True).first).to_be_enabled()
