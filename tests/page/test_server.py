"""What the page's server gives away, and what it does not."""

from __future__ import annotations

import json
import re
import socket
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.errors import InputError
from provisioning.page import LIBRARIES, PAGE, TYPES, open_page

BROKER = 19001
NOT_SERVED = {"package.json", "package-lock.json"}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    shelf = {name: tmp_path_factory.mktemp("shelf") / name for name in LIBRARIES}
    for name, file in shelf.items():
        file.write_text(f"var {name};")
    return shelf


@pytest.fixture(scope="module")
def address(shelf):
    with open_page(shelf, BROKER, "van-1") as url:
        parts = urlsplit(url)
        yield parts.hostname, parts.port


def ask(address, path, method="GET"):
    connection = HTTPConnection(*address, timeout=10)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def say(address, request):
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(4096), b""))


def test_it_is_heard_on_loopback_alone(address):
    assert address[0] == "127.0.0.1"


def test_it_gives_each_file_with_its_type(address):
    for name, content_type in TYPES.items():
        status, headers, body = ask(address, f"/{name}")
        assert (status, headers["Content-Type"]) == (200, content_type)
        assert body == (PAGE / name).read_bytes()


def test_every_file_of_the_page_is_served_but_npms_own():
    files = {file.name for file in PAGE.iterdir() if file.is_file()}
    assert files - NOT_SERVED == set(TYPES)


def test_the_address_alone_gives_the_page(address):
    assert ask(address, "/")[2] == (PAGE / "index.html").read_bytes()
    assert ask(address, "/?officer=PC%201234")[0] == 200


def test_it_gives_what_npm_gave_and_the_settings(address):
    for name in LIBRARIES:
        assert ask(address, f"/{name}")[2] == f"var {name};".encode()
    settings = {
        "broker": f"ws://127.0.0.1:{BROKER}",
        "van": "van-1",
        "tablet": "tablet-1",
        "redress_url": None,
    }
    assert json.loads(ask(address, "/config.json")[2]) == settings


@pytest.mark.parametrize("path", ["/", "/page.js", "/config.json", "/nothing"])
def test_every_answer_has_the_strict_policy_and_is_not_stored(address, path):
    headers = ask(address, path)[1]
    policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["connect-src"] == f"'self' ws://127.0.0.1:{BROKER}"
    assert policy["frame-ancestors"] == "'none'"
    assert not {"script-src", "style-src"} & set(policy)
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_head_gives_the_headers_alone(address):
    status, headers, body = ask(address, "/page.js", "HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) == (PAGE / "page.js").stat().st_size


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_nothing_but_get_and_head_is_answered(address, method):
    assert ask(address, "/", method)[0] == 501


@pytest.mark.parametrize(
    "path",
    [
        "/package.json", "/package-lock.json", "/node_modules/mqtt/package.json",
        "/../page.js", "/%2e%2e/%2e%2e/errors.py", "/page.js/", "/PAGE.JS", "/page.js%00",
    ],
)  # fmt: skip
def test_what_is_not_in_the_table_is_not_there(address, path):
    assert ask(address, path)[0] == 404


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc", "Zs"]), max_size=40))
def test_no_other_path_gives_anything(address, path):
    known = {"", "config.json", *LIBRARIES, *TYPES}
    expected = 200 if re.split(r"[?#]", path)[0].lstrip("/") in known else 404
    assert ask(address, f"/{path.partition('#')[0]}")[0] == expected


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=200))
def test_rubbish_is_survived(address, request_bytes):
    say(address, request_bytes)
    assert ask(address, "/")[0] == 200


def test_a_browser_that_hangs_up_leaves_no_trace(address, capfd):
    with socket.create_connection(address, timeout=10) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.sendall(b"GET /page.js HTTP/1.0\r\n")
    assert ask(address, "/")[0] == 200
    assert capfd.readouterr().err == ""


def test_it_stops_when_the_context_ends(shelf):
    with open_page(shelf, BROKER, "van-1") as url:
        parts = urlsplit(url)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((parts.hostname, parts.port), timeout=10)


def test_a_missing_library_is_said_in_one_line(shelf, tmp_path):
    files = {**shelf, "lean-qr.js": tmp_path / "lean-qr.js"}
    with pytest.raises(InputError, match=r"lean-qr\.js") as refusal:
        open_page(files, BROKER, "van-1").__enter__()
    assert refusal.value.mend
