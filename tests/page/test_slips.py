"""The redress slips of a shift can be shown again, and hold nothing but code, camera and time."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.page.test_offline import records

CODE = "7K3QF-2MXNP"


@pytest.fixture
def timed(open_tablet, url):
    """A tablet whose page's time can be moved on."""
    tablet = open_tablet()
    tablet.page.clock.install()
    tablet.open(url)
    return tablet


def stop(van, tablet, engagement="Not the person"):
    """Let an officer say of a new alert that the person was spoken to, or not."""
    van.alert(camera="mast-7")
    for answer in ("Viable", engagement):
        tablet.tap(answer)
        van.receive(van.decision())


def record(van, tablet):
    for group in ("disposal", "minutes", "force_used", "leaflet_given"):
        tablet.page.locator(f".{group} label").first.click()
    tablet.tap("Record")
    van.receive(van.decision())


def kept(tablet):
    return next(row for row in records(tablet, "shift") if row["what"] == "stops")["stops"]


def test_a_slip_is_at_hand_when_its_card_has_made_room_and_after_a_reload(van, timed):
    slips = timed.page.get_by_role("button", name="Slips")
    expect(slips).to_have_count(0)
    stop(van, timed)
    record(van, timed)
    for number in range(22):
        van.alert(camera=f"late-{number}", age_s=90)
    expect(timed.cards.filter(has_text="late-21")).to_have_count(1)
    expect(timed.page.get_by_role("button", name="Undo")).to_be_visible()
    timed.page.clock.fast_forward(11_000)
    expect(timed.page.get_by_role("button", name="Undo")).to_have_count(0)
    van.alert(age_s=90)
    expect(timed.cards.filter(has_text="mast-7")).to_have_count(0)
    for _ in range(2):
        slips.click()
        timed.page.get_by_role("dialog").get_by_role("button", name="mast-7").click()
        expect(timed.page.get_by_role("dialog")).to_contain_text(CODE)
        expect(timed.page.get_by_role("dialog")).to_contain_text("mast-7, van-1")
        timed.tap("Close")
        timed.page.reload()
    assert timed.errors == []


def test_of_a_stop_only_code_camera_and_time_are_kept(van, tablet):
    stop(van, tablet)
    expect(tablet.page.get_by_role("button", name="Slips")).to_be_visible()
    (one,) = kept(tablet)
    assert set(one) == {"code", "camera", "takenAt"}


def test_whom_nobody_spoke_to_has_no_slip_nor_one_whose_stop_is_taken_back(van, tablet):
    slips = tablet.page.get_by_role("button", name="Slips")
    stop(van, tablet, "Lost from sight")
    expect(slips).to_have_count(0)
    tablet.tap("Undo")
    tablet.tap("Same person")
    expect(slips).to_be_visible()
    tablet.tap("Undo")
    expect(slips).to_have_count(0)
    assert kept(tablet) == []


def test_a_shifts_slips_end_with_it(van, timed):
    stop(van, timed)
    timed.page.clock.fast_forward("12:01:00")
    expect(timed.page.get_by_role("button", name="Slips")).to_have_count(0)
    assert kept(timed) == []


def test_the_next_officer_does_not_see_the_last_ones_slips(van, tablet):
    stop(van, tablet)
    expect(tablet.page.get_by_role("button", name="Slips")).to_be_visible()
    tablet.tap("Change officer")
    tablet.page.locator("#shift-officer").fill("PC 99")
    tablet.tap("Start shift")
    expect(tablet.page.get_by_role("button", name="Slips")).to_have_count(0)
