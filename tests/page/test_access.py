"""Everybody can use the page: axe, the keyboard, gloves, day and night, eyes on it or not."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.page.cast import until
from tests.page.said import make_withdrawal

TABLET = {"width": 1280, "height": 800}
UPRIGHT = {"width": 800, "height": 1280}
PHONE = {"width": 390, "height": 844}
LOOKS = {
    "day": ("light", "auto", TABLET),
    "night": ("dark", "auto", UPRIGHT),
    "sun": ("dark", "sun", TABLET),
    "phone": ("dark", "auto", PHONE),
}
LISTEN = """
window.heard = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (when) { heard.push("tone"); start.call(this, when); };
navigator.vibrate = (pattern) => { if (pattern) heard.push("shake"); return true; };
"""
"""Notes what the page lets be heard and felt, and lets it through."""


@pytest.fixture
def inspect():
    """Ask axe, and whether everything that can be tapped is large and nothing sticks out."""

    def inspect(tablet, state):
        page = tablet.page
        expect(page.locator("body.settling")).to_have_count(0)
        rules = {
            "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        }
        found = Axe().run(page, options=rules).response["violations"]
        assert [(state, one["id"], one["nodes"][0]["html"]) for one in found] == []
        for target in page.locator("button:visible, .choice label:visible").all():
            box = target.bounding_box()
            assert min(box["width"], box["height"]) >= 48, (state, target.inner_text())
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), state

    return inspect


@pytest.fixture(params=LOOKS)
def look(request, open_tablet, url):
    scheme, sky, viewport = LOOKS[request.param]
    # axe is put into the page from outside, which the page's own policy forbids.
    tablet = open_tablet(color_scheme=scheme, viewport=viewport, bypass_csp=True)
    tablet.page.add_init_script(f"localStorage.setItem('sky', '{sky}')")
    tablet.open(url)
    return tablet


def test_axe_finds_nothing_from_the_alert_to_the_slip(van, draft, look, inspect):
    inspect(look, "empty")
    van.state()
    images = [{**draft()["data"]["images"][0], "taken_on": day} for day in ("2024-01-31", None)]
    van.alert(images=images)
    expect(look.page.locator("body")).to_have_class("alarm")
    inspect(look, "open")
    look.tap("Viable")
    inspect(look, "viable")
    look.tap("Same person")
    look.tap("Record")
    inspect(look, "outcome")
    look.tap("Redress slip")
    inspect(look, "slip")
    look.tap("Close")
    look.page.locator(".shift-open:visible").click()
    expect(look.page.locator("#shift")).to_be_visible()
    inspect(look, "shift")


def test_axe_finds_nothing_where_others_have_decided_and_the_link_is_lost(
    van, broker, look, inspect
):
    gone, taken, closed, dismissed = (van.alert() for _ in range(4))
    van.alert(age_s=90)
    expect(look.cards).to_have_count(5)
    look.page.get_by_role("button", name="Not viable").first.click()
    van.withdraw(gone, reason="no_longer_listed", answer=None)
    van.withdraw(taken, answer="viable")
    van.withdraw(closed, answer="same_person")
    van.receive(van.decision(), refused="unproven")
    expect(look.page.locator(".notice")).to_have_count(2)
    expect(look.page.locator("[data-state=taken]")).to_have_count(1)
    expect(look.page.locator("[data-state=decided]")).to_have_count(1)
    broker.stop()
    expect(look.page.locator("#lost")).to_be_visible()
    inspect(look, "lost")
    broker.start()
    assert dismissed


def test_axe_finds_nothing_where_new_alerts_wait_and_a_slip_is_looked_for(van, look, inspect):
    van.alert(crop="/9j/" + "A" * 200)
    van.alert(camera="mast-7")
    expect(look.cards).to_have_count(2)
    for name in ("Viable", "Not the person"):
        look.page.locator(".card", has_text="mast-7").get_by_role("button", name=name).last.click()
    van.alert()
    expect(look.page.locator("#fresh")).to_be_visible()
    inspect(look, "waiting")
    look.page.get_by_role("button", name="Slips").click()
    inspect(look, "slips")
    expect(look.page.locator("#silent")).to_be_visible()
    inspect(look, "silent")


def test_an_alert_is_answered_to_the_end_with_the_keyboard_alone(van, tablet):
    keyboard, focused = tablet.page.keyboard, tablet.page.locator(":focus")
    van.alert()
    expect(focused).to_have_text("Not viable")
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(focused).to_have_text("Viable")
    expect(tablet.page.locator("body.settling")).to_have_count(0)
    keyboard.press("Tab")
    expect(focused).to_contain_text("Undo")
    keyboard.press("Tab")
    expect(focused).to_have_text("Same person")
    keyboard.press("Space")
    expect(tablet.page.get_by_role("heading", name="Same person")).to_be_focused()
    for _ in range(3):
        keyboard.press("Tab")
    keyboard.press("Space")
    expect(tablet.page.get_by_role("radio", name="Arrest")).to_be_checked()


def test_a_key_that_is_held_down_does_not_answer_for_the_next_person(van, tablet):
    van.alert()
    van.alert()
    expect(tablet.page.get_by_role("button", name="Not viable").first).to_be_focused()
    tablet.page.keyboard.down("Enter")
    expect(tablet.page.locator("body.settling")).to_have_count(0)
    expect(tablet.page.get_by_role("button", name="Not viable")).to_be_focused()
    tablet.page.keyboard.down("Enter")
    assert tablet.page.locator("[data-state=open]").count() == 1


@pytest.mark.parametrize("viewport", [TABLET, PHONE], ids=["wide", "phone"])
def test_the_keyboard_answers_for_nobody_whose_pictures_cannot_be_seen(
    van, open_tablet, url, viewport
):
    tablet = open_tablet(viewport=viewport)
    tablet.open(url)
    for _ in range(4):
        van.alert()
    expect(tablet.cards).to_have_count(4)
    for left in (3, 2, 1):
        # The oldest is at the bottom, and answered first.
        tablet.page.get_by_role("button", name="Not viable").last.click()
        expect(tablet.page.locator("[data-state=open]")).to_have_count(left)
        expect(tablet.page.locator(":focus")).to_have_text("Not viable")
        for frame in tablet.page.locator(".card:has(:focus) .frame").all():
            expect(frame).to_be_in_viewport(ratio=0.5)


def test_a_new_alert_is_heard_felt_and_seen_until_the_screen_is_touched(
    van, draft, open_tablet, url
):
    tablet = open_tablet()
    tablet.page.add_init_script(LISTEN)
    tablet.open(url)
    page, body = tablet.page, tablet.page.locator("body")
    expect(page.locator(".mute")).to_be_visible()
    page.locator(".empty p").first.click()
    expect(page.locator(".mute")).to_be_hidden()
    alert = draft()
    van.send("alert", alert)
    expect(body).to_have_class("alarm")
    expect(page).to_have_title("NEW ALERT")
    until(page, "heard.includes('tone') && heard.includes('shake')")
    page.mouse.click(5, 795)
    expect(body).not_to_have_class("alarm")
    page.evaluate("heard.length = 0")
    van.send("alert", alert)
    van.alert(age_s=90)
    expect(tablet.cards).to_have_count(2)
    assert page.evaluate("heard") == []
    expect(body).not_to_have_class("alarm")
    assert tablet.errors == []


def test_the_alarm_moves_slower_than_three_times_a_second_or_not_at_all(van, open_tablet, url):
    tablet = open_tablet(reduced_motion="reduce")
    tablet.open(url)
    van.alert()
    expect(tablet.page.locator("body")).to_have_class("alarm")
    frame = "getComputedStyle(document.body, '::after')"
    assert tablet.page.evaluate(f"{frame}.visibility") == "visible"
    assert tablet.page.evaluate(f"{frame}.animationName") == "none"
    tablet.page.emulate_media(reduced_motion="no-preference")
    assert tablet.page.evaluate(f"{frame}.animationDuration") == "1s"


def test_the_alarm_ends_when_nothing_is_left_to_answer(van, tablet):
    alert_id = van.alert()
    expect(tablet.page.locator("body")).to_have_class("alarm")
    van.state(withdrawn=[make_withdrawal(alert_id, reason="no_longer_listed", answer=None)])
    expect(tablet.page.locator("body.alarm")).to_have_count(0)


def test_the_switch_for_sun_and_night_is_remembered(tablet):
    root, switch = tablet.page.locator(":root"), tablet.page.locator(".sky:visible")
    expect(switch).to_have_text("Screen: auto")
    switch.click()
    expect(root).to_have_css("color-scheme", "light")
    switch.click()
    expect(root).to_have_css("color-scheme", "dark")
    tablet.page.reload()
    expect(switch).to_have_text("Screen: night")
    expect(root).to_have_css("color-scheme", "dark")


@pytest.mark.parametrize("viewport", [TABLET, UPRIGHT, PHONE], ids=["wide", "upright", "phone"])
def test_both_pictures_and_both_answers_are_on_one_screen(van, draft, open_tablet, url, viewport):
    tablet = open_tablet(viewport=viewport)
    tablet.open(url)
    van.state()
    van.alert(images=draft()["data"]["images"] * 3)
    expect(tablet.cards).to_have_count(1)
    for part in (
        *tablet.page.locator(".frame").all(),
        *tablet.page.locator(".answer button").all(),
    ):
        expect(part).to_be_in_viewport(ratio=1)
