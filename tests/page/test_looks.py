"""Whatever the screen, both pictures and the answers are on it; paper and chosen colours, too."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

import provisioning

CARD = Path(provisioning.__file__).with_name("officers.html")
LONG = {
    "reason": ("Failed to appear before the court on 3 March on a charge of robbery. " * 3)[:200],
    "power": ("Arrest on the court's warrant, and search after it; no force by itself. " * 3)[:200],
}
"""The longest words that a list may have."""
ROOMY = {
    "tablet": (1280, 800, 1, 100),
    "upright": (800, 1280, 1, 100),
    "phone": (390, 844, 1, 100),
    "phone on its side": (844, 390, 1, 100),
    "small tablet": (1024, 600, 1, 100),
    "upright, zoomed": (400, 640, 2, 100),
}
"""Width and height in px, the browser's zoom, and the size of the text in percent."""
TIGHT = {
    "tablet, zoomed": (640, 400, 2, 100),
    "phone, zoomed": (195, 422, 2, 100),
    "tablet, large text": (1280, 800, 1, 200),
    "upright, large text": (800, 1280, 1, 200),
    "phone, large text": (390, 844, 1, 200),
}
SIZES = ROOMY | TIGHT
OUTSIDE = """() => {
  const top = document.querySelector("header").getBoundingClientRect().bottom;
  const card = document.querySelector(".card:has(.pictures:not([hidden]))");
  const parts = [...card.querySelectorAll(".frame, .form button")];
  const isIn = (box) =>
    box.top >= top && box.left >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
  const isSeen = (part, { left, top, width, height }) => [0.1, 0.5, 0.9].every((share) =>
    part.contains(document.elementFromPoint(left + width / 2, top + height * share)));
  const isReadable = (part) => part.scrollWidth <= part.clientWidth;
  return parts.filter((part) => {
    const box = part.getBoundingClientRect();
    const isLarge = Math.min(box.width, box.height) >= (part.matches("button") ? 48 : 40);
    return !(isIn(box) && isLarge && isSeen(part, box) && isReadable(part));
  }).map(({ className, textContent }) => className + textContent);
}"""
"""Names each picture and answer that is not wholly on the screen, is covered, cut or too small."""
SAID = """() => {
  const told = document.querySelector(".told").getBoundingClientRect();
  return document.querySelector(".power").getBoundingClientRect().bottom <= told.bottom;
}"""
MENU = "new Event('contextmenu', { bubbles: true, cancelable: true })"
COLOUR = "(element) => getComputedStyle(element).backgroundColor"
DOT = "(element) => getComputedStyle(element, '::before').backgroundColor"


@pytest.fixture
def show(open_tablet, url, van):
    """Open a tablet of some size; `strips` are so many withdrawals above its alert."""

    def show(size, strips=0, **options):
        width, height, zoom, text = SIZES[size]
        viewport = {"width": width, "height": height}
        tablet = open_tablet(
            viewport=viewport, device_scale_factor=zoom, bypass_csp=True, **options
        )
        tablet.open(url)
        if text > 100:
            tablet.page.add_style_tag(content=f"html {{ font-size: {text}% !important }}")
        van.state()
        gone = [van.alert() for _ in range(strips)]
        expect(tablet.cards).to_have_count(strips)
        for alert_id in gone:
            van.withdraw(alert_id, reason="no_longer_listed", answer=None)
        expect(tablet.page.locator(".notice")).to_have_count(strips)
        return tablet

    return show


@pytest.fixture
def alert(van, draft):
    """Send an alert with the longest words and three photographs."""
    images = [{**draft()["data"]["images"][0], "taken_on": day} for day in ("2024-01-31", None)]
    return lambda: van.alert(images=[*images, images[0]], **LONG)


def rest(tablet):
    expect(tablet.page.locator(".pictures:visible").first).to_be_visible()
    expect(tablet.page.locator("body.settling")).to_have_count(0)


