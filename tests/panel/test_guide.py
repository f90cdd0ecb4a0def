"""The officers' card: one printed page that says what the page, the van and the lamp really do."""

from __future__ import annotations

import re
import shutil
import subprocess
from html import unescape

import pytest

from appliance.domain.lamp import Lamp
from appliance.panel import LOOKS, Look
from appliance.settings import PanelSettings
from tests.panel import guide

CHROMIUM = (
    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--no-pdf-header-footer",
)  # fmt: skip
PAGES = re.compile(rb"/Type\s*/Page(?!s)")
A4_POINTS = (595, 842)
NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five"}


@pytest.fixture(scope="module")
def card():
    return guide.CARD.read_text("utf-8")


@pytest.fixture(scope="module")
def words(card):
    """What somebody reads on it."""
    body = re.sub(r"<svg.*?</svg>|<[^>]*>", " ", card.partition("<body>")[2], flags=re.DOTALL)
    return " ".join(unescape(body).split())


def printed(page, folder):
    """Print as the browser does; gives the PDF."""
    browser = shutil.which(CHROMIUM[0])
    assert browser, "this test needs Chromium"
    out, home = folder / "card.pdf", folder / "profile"
    command = [browser, *CHROMIUM[1:], f"--user-data-dir={home}", f"--print-to-pdf={out}"]
    subprocess.run([*command, page.as_uri()], check=True, capture_output=True)
    return out.read_bytes()


def test_it_is_one_page_of_a4(tmp_path):
    pdf = printed(guide.CARD, tmp_path)
    assert len(PAGES.findall(pdf)) == 1
    (box,) = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert tuple(round(float(side)) for side in box) == A4_POINTS


def test_a_longer_card_would_be_noticed(tmp_path, card):
    longer = tmp_path / "longer.html"
    longer.write_text(card.replace("</main>", "<p>More.</p>" * 40 + "</main>"), "utf-8")
    assert len(PAGES.findall(printed(longer, tmp_path))) == 2


def test_it_runs_nothing_and_fetches_nothing(card):
    assert not re.findall(r"<script|<link|<img|<iframe|@import|url\(|\bon\w+=|\bsrc=|\bhref=", card)
    assert "default-src 'none'" in card


def test_it_shows_the_lamp_s_rhythms_as_they_are(card, monkeypatch):
    assert card == guide.written(card), "Write it again: python -m tests.panel.guide"
    monkeypatch.setitem(LOOKS, Lamp.ALERT, Look((1, 0, 0), 0.4, 0.2))
    assert card != guide.written(card)
    assert set(guide.MEANS) == {lamp.value for lamp in Lamp}


def test_it_says_for_how_long_the_button_is_held(words):
    assert f"held for {NUMBERS[round(PanelSettings().hold_s)]} seconds" in words


@pytest.fixture(scope="module")
def page():
    """What an officer reads on the tablet."""
    text = guide.CARD.parents[1] / "appliance/tablets/page/text.js"
    return re.findall(r'"((?:[^"\\]|\\.)*)"', text.read_text("utf-8"))


@pytest.mark.parametrize(
    "label",
    [
        "Not viable", "Viable", "Same person", "Not the person", "Lost from sight",
        "No longer wanted", "Start shift", "Assess it myself", "Your powers", "Change officer",
        "Link", "Connected", "Lost", "Lamp", "Watchlist", "Authority", "Ended",
        "Tablet and officer", "Expired", "Arrest", "Other disposal", "No action", "Force used",
        "Leaflet given", "Redress slip",
    ],
)  # fmt: skip
def test_what_it_calls_by_name_is_called_so_on_the_tablet(words, page, label):
    assert label in page
    assert label.lower() in words.lower()


@pytest.mark.parametrize(
    "rule",
    [
        "Not viable is the default, and final.",
        "Silence is never a yes.",
        "undone for 10 seconds",
        "In doubt: NOT VIABLE.",
        "to everybody you stopped",
        "Your answers stay on the tablet and go out by themselves",
    ],
)
def test_it_says_the_rules_that_matter(words, rule):
    assert rule in words
