"""Many alerts in a short time: what an officer is at stays where it is, and can be tapped."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@pytest.fixture(params=[WIDE, PHONE], ids=["wide", "phone"])
def still(request, open_tablet, url):
    """A tablet whose page's time stands."""
    tablet = open_tablet(viewport=request.param)
    tablet.page.clock.install()
    tablet.meet_van(url)
    tablet.stop_clock()
    return tablet


def show(van, tablet, **changes):
    """Send an alert, and wait until it is on the page."""
    count = tablet.cards.count()
    alert_id = van.alert(**changes)
    expect(tablet.cards).to_have_count(count + 1)
    return alert_id


def card(tablet, camera):
    return tablet.cards.filter(has=tablet.page.locator(".camera", has_text=camera))


def at(tablet, camera):
    """Find where an answer to a camera's alert is."""
    box = card(tablet, camera).get_by_role("button", name="Viable", exact=True).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def touch(tablet, place):
    """Touch what is no answer; the sound that this allows begins when the browser is ready."""
    place.click()
    expect(tablet.page.locator(".mute")).to_be_hidden()


def test_an_alert_every_quarter_of_a_second_moves_nothing_from_under_a_finger(van, still):
    show(van, still, camera="mast-0")
    still.page.clock.run_for(1000)
    touch(still, still.page.locator("figcaption").first)
    place = at(still, "mast-0")
    for number in range(6):
        show(van, still, camera=f"other-{number}")
        still.page.clock.run_for(250)
        assert at(still, "mast-0") == pytest.approx(place, abs=2)
    still.page.clock.run_for(500)
    show(van, still, camera="other-6")
    still.page.mouse.click(*at(still, "mast-0"))
    expect(card(still, "mast-0")).to_have_attribute("data-verdict", "viable")
    expect(still.page.locator("#fresh")).to_contain_text("7 new alerts are waiting.")
    assert still.errors == []


def test_whoever_touches_the_tablet_amid_a_rush_can_answer_from_then_on(van, still):
    for number in range(4):
        show(van, still, camera=f"mast-{number}")
        still.page.clock.run_for(250)
    still.page.mouse.click(*at(still, "mast-3"))
    place = at(still, "mast-3")
    for number in range(4):
        show(van, still, camera=f"other-{number}")
        still.page.clock.run_for(250)
    expect(still.page.locator("[data-verdict=viable]")).to_have_count(0)
    still.page.mouse.click(*place)
    expect(card(still, "mast-3")).to_have_attribute("data-verdict", "viable")


def test_what_others_close_above_moves_nothing_from_under_a_finger(van, still):
    show(van, still, camera="mast-0")
    others = [show(van, still, camera=f"other-{number}") for number in range(3)]
    still.page.clock.run_for(1000)
    touch(still, still.page.locator("figcaption").last)
    still.page.locator("[value=viable]").last.scroll_into_view_if_needed()
    place = at(still, "mast-0")
    for other in others:
        van.withdraw(other, answer="lost")
    expect(still.page.locator("[data-state=decided]")).to_have_count(3)
    assert at(still, "mast-0") == pytest.approx(place, abs=2)
    still.page.mouse.click(*place)
    expect(card(still, "mast-0")).to_have_attribute("data-verdict", "viable")


def test_a_new_alert_leaves_whoever_goes_to_a_person_in_peace_until_he_asks_for_it(van, tablet):
    show(van, tablet, camera="mast-0")
    tablet.tap("Viable")
    van.receive(van.decision())
    # After a reload nobody has touched it: the officer is walking.
    tablet.page.reload()
    expect(tablet.link).to_have_text("Connected")
    same = tablet.page.get_by_role("button", name="Same person")
    place = same.bounding_box()
    show(van, tablet, camera="mast-1")
    expect(tablet.page.locator("body")).to_have_class("alarm")
    strip = tablet.page.locator("#fresh")
    expect(strip).to_contain_text("A new alert is waiting.")
    assert same.bounding_box() == pytest.approx(place, abs=2)
    strip.get_by_role("button", name="Show").click()
    expect(tablet.cards.first.locator(".live img")).to_be_in_viewport(ratio=0.9)
    expect(strip).to_be_hidden()