@pytest.mark.parametrize("strips", [0, 3], ids=["alone", "strips"])
@pytest.mark.parametrize("size", SIZES)
def test_pictures_and_answers_are_on_one_screen_while_something_is_asked(show, alert, size, strips):
    tablet = show(size, strips)
    alert()
    rest(tablet)
    assert tablet.page.evaluate(OUTSIDE) == []
    tablet.tap("Viable")
    rest(tablet)
    expect(tablet.page.get_by_role("button", name="Same person")).to_be_visible()
    assert tablet.page.evaluate(OUTSIDE) == []
    assert tablet.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("size", ROOMY)
def test_what_an_officer_may_do_is_read_at_the_decision_without_scrolling(show, alert, size):
    tablet = show(size)
    alert()
    rest(tablet)
    expect(tablet.page.locator(".power")).to_have_text(LONG["power"].strip())
    assert tablet.page.evaluate(SAID)


@pytest.mark.parametrize("size", ["tablet", "phone"])
def test_what_was_dismissed_is_a_line_and_leaves_the_screen_to_the_next(show, alert, size):
    tablet = show(size)
    alert()
    alert()
    expect(tablet.cards).to_have_count(2)
    rest(tablet)
    tablet.page.get_by_role("button", name="Not viable").first.click()
    rest(tablet)
    done = tablet.page.locator("[data-verdict=not_viable]")
    assert done.bounding_box()["height"] <= 120
    expect(done.get_by_role("button", name="Undo")).to_be_in_viewport(ratio=1)
    assert tablet.page.evaluate(OUTSIDE) == []


def test_a_printer_gets_no_face_and_no_menu_offers_to_save_one(show, alert):
    tablet = show("tablet")
    alert()
    rest(tablet)
    kept = f"(picture) => picture.dispatchEvent({MENU})"
    assert not tablet.page.locator(".live img").evaluate(kept)
    tablet.page.emulate_media(media="print")
    expect(tablet.page.locator("body")).to_be_hidden()
    tablet.page.emulate_media(media="screen")
    tablet.tap("Viable")
    tablet.tap("Same person")
    tablet.tap("Redress slip")
    tablet.page.emulate_media(media="print")
    expect(tablet.page.locator("#slip .code")).to_be_visible()
    expect(tablet.page.locator(".card").first).to_be_hidden()


@pytest.mark.parametrize("size", ["phone on its side", "tablet, zoomed"])
def test_the_whole_slip_is_on_a_low_screen(show, alert, size):
    tablet = show(size)
    alert()
    for answer in ("Viable", "Same person", "Redress slip"):
        tablet.tap(answer)
    slip = tablet.page.locator("#slip")
    expect(slip.get_by_role("heading")).to_be_focused()
    for part in (slip.locator(".qr svg"), slip.locator(".code"), *slip.locator("button").all()):
        expect(part).to_be_in_viewport(ratio=1)


def test_chosen_colours_still_tell_the_time_the_tone_and_what_is_chosen(show, alert, van):
    tablet = show("tablet", forced_colors="active")
    alert()
    rest(tablet)
    find = tablet.page.locator
    paper = find("header").evaluate(COLOUR)
    assert find("#link").evaluate(DOT) != paper
    assert find("progress").evaluate("(bar) => getComputedStyle(bar).borderTopWidth") == "1px"
    chosen, other, _ = find(".photos button").all()
    assert chosen.evaluate(COLOUR) != other.evaluate(COLOUR)
    no, yes = find(".answer button").all()
    assert no.evaluate(COLOUR) != yes.evaluate(COLOUR)
    assert (
        find("body").evaluate("(body) => getComputedStyle(body, '::after').visibility") == "visible"
    )


def test_the_officers_card_fits_a_phone(open_tablet):
    page = open_tablet(viewport={"width": 390, "height": 844}).page
    page.goto(CARD.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
