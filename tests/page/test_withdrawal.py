"""An alert whose subject is taken off the list leaves the tablet at once, and the officer knows."""

from __future__ import annotations

import base64
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from playwright.sync_api import expect

from appliance.domain.ending import End
from appliance.domain.lamp import Lamp
from appliance.domain.watchlist import ListImage
from appliance.settings import TabletSettings
from appliance.tablets.broker import open_link
from appliance.tablets.wire import State
from tests.page.cast import until
from tests.page.said import make_event, make_withdrawal
from tests.page.traces import traces
from tests.tablets.conftest import ALERT, SUBJECT

ACK, DECISION = "alert/ack", "decision"
WORDS = "Withdrawn: no longer on the list. Do not stop this person on this alert."


@pytest.fixture
def notices(tablet):
    return tablet.page.locator(".notice")


def gone(alert_id):
    """Make the van's word that nobody may be stopped on an alert."""
    return make_withdrawal(
        alert_id, reason="no_longer_listed", tablet=None, decision_id=None, answer=None
    )


def rest(tablet, button):
    """Let a second of the page go by, again where something has moved meanwhile."""
    for _ in range(20):
        tablet.page.clock.run_for(1000)
        with suppress(AssertionError):
            return expect(button).to_have_css("pointer-events", "auto", timeout=1000)
    raise AssertionError("The page does not come to rest.")


def seen(van, tablet, **changes):
    """Send an alert, and wait until it is on the screen."""
    count = tablet.cards.count()
    alert_id = van.alert(**changes)
    expect(tablet.cards).to_have_count(count + 1)
    return alert_id


def test_an_open_alert_is_taken_off_and_its_officer_is_told_not_to_act(van, tablet, notices):
    alert_id = seen(van, tablet, camera="mast-2")
    van.state(withdrawn=[gone(alert_id)])
    expect(tablet.cards).to_have_count(0)
    expect(tablet.page.locator("img")).to_have_count(0)
    expect(tablet.page.get_by_role("alert").filter(has_text=WORDS)).to_be_visible()
    expect(notices).to_contain_text("Alert from mast-2 at")
    assert "V-001" not in tablet.page.locator("body").inner_text()
    assert tablet.errors == []


def test_it_is_said_until_it_is_read_and_then_never_again(van, tablet, notices):
    alert_id = seen(van, tablet)
    for _ in range(2):
        van.state(withdrawn=[gone(alert_id)])
        expect(notices).to_have_count(1)
    van.state(lamp="ready")
    expect(tablet.page.locator("#lamp")).to_have_text("Ready")
    tablet.tap("Understood")
    expect(notices).to_have_count(0)
    van.state(withdrawn=[gone(alert_id)], lamp="alert")
    expect(tablet.page.locator("#lamp")).to_have_text("Alert")
    expect(notices).to_have_count(0)


def test_everybody_elses_alert_stays(van, tablet, notices):
    first, stays = seen(van, tablet, subject="V-001"), seen(van, tablet, subject="V-002")
    van.state(withdrawn=[gone(first)])
    expect(notices).to_have_count(1)
    expect(tablet.cards).to_have_count(1)
    expect(tablet.cards).to_contain_text("V-002")
    tablet.tap("Viable")
    assert van.decision()["data"]["alert_id"] == stays


def test_each_alert_of_the_subject_has_its_own_word(van, tablet, notices):
    ids = [seen(van, tablet, camera=f"mast-{number}") for number in range(3)]
    van.state(withdrawn=[gone(each) for each in ids])
    expect(notices).to_have_count(3)
    notices.filter(has_text="mast-1").get_by_role("button").click()
    expect(notices).to_have_count(2)
    expect(notices.filter(has_text="mast-1")).to_have_count(0)


def test_a_tablet_that_was_away_learns_it_when_it_is_back(van, broker, tablet, notices):
    alert_id = seen(van, tablet)
    broker.stop()
    expect(tablet.link).to_have_text("Lost")
    broker.start()
    van.ready()
    van.state(withdrawn=[gone(alert_id)])
    expect(notices).to_contain_text(WORDS)
    expect(tablet.cards).to_have_count(0)


def test_a_withdrawal_that_comes_before_its_alert_keeps_it_off_the_screen(
    van, draft, tablet, notices
):
    late = draft()
    van.state(withdrawn=[gone(late["id"])])
    van.state()
    van.send("alert", late)
    assert van.next(ACK)["data"]["alert_id"] == late["id"]
    seen(van, tablet, subject="V-002")
    expect(tablet.cards).to_have_count(1)
    expect(notices).to_have_count(0)


def test_a_tablet_loaded_after_a_withdrawal_does_not_show_what_comes_late(
    van, draft, tablet, notices
):
    late = draft()
    van.state(withdrawn=[gone(late["id"])])
    tablet.page.reload()
    expect(tablet.page.locator("#lamp")).to_have_text("Looking")
    van.send("alert", late)
    assert van.next(ACK)["data"]["alert_id"] == late["id"]
    expect(tablet.cards).to_have_count(0)


def test_an_answer_that_is_under_way_is_not_lost(van, broker, tablet, notices):
    alert_id = seen(van, tablet)
    broker.stop()
    expect(tablet.link).to_have_text("Lost")
    tablet.tap("Viable")
    expect(tablet.cards).to_contain_text("Kept on this tablet")
    broker.start()
    van.ready()
    van.state(withdrawn=[gone(alert_id)])
    decision = van.decision()
    assert decision["data"]["alert_id"] == alert_id
    expect(notices).to_contain_text("Your answer: Sent, waiting for the van")
    van.receive(decision)
    expect(notices).to_contain_text("Your answer: Received by the van")


