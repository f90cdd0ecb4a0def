"""The page and its link with TLS 1.3, and who is let in."""

from __future__ import annotations

import ssl
from http.client import HTTPSConnection
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from appliance.errors import InputError
from provisioning.broker import open_broker
from provisioning.gate.service import tls_context
from provisioning.page import PAGE, TYPES, Trial, open_page
from provisioning.trial import make_roster
from tests.page.cast import TABLET
from tests.page.said import VAN

POLICY = "Content-Security-Policy"
UPGRADED = 101
UPGRADE = {
    "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Protocol": "mqtt",
}  # fmt: skip
REFUSED = (ssl.SSLError, ConnectionError)
"""The server hangs up; whether its last word is still read depends on the moment."""


@pytest.fixture(scope="module")
def roster(tmp_path_factory):
    return make_roster(tmp_path_factory.mktemp("roster"), [TABLET, "tablet-8", "tablet-9"])


@pytest.fixture
def broker(tmp_path, roster):
    with open_broker(tmp_path, tmp_path / "cache", ["installed"], roster.folder, VAN) as broker:
        yield broker


@pytest.fixture
def url(files, broker, roster):
    keys = {name: tablet.signing for name, tablet in roster.tablets.items()}
    with open_page(files, broker.page_port, VAN, Trial(keys=keys), roster.folder) as url:
        yield url


@pytest.fixture
def open_as(open_tablet, roster, url):
    """Open the page with one tablet's certificate."""

    def open_as(name):
        tablet = roster.tablets[name]
        shown = {
            "origin": url.rstrip("/"), "certPath": tablet.certificate, "keyPath": tablet.key
        }  # fmt: skip
        opened = open_tablet(client_certificates=[shown], ignore_https_errors=True)
        opened.open(url)
        return opened

    return open_as


def fetch(url, roster, name=None, path="/config.json", headers=None, **limits):
    context = ssl.create_default_context(cafile=roster.folder / "ca.pem")
    for limit, value in limits.items():
        setattr(context, limit, value)
    if name:
        tablet = roster.tablets[name]
        context.load_cert_chain(tablet.certificate, tablet.key)
    connection = HTTPSConnection(urlsplit(url).netloc, context=context, timeout=10)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, b"" if answer.status == UPGRADED else answer.read()
    finally:
        connection.close()


def ask(url, roster, name=None, **limits):
    return fetch(url, roster, name, **limits)[2].decode()


def test_an_alert_and_its_answer_go_their_way_by_tls(van, open_as):
    tablet = open_as(TABLET)
    alert_id = van.alert()
    tablet.tap("Viable")
    decision = van.decision()
    assert decision["data"]["alert_id"] == alert_id
    van.receive(decision)
    expect(tablet.cards).to_contain_text("Received by the van")
    assert tablet.errors == []


def test_page_and_broker_have_one_address(open_as, url):
    tablet = open_as(TABLET)
    host = urlsplit(url).netloc
    assert set(tablet.hosts) == {host}
    assert set(tablet.sockets) == {f"wss://{host}/mqtt"}


def test_every_file_comes_whole_and_with_the_strict_policy(url, roster, files):
    shown = {name: (PAGE / name, kind) for name, kind in TYPES.items()}
    shown |= {name: (file, TYPES["page.js"]) for name, file in files.items()}
    for name, (file, kind) in shown.items():
        status, headers, body = fetch(url, roster, TABLET, f"/{name}?officer=PC%201")
        assert (status, headers["Content-Type"], body) == (200, kind, file.read_bytes())
        assert f"connect-src 'self' wss://{urlsplit(url).netloc};" in headers[POLICY]
        assert headers["Cache-Control"] == "no-store"


def test_what_is_not_there_is_not_given_but_the_policy_is(url, roster):
    status, headers, body = fetch(url, roster, TABLET, "/package.json")
    assert (status, body) == (404, b"")
    assert POLICY in headers


def test_a_page_of_somebody_elses_does_not_come_in_on_the_tablets_certificate(url, roster):
    own = url.rstrip("/")
    for origin, status in {own: UPGRADED, "https://evil.example": 403, "null": 403}.items():
        asked = fetch(url, roster, TABLET, "/mqtt", {**UPGRADE, "Origin": origin})
        assert asked[0] == status


def test_a_tablets_certificate_says_its_name_and_another_tablet_is_another(van, open_as):
    first, second = open_as(TABLET), open_as("tablet-8")
    van.alert()
    for tablet, name in ((first, TABLET), (second, "tablet-8")):
        tablet.tap("Viable")
        assert van.decision()["source"] == f"lfr/tablet/{name}"


def test_the_settings_are_those_of_the_tablet_that_asks(url, roster):
    assert '"tablet": "tablet-8"' in ask(url, roster, "tablet-8")


def test_without_a_certificate_nothing_is_given(url, roster):
    with pytest.raises(REFUSED):
        ask(url, roster)


def test_a_revoked_tablet_is_given_nothing(files, tmp_path):
    roster = make_roster(tmp_path, [TABLET, "tablet-8"])
    roster.revoke(TABLET)
    with open_page(files, 1, VAN, tls=roster.folder) as url:
        assert ask(url, roster, "tablet-8")
        with pytest.raises(REFUSED):
            ask(url, roster, TABLET)


def test_tls_before_1_3_is_not_spoken(url, roster):
    with pytest.raises(REFUSED):
        ask(url, roster, TABLET, maximum_version=ssl.TLSVersion.TLSv1_2)


def test_a_browser_that_is_refused_leaves_no_trace(url, roster, capfd):
    with pytest.raises(REFUSED):
        ask(url, roster)
    assert ask(url, roster, TABLET)
    assert capfd.readouterr().err == ""


def test_a_folder_without_certificates_is_said_in_one_line(tmp_path):
    with pytest.raises(InputError) as refusal:
        tls_context(tmp_path)
    assert "lfr desk tablet van" in refusal.value.mend
