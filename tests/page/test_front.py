"""The page as on a van: Chromium's own TLS and certificate, nginx, the gate, Mosquitto."""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack

import pytest
from playwright.sync_api import expect

from appliance.tablets.proof import Roster
from appliance.tablets.wire import DecisionEvent
from provisioning.desk import luggage
from provisioning.desk.repository import utc_now
from provisioning.layout import lay_out
from provisioning.trial import make_roster
from tests.broker.voices import running
from tests.broker.webserver import guarding, serving, settle
from tests.page.cast import TABLET, Van
from tests.page.said import VAN
from tests.page.visitor import WORDS, make_home, visiting

ACK, DECISION, HELLO = "alert/ack", "decision", "hello"
KNOCK = """(url) => new Promise((tell) => {
  const socket = new WebSocket(url, "mqtt");
  socket.onopen = () => tell("open");
  socket.onerror = () => tell("refused");
})"""


@pytest.fixture
def roster(tmp_path):
    return make_roster(tmp_path / "roster", [TABLET])


@pytest.fixture
def broker(tmp_path, roster):
    with running(tmp_path / "mosquitto", roster.folder) as broker:
        yield broker


@pytest.fixture
def van(broker):
    van = Van(broker.ports["van"])
    yield van
    van.close()


@pytest.fixture
def url(tmp_path, files, roster, broker):
    shelf, folder = tmp_path / "shelf", tmp_path / "nginx"
    shelf.mkdir()
    for name, file in files.items():
        shutil.copy(file, shelf / name)
    lay_out(folder / "page", shelf)
    port = settle(folder, roster.folder)
    with guarding(folder, VAN, broker.ports["gate"], None), serving(folder, port):
        yield f"https://localhost:{port}/"


@pytest.fixture
def visit(engine, tmp_path, roster, url):
    """Start a browser that has a tablet's certificate, or none."""
    with ExitStack() as stack:

        def visit(name=None):
            folder = tmp_path / "visit"
            home = make_home(folder / "home", roster, name)
            return stack.enter_context(visiting(engine, folder, home, url))

        yield visit


def start_shift(tablet, roster):
    """Give the page the file with which it signs."""
    signing = luggage.key_file(roster.tablets[TABLET].signing, TABLET, WORDS)
    page, name = tablet.page, f"{TABLET}.lfrkey"
    page.locator("#shift-officer").fill("PC 1234")
    page.locator("#shift-file").set_input_files({"name": name, "mimeType": "", "buffer": signing})
    page.locator("#shift-password").fill(WORDS)
    page.locator("#shift-start").click()


def test_an_alert_is_painted_and_its_signed_answer_comes_back(van, visit, roster, url):
    tablet = visit(TABLET)
    tablet.open(f"{url}?")
    assert van.next(HELLO)["source"] == f"lfr/tablet/{TABLET}"
    start_shift(tablet, roster)
    alert_id = van.alert()
    painted = van.next(ACK)["data"]
    assert painted["alert_id"] == alert_id
    assert painted["shown_at"]
    tablet.tap("Viable")
    decision = van.decision()
    event = DecisionEvent.model_validate(decision)
    Roster(roster.folder, utc_now).check(json.dumps(decision).encode(), event, TABLET)
    assert decision["data"]["alert_id"] == alert_id
    van.receive(decision)
    expect(tablet.cards).to_contain_text("Received by the van")
    assert tablet.errors == []
    assert set(tablet.sockets) == {f"{url.replace('https', 'wss')}mqtt"}


def test_a_browser_without_a_certificate_gets_nothing(van, visit, url):
    tablet = visit()
    answer = tablet.page.goto(url)
    assert answer.status == 400
    assert tablet.page.locator("script, link, #link").count() == 0
    assert tablet.page.goto(f"{url}config.json").status == 400
    assert tablet.page.evaluate(KNOCK, f"{url.replace('https', 'wss')}mqtt") == "refused"
    assert not van.has_heard(HELLO)


def test_a_revoked_tablets_browser_gets_nothing(roster, request):
    roster.revoke(TABLET)
    visit, url = map(request.getfixturevalue, ("visit", "url"))
    tablet = visit(TABLET)
    assert tablet.page.goto(url).status == 400
    assert tablet.page.goto(f"{url}config.json").status == 400


def test_the_browser_lends_its_certificate_to_the_tablets_own_page_alone(visit, url):
    tablet = visit(TABLET)
    way = f"{url.replace('https', 'wss')}mqtt"
    tablet.open(url)
    assert tablet.page.evaluate(KNOCK, way) == "open"
    tablet.page.goto("about:blank")
    assert tablet.page.evaluate(KNOCK, way) == "refused"
