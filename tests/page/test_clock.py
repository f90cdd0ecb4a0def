"""A tablet whose own clock is wrong goes by the van's time, and its officer is told so once."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from playwright.sync_api import expect

from tests.page.cast import WAIT_S
from tests.page.said import iso, make_alert, make_state, make_withdrawal

ACK, DECISION, HELLO = "alert/ack", "decision", "hello"
OFF = {"slow": -300, "fast": 300}
CLOCK = "This tablet's clock is 5 minutes"
WALL = """(off_ms) => {
  const now = Date.now;
  Date.now = () => now() + off_ms;
}"""
"""Sets the tablet's clock; the one that nobody can set goes on as it was."""


def now():
    return datetime.now(timezone.utc)


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def about(text, seconds=0):
    """Say whether a time is the van's, so many seconds from now."""
    return abs(moment(text) - now() - timedelta(seconds=seconds)) < timedelta(seconds=WAIT_S)


@pytest.fixture
def off(open_tablet, url):
    """Open a tablet whose own clock is so many seconds ahead of the van's."""

    def open_off(seconds, **options):
        tablet = open_tablet(**options)
        tablet.page.add_init_script(f"({WALL})({seconds * 1000})")
        tablet.open(url)
        return tablet

    return open_off


@pytest.fixture
def mute(van):
    """A van that says its time only where a test lets it."""
    van.greets = False
    return van


@pytest.mark.parametrize("seconds", OFF.values(), ids=OFF)
def test_a_live_alert_is_live_and_one_that_is_over_is_over(van, off, seconds):
    tablet = off(seconds)
    live, over = van.alert(), van.alert(age_s=61)
    shown = {ack["alert_id"]: ack for ack in (van.next(ACK)["data"] for _ in range(2))}
    assert shown[over]["shown_at"] is None
    assert about(shown[live]["received_at"])
    assert about(shown[live]["shown_at"])
    expect(tablet.page.get_by_role("heading", name="Is this the same person?")).to_have_count(1)
    expect(tablet.page.get_by_role("heading", name="Expired")).to_have_count(1)
    expect(tablet.page.locator(".card img")).to_have_count(2)


@pytest.mark.parametrize("seconds", OFF.values(), ids=OFF)
def test_what_came_before_the_van_said_its_time_waits_for_it(mute, off, seconds):
    tablet = off(seconds)
    live, over = mute.alert(), mute.alert(age_s=61)
    mute.state()
    shown = {ack["alert_id"]: ack for ack in (mute.next(ACK)["data"] for _ in range(2))}
    assert about(shown[live]["shown_at"])
    assert shown[over]["shown_at"] is None
    expect(tablet.page.locator("#news")).to_contain_text("New alert")
    expect(tablet.cards).to_have_count(2)


def test_what_was_withdrawn_while_it_waited_is_never_shown(mute, tablet):
    waits = make_alert()
    mute.send("alert", waits)
    gone = make_withdrawal(waits["id"], reason="no_longer_listed", answer=None)
    mute.state(withdrawn=[gone])
    assert mute.next(ACK)["data"]["shown_at"] is None
    expect(tablet.cards).to_have_count(0)
    expect(tablet.page.locator("#news")).to_be_empty()


def test_of_a_van_that_says_no_time_an_alert_is_shown_by_the_tablets_own(mute, tablet):
    alert_id = mute.alert()
    assert mute.next(ACK)["data"]["alert_id"] == alert_id
    expect(tablet.page.locator(".card img")).to_have_count(2)


def test_what_a_wrong_clock_had_closed_is_new_once_the_van_says_its_time(mute, off):
    tablet = off(300)
    mute.next(HELLO)
    alert = make_alert()
    mute.send("alert", alert)
    assert mute.next(ACK)["data"]["shown_at"] is None
    expect(tablet.page.get_by_role("heading", name="Expired")).to_be_visible()
    mute.state()
    assert mute.next(HELLO)["data"]["holds"] == []
    mute.send("alert", alert)
    assert about(mute.next(ACK)["data"]["shown_at"])
    expect(tablet.page.locator("#news")).to_contain_text("New alert")
    expect(tablet.page.locator(".card img")).to_have_count(2)


def test_what_a_wrong_clock_had_left_open_closes_once_the_van_says_its_time(mute, off):
    tablet = off(-300)
    mute.alert(age_s=61)
    expect(tablet.page.get_by_role("button", name="Not viable")).to_be_visible()
    mute.state()
    expect(tablet.page.get_by_role("heading", name="Expired")).to_be_visible()
    expect(tablet.page.locator(".card img")).to_have_count(0)


def test_an_answer_is_dated_by_the_vans_time_and_can_be_taken_back(van, off):
    tablet = off(-300)
    van.alert()
    tablet.tap("Viable")
    decision = van.decision()
    assert about(decision["data"]["decided_at"])
    assert about(decision["time"])
    van.receive(decision)
    tablet.tap("Undo")
    assert van.decision()["data"]["answer"] == {"stage": "undo", "undoes": decision["id"]}