def test_the_van_itself_takes_an_alert_back_and_ends(broker, tablet, draft, notices, tmp_path):
    jpeg = base64.b64decode(draft()["data"]["crop"])
    subject = SUBJECT.model_copy(update={"images": (ListImage(jpeg=jpeg, source="the desk"),)})
    now = datetime.now(timezone.utc)
    alert = replace(ALERT, subject=subject, crop_jpeg=jpeg, taken_at=now)
    settings = TabletSettings(port=broker.port, ledger=tmp_path / "ledger", outbox=tmp_path)
    with open_link(settings, "van-1", print, print) as link:
        link.state(State(lamp=Lamp.LOOKING))
        link.alert(replace(alert, expires_at=now + timedelta(seconds=60)))
        expect(tablet.page.locator(".card img")).to_have_count(2)
        link.withdraw({subject.reference})
        expect(notices).to_contain_text(WORDS)
        expect(tablet.cards).to_have_count(0)
        link.state(State(lamp=Lamp.OFF, ended=End.COMMAND))
    expect(tablet.page.locator("#ended")).to_contain_text("closed by the van's crew")
    expect(tablet.page.locator("#lamp")).to_have_text("Off")
    assert tablet.errors == []


def test_whoever_goes_to_the_person_already_is_told_too_and_can_record_the_stop(
    van, tablet, notices
):
    alert_id = seen(van, tablet)
    tablet.tap("Viable")
    van.receive(van.decision())
    expect(tablet.cards).to_contain_text("Received by the van")
    van.state(withdrawn=[gone(alert_id)])
    expect(notices).to_contain_text(WORDS)
    expect(notices).to_contain_text("Your answer: Received by the van")
    expect(tablet.page.locator(".card img")).to_have_count(0)
    assert "V-001" not in tablet.cards.text_content()
    tablet.tap("No longer wanted")
    assert van.decision()["data"]["answer"]["engagement"] == "no_longer_wanted"


def test_whoever_said_that_it_is_somebody_else_is_left_in_peace(van, tablet, notices):
    alert_id = seen(van, tablet, reason="Missed a hearing")
    tablet.tap("Not viable")
    van.state(withdrawn=[gone(alert_id)], lamp="alert")
    expect(tablet.page.locator("#lamp")).to_have_text("Alert")
    expect(notices).to_have_count(0)
    expect(tablet.cards).to_have_count(1)
    assert "Missed a hearing" not in tablet.cards.text_content()


def test_nothing_of_the_withdrawn_is_left_in_the_pages_memory(van, tablet, notices):
    alert_id = seen(van, tablet, reason="needle-in-the-reason", subject="needle-subject")
    assert len(traces(tablet)) >= 4
    van.state(withdrawn=[gone(alert_id)])
    expect(notices).to_have_count(1)
    # The library for MQTT holds its last message until the next one comes.
    van.state(withdrawn=[gone(alert_id)], lamp="ready")
    expect(tablet.page.locator("#lamp")).to_have_text("Ready")
    assert alert_id in tablet.memory()
    assert traces(tablet) == []


def test_a_finger_on_its_way_does_not_answer_for_the_alert_that_moved_up(van, open_tablet, url):
    tablet = open_tablet()
    tablet.page.clock.install()
    tablet.meet_van(url)
    seen(van, tablet, subject="V-002")
    first = seen(van, tablet)
    tablet.stop_clock()
    button = tablet.page.get_by_role("button", name="Viable", exact=True).first
    tablet.page.clock.run_for(1000)
    expect(button).to_have_css("pointer-events", "auto")
    van.state(withdrawn=[gone(first)])
    expect(tablet.cards).to_have_count(1)
    understood = tablet.page.get_by_role("button", name="Understood")
    for each in (button, understood):
        expect(each).to_have_css("pointer-events", "none")
    rest(tablet, understood)
    button.click()
    expect(tablet.page.get_by_role("heading", name="Viable", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    "viewport", [{"width": 1280, "height": 800}, {"width": 390, "height": 844}]
)
def test_it_is_on_the_screen_wherever_the_officer_has_scrolled(van, open_tablet, url, viewport):
    tablet = open_tablet(viewport=viewport)
    tablet.open(url)
    ids = [seen(van, tablet) for _ in range(8)]
    tablet.page.mouse.wheel(0, 3000)
    until(tablet.page, "scrollY > 0")
    van.state(withdrawn=[gone(ids[0])])
    notice = tablet.page.locator(".notice")
    expect(notice).to_be_in_viewport(ratio=1)
    box = notice.get_by_role("button").bounding_box()
    assert min(box["width"], box["height"]) >= 48
    assert tablet.page.evaluate("document.documentElement.scrollWidth") == viewport["width"]


@pytest.mark.parametrize("withdrawn", [None, "a", [1], ["x" * 201], ["a"] * 65, [""]])
def test_a_list_with_a_wrong_withdrawal_is_refused(van, tablet, withdrawn):
    van.send("withdrawn", make_event("withdrawn.v1", {"withdrawn": withdrawn}))
    expect(tablet.page.get_by_text("Messages that could not be read: 1")).to_be_visible()
    assert tablet.errors == []
