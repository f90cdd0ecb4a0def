"""The van's nginx as it is installed: who gets the page, with what, and the way to the gate."""

import http.client
import json
import socket
import ssl

import pytest

from provisioning.layout import lay_out
from provisioning.page import LIBRARIES, TYPES, _headers
from tests.broker.voices import VAN, WAIT_S, Voice
from tests.broker.webserver import guarding, serving, settle

URL = "https://force.example/r?"
UPGRADE = {
    "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Protocol": "mqtt",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    for name in LIBRARIES:
        (shelf / name).write_text("// from npm")
    lay_out(tmp_path / "nginx" / "page", shelf)
    return tmp_path / "nginx"


@pytest.fixture
def gate(folder, broker):
    with guarding(folder, "van-1", broker.ports["gate"], URL):
        yield


@pytest.fixture
def port(folder, roster, gate):
    chosen = settle(folder, roster.folder)
    with serving(folder, chosen):
        yield chosen


@pytest.fixture
def ask(port, roster):
    """Ask as a tablet; gives the status, the headers and what came."""

    def ask(path, tablet="tablet-1", method="GET", **headers):
        context = ssl.create_default_context(cafile=str(roster.folder / "ca.pem"))
        if tablet:
            context.load_cert_chain(roster.tablets[tablet].certificate, roster.tablets[tablet].key)
        asked = http.client.HTTPSConnection("localhost", port, context=context, timeout=WAIT_S)
        try:
            asked.request(
                method, path, headers={k.replace("_", "-"): v for k, v in headers.items()}
            )
            answer = asked.getresponse()
            body = b"" if answer.status == 101 else answer.read()
            return answer.status, answer.headers, body
        finally:
            asked.close()

    return ask


def test_a_tablet_gets_every_file_as_what_it_is_and_the_same_headers_as_in_a_trial(ask, port):
    policy = _headers(f"wss://localhost:{port}")
    for name, kind in {
        **TYPES,
        **dict.fromkeys(LIBRARIES, "text/javascript; charset=utf-8"),
    }.items():
        status, headers, _ = ask(f"/{name}")
        assert (status, headers["Content-Type"]) == (200, kind), name
        assert {key: headers[key] for key in policy} == policy
        assert not {"ETag", "Set-Cookie"} & set(headers)
    assert ask("/")[2] == ask("/index.html")[2]


def test_who_has_no_certificate_or_a_revoked_one_gets_nothing(ask):
    for tablet in (None, "lost"):
        for path in ("/", "/config.json", "/mqtt"):
            status, headers, body = ask(path, tablet)
            assert status == 400
            assert b"lfr" not in body
            assert headers["Cache-Control"] == "no-store"


def test_an_older_tls_gets_nothing(port, roster):
    context = ssl.create_default_context(cafile=str(roster.folder / "ca.pem"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(("127.0.0.1", port)) as raw, pytest.raises(ssl.SSLError):
        context.wrap_socket(raw, server_hostname="localhost")


def test_a_page_is_told_its_tablet_and_its_way_to_the_broker(ask, port):
    status, headers, body = ask("/config.json", "tablet-2", X_Tablet="CN=tablet-1")
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert json.loads(body) == {
        "broker": f"wss://localhost:{port}/mqtt", "van": "van-1", "tablet": "tablet-2",
        "redress_url": URL,
    }  # fmt: skip
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/../nginx.conf", "/nothing", "/.hidden", "/page.js.map", "/%2e%2e/pid"]
)
def test_what_is_not_of_the_page_is_not_given(ask, path):
    assert ask(path)[0] in {400, 404}


def test_nothing_can_be_put_there(ask):
    assert {ask("/page.js", method=method)[0] for method in ("POST", "PUT", "DELETE")} <= {403, 405}


def test_a_page_of_somebody_elses_does_not_come_in_on_the_tablets_certificate(ask, port):
    own = f"https://localhost:{port}"
    assert ask("/mqtt", **UPGRADE, Origin=own)[0] == 101
    for strange in ("https://evil.example", "null", f"{own}.evil.example", "http://localhost"):
        assert ask("/mqtt", **UPGRADE, Origin=strange)[0] == 403


def test_alerts_reach_a_page_at_once_and_its_word_comes_back_under_its_name(port, broker, roster):
    tablet = Voice(port, "tablet-2", roster, web=True)
    van = Voice(broker.ports["van"]).hear(f"{VAN.decision}/+")
    tablet.hear(VAN.alert)
    alert = bytes(range(256)) * 400
    van.say(VAN.alert, alert)
    assert tablet.heard.get(timeout=WAIT_S).payload == alert
    assert not tablet.say(f"{VAN.decision}/tablet-1")
    assert tablet.say(f"{VAN.decision}/tablet-2", b"mine")
    assert van.heard.get(timeout=WAIT_S).payload == b"mine"
    tablet.close()
    van.close()


def test_nobody_is_told_who_looked(ask, folder):
    ask("/")
    ask("/nothing")
    ask("/", None)
    assert not list(folder.rglob("access*"))
    assert (folder / "error.log").read_text() == ""