def said_at(at, **changes):
    return {**make_state(**changes), "time": at}


def test_what_the_broker_has_kept_of_a_dead_van_moves_no_clock(mute, open_tablet, url):
    long_ago = iso(now() - timedelta(minutes=5))
    mute.send("state", said_at(long_ago, lamp="ready"), retain=True)
    tablet = open_tablet()
    tablet.open(url)
    expect(tablet.page.locator("#lamp")).to_have_text("Ready")
    mute.alert(age_s=61)
    expect(tablet.page.get_by_role("heading", name="Expired")).to_be_visible()
    expect(tablet.page.locator(".notice")).to_have_count(0)


def test_a_vans_last_will_moves_no_clock(mute, tablet):
    mute.send("state", said_at(None, lamp="fault"))
    expect(tablet.page.locator("#lamp")).to_have_text("Fault")
    mute.state()
    mute.send("state", said_at(None, lamp="fault"))
    expect(tablet.page.locator("#lamp")).to_have_text("Fault")
    mute.alert(age_s=61)
    expect(tablet.page.get_by_role("heading", name="Expired")).to_be_visible()


def test_a_state_that_was_held_up_on_its_way_takes_nothing_back(van, tablet):
    expect(tablet.page.locator("#lamp")).to_have_text("Looking")
    van.send("state", said_at(iso(now() - timedelta(seconds=20)), lamp="ready"))
    expect(tablet.page.locator("#lamp")).to_have_text("Ready")
    van.alert(age_s=61)
    expect(tablet.page.get_by_role("heading", name="Expired")).to_be_visible()


def test_the_list_of_a_van_that_falls_silent_ends_all_the_same(mute, open_tablet, url):
    tablet = open_tablet()
    tablet.page.clock.install(time=now() - timedelta(minutes=5))
    tablet.open(url)
    mute.state(list_expires_at=iso(now() + timedelta(minutes=10)))
    expect(tablet.page.locator("#list")).to_contain_text("demo, 3 listed, until")
    tablet.page.clock.fast_forward("11:00")
    expect(tablet.page.locator("#list")).to_have_text("Ended")
    expect(tablet.page.locator("#authority")).to_have_text("Not known")


def test_setting_the_tablets_clock_back_keeps_nothing_open(mute, tablet):
    mute.state()
    mute.alert(life_s=60, age_s=56)
    expect(tablet.page.get_by_role("button", name="Not viable")).to_be_visible()
    tablet.page.evaluate(WALL, -3_600_000)
    expect(tablet.page.get_by_role("heading", name="Expired")).to_be_visible()


def test_a_tablet_that_has_slept_shows_nothing_as_live_that_may_be_over(mute, tablet):
    mute.state()
    alert = make_alert()
    mute.send("alert", alert)
    expect(tablet.page.get_by_role("button", name="Not viable")).to_be_visible()
    # The one clock stood still meanwhile, and the other has gone on.
    tablet.page.evaluate(WALL, 120_000)
    expect(tablet.page.get_by_role("heading", name="Expired")).to_be_visible()
    mute.send("alert", make_alert(age_s=61))
    mute.state()
    expect(tablet.page.get_by_role("heading", name="Expired")).to_have_count(1)
    mute.send("alert", alert)
    expect(tablet.page.locator(".card img")).to_have_count(2)


@pytest.mark.parametrize(("seconds", "word"), [(-300, "slow"), (300, "fast")])
def test_its_officer_is_told_once_in_plain_words(van, off, seconds, word):
    tablet = off(seconds)
    notice = tablet.page.locator(".notice")
    expect(notice).to_contain_text(f"{CLOCK} {word}. The times on this page are the van's")
    expect(notice).to_have_role("alert")
    tablet.tap("Understood")
    van.state(lamp="ready")
    expect(tablet.page.locator("#lamp")).to_have_text("Ready")
    expect(notice).to_have_count(0)
    assert tablet.errors == []


def test_a_clock_that_is_a_few_seconds_out_is_not_worth_a_word(van, off):
    tablet = off(3)
    van.state(lamp="ready")
    expect(tablet.page.locator("#lamp")).to_have_text("Ready")
    expect(tablet.page.locator(".notice")).to_have_count(0)


def test_a_page_that_is_loaded_again_begins_with_what_it_knew_of_its_clock(van, off):
    tablet = off(-300)
    expect(tablet.page.locator(".notice")).to_be_visible()
    van.greets = False
    tablet.page.reload()
    expect(tablet.link).to_have_text("Connected")
    van.alert(age_s=61)
    assert van.next(ACK)["data"]["shown_at"] is None
    expect(tablet.page.get_by_role("heading", name="Expired")).to_be_visible()
