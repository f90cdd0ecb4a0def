"""What befalls an alert while its officer is at work on it is said on its card, and stays there."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.page.cast import TABLET

WITHDRAWN = "Withdrawn: no longer on the list. Do not stop this person on this alert."
GONE = {"reason": "no_longer_listed", "tablet": None, "decision_id": None, "answer": None}


@pytest.mark.parametrize("given", ["Not viable", "Viable"])
def test_an_undo_does_not_open_again_what_was_withdrawn_meanwhile(van, tablet, given):
    alert_id = van.alert(reason="Missed a hearing")
    tablet.tap(given)
    van.receive(van.decision())
    expect(tablet.cards).to_contain_text("Received by the van")
    van.withdraw(alert_id, **GONE)
    expect(tablet.page.locator(".card img")).to_have_count(0)
    tablet.tap("Undo")
    expect(tablet.cards.get_by_role("heading")).to_have_text("Withdrawn")
    expect(tablet.cards).to_contain_text(WITHDRAWN)
    expect(tablet.page.locator(".notice")).to_contain_text(WITHDRAWN)
    expect(tablet.cards.get_by_role("button")).to_have_count(0)
    assert "Missed a hearing" not in tablet.cards.text_content()
    assert tablet.errors == []


def test_a_stop_that_is_recorded_on_a_withdrawn_alert_says_so_to_the_end(van, tablet):
    alert_id = van.alert()
    tablet.tap("Viable")
    van.withdraw(alert_id, **GONE)
    tablet.tap("Understood")
    expect(tablet.cards).to_contain_text(WITHDRAWN)
    tablet.tap("No longer wanted")
    expect(tablet.page.locator(".outcome")).to_be_visible()
    expect(tablet.cards).to_contain_text(WITHDRAWN)


def test_whoever_goes_to_a_person_is_told_that_the_alerts_time_is_over(van, open_tablet, url):
    tablet = open_tablet()
    tablet.page.clock.install()
    tablet.open(url)
    van.alert()
    tablet.tap("Viable")
    van.receive(van.decision())
    assert "time is over" not in tablet.cards.text_content()
    tablet.page.clock.fast_forward(61_000)
    expect(tablet.cards).to_contain_text("The alert's time is over; you found it viable in time.")
    expect(tablet.page.get_by_role("button", name="Lost from sight")).to_be_enabled()


@pytest.mark.parametrize(("taps", "asked"), [((), ".engage"), (("Same person",), ".outcome")])
def test_a_stop_that_the_deployments_end_has_met_says_so_and_can_be_recorded(
    van, tablet, taps, asked
):
    van.alert()
    for tap in ("Viable", *taps):
        tablet.tap(tap)
    van.state(lamp="off", ended="button")
    expect(tablet.cards).to_contain_text("Do not stop this person on this alert any more.")
    expect(tablet.page.locator(asked)).to_be_visible()


def test_what_another_window_of_this_tablet_has_decided_is_not_called_another_officers(van, tablet):
    alert_id = van.alert()
    expect(tablet.cards).to_have_count(1)
    van.withdraw(alert_id, tablet=TABLET, answer="viable")
    heading = "In hand: somebody in another window of this tablet found it viable"
    expect(tablet.cards.get_by_role("heading")).to_have_text(heading)
