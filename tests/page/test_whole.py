"""The whole way: a film, the van, a broker, the page in a browser, an officer's tap, the van."""

import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect


@pytest.fixture
def demo():
    """A demo that plays until the test is over; gives its lines as they come."""
    command = [
        sys.executable,
        "-m",
        "appliance",
        "demo",
        "--headless",
        "--no-audit",
        "--seconds",
        "60",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        yield running.stdout
        running.terminate()


def first(lines, pattern):
    return next(found for found in (re.search(pattern, line) for line in lines) if found)


@pytest.mark.timeout(200)
def test_an_officers_tap_on_a_real_alert_reaches_the_van(demo, open_tablet):
    tablet = open_tablet()
    tablet.open(first(demo, r"Tablet +(http\S+)")[1])
    alert = tablet.page.get_by_role("article").first
    alert.wait_for(timeout=60_000)
    expect(alert.get_by_role("button", name="Not viable")).to_be_visible()
    tablet.page.get_by_role("button", name="Viable", exact=True).first.click()
    assert first(demo, r"DECISION +(.*)")[1] == "viable"
    expect(tablet.page.get_by_text("Received by the van").first).to_be_visible()
