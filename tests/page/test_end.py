"""When the deployment has ended, the tablet says why, and nothing of its list is left on it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from appliance.domain.ending import End
from tests.page.traces import traces

ACK, DECISION = "alert/ack", "decision"
WHY = {
    End.DEPLOYMENT_OVER: "Its authorised time is over.",
    End.LIST_EXPIRED: "Its watchlist has expired.",
    End.REVOKED: "The force has revoked its authority.",
    End.CONTACT_LOST: "The van has heard nothing from the force for too long.",
    End.SUPERSEDED: "A newer authority is in force instead.",
    End.BUTTON: "It was closed with the button on the van.",
    End.COMMAND: "It was closed by the van's crew.",
}
NOTHING = {
    "watchlist_id": None,
    "subjects": 0,
    "list_expires_at": None,
    "deployment_id": None,
    "authority_ends_at": None,
}


def over(van, end=End.DEPLOYMENT_OVER):
    van.state(lamp="off", ended=end.value, **NOTHING)


@pytest.fixture
def said(tablet):
    return tablet.page.locator("#ended")


@pytest.mark.parametrize("end", End)
def test_each_end_is_said_in_plain_words(van, tablet, said, end):
    expect(said).to_be_hidden()
    over(van, end)
    expect(said).to_be_visible()
    expect(said).to_contain_text("The deployment has ended.")
    expect(said).to_contain_text(WHY[end])
    expect(said).to_have_role("alert")
    expect(tablet.page.locator("#lamp")).to_have_text("Off")
    for name in ("#list", "#authority"):
        expect(tablet.page.locator(name)).to_have_text("Ended")


def test_an_open_alert_is_closed_and_nothing_of_the_list_stays(van, tablet, said):
    van.alert(reason="Missed a hearing")
    expect(tablet.page.locator(".card img")).to_have_count(2)
    over(van)
    expect(tablet.page.locator(".card img")).to_have_count(0)
    heading = tablet.page.get_by_role("heading", name="Closed: the deployment has ended")
    expect(heading).to_be_visible()
    expect(said).to_contain_text("do not stop anybody on them")
    expect(tablet.page.locator(".answer")).to_have_count(0)
    left = tablet.cards.text_content()
    for words in ("Missed a hearing", "V-001", "Volunteer", "likeness"):
        assert words not in left


def test_nothing_of_the_list_is_left_in_the_pages_memory(van, tablet, said):
    van.alert(reason="needle-in-the-reason", subject="needle-subject")
    expect(tablet.cards).to_have_count(1)
    assert len(traces(tablet)) >= 4
    over(van)
    expect(said).to_be_visible()
    # The library for MQTT holds its last message until the next one comes.
    over(van, End.BUTTON)
    expect(said).to_contain_text(WHY[End.BUTTON])
    assert traces(tablet) == []


def test_an_answer_is_kept_and_its_pictures_are_not(van, tablet, said):
    van.alert()
    tablet.tap("Viable")
    decision = van.decision()
    over(van)
    expect(tablet.page.locator(".card img")).to_have_count(0)
    expect(tablet.cards.get_by_role("heading")).to_have_text("Closed: the deployment has ended")
    expect(tablet.cards).to_contain_text("Do not stop this person on this alert any more.")
    van.receive(decision)
    expect(tablet.cards).to_contain_text("Received by the van")
    assert "V-001" not in tablet.cards.text_content()


def test_an_alert_that_comes_after_the_end_is_never_shown(van, tablet, said):
    over(van)
    expect(said).to_be_visible()
    late = van.alert()
    assert van.next(ACK)["data"]["alert_id"] == late
    expect(tablet.cards).to_have_count(0)


def test_a_tablet_that_comes_later_learns_why_and_shows_nothing(van, tablet, said):
    over(van, End.BUTTON)
    expect(said).to_be_visible()
    tablet.page.reload()
    expect(said).to_contain_text(WHY[End.BUTTON])


def test_it_is_read_aloud_once_and_not_with_every_state(van, tablet, said):
    over(van)
    expect(said).to_be_visible()
    text = said.evaluate_handle("place => place.firstChild")
    over(van)
    van.alert()
    van.next(ACK)
    assert text.evaluate("text => text.isConnected")


def test_the_next_deployment_begins_with_a_clear_screen(van, tablet, said):
    over(van)
    expect(said).to_be_visible()
    van.state()
    expect(said).to_be_hidden()
    expect(tablet.page.locator("#list")).to_contain_text("demo, 3 listed, until")
    van.alert()
    expect(tablet.page.locator(".card img")).to_have_count(2)


@pytest.mark.parametrize("ended", ["over", "", 1, False, []])
def test_an_end_without_a_meaning_is_refused(van, tablet, said, ended):
    van.state(ended=ended)
    expect(tablet.page.get_by_text("Messages that could not be read: 1")).to_be_visible()
    expect(said).to_be_hidden()
