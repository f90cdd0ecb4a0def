"""What an officer has chosen and not yet said outlives a reload and an undo."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.page.test_offline import records


@pytest.fixture
def chosen(van, tablet):
    """A tablet on which half an outcome is chosen."""
    van.alert()
    for answer in ("Viable", "Same person"):
        tablet.tap(answer)
        van.receive(van.decision())
    for group, name in (("disposal", "Arrest"), ("minutes", "Under 5 min"), ("ethnicity", "Mixed")):
        radio(tablet, group, name).check()
    return tablet


def radio(tablet, group, name):
    return tablet.page.locator(f".{group}").get_by_role("radio", name=name, exact=True)


def finish(tablet):
    radio(tablet, "force_used", "No").check()
    radio(tablet, "leaflet_given", "Yes").check()
    tablet.tap("Record")


def test_half_an_outcome_outlives_a_reload(van, chosen):
    chosen.page.reload()
    expect(radio(chosen, "disposal", "Arrest")).to_be_checked()
    expect(radio(chosen, "minutes", "Under 5 min")).to_be_checked()
    expect(chosen.page.get_by_role("radio", checked=True)).to_have_count(2)
    finish(chosen)
    said = van.decision()["data"]["answer"]
    assert (said["disposal"], said["minutes"], said["force_used"]) == ("arrest", 5, False)


def test_of_ethnicity_nothing_is_written_before_it_is_said(chosen):
    assert "arrest" in json.dumps(records(chosen, "alerts"))
    assert "mixed" not in json.dumps(records(chosen, "alerts"))


def test_an_outcome_that_is_taken_back_is_there_to_be_mended(van, chosen):
    finish(chosen)
    van.receive(van.decision())
    chosen.tap("Undo")
    van.receive(van.decision())
    expect(chosen.page.get_by_role("radio", checked=True)).to_have_count(5)
    radio(chosen, "disposal", "No action").check()
    chosen.tap("Record")
    said = van.decision()["data"]["answer"]
    assert (said["disposal"], said["minutes"]) == ("no_action", 5)
    assert chosen.errors == []


def test_nothing_is_chosen_for_a_stop_that_was_taken_back(van, tablet):
    van.alert()
    tablet.tap("Viable")
    tablet.tap("Same person")
    radio(tablet, "disposal", "Arrest").check()
    tablet.tap("Undo")
    tablet.tap("Not the person")
    expect(tablet.page.locator(".outcome")).to_be_visible()
    expect(tablet.page.get_by_role("radio", checked=True)).to_have_count(0)
