"""The recall test's page over a real connection."""

import socket
import threading
from contextlib import contextmanager
from http.client import HTTPConnection

import pytest

from appliance.command import turnstile
from appliance.command.turnstile import open_server, reached
from appliance.errors import MachineError
from appliance.oversight.recall.page import HEADERS, Answer


class Page:
    """Says what it was asked."""

    def get(self, path):
        return Answer(200, f"GET {path}")

    def post(self, path, code):
        return Answer(303, f"POST {path} {code}", location="/there")


@contextmanager
def served(page):
    with open_server(page, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield HTTPConnection(*server.server_address, timeout=10)
        finally:
            server.shutdown()
            thread.join()


def ask(line, method, path, body=None, **headers):
    line.request(method, path, body, headers)
    answer = line.getresponse()
    return answer, answer.read().decode()


def test_a_page_comes_with_its_policy():
    with served(Page()) as line:
        answer, body = ask(line, "GET", "/7K3QD")
    assert (answer.status, body) == (200, "GET /7K3QD")
    assert not set(HEADERS.items()) - set(answer.getheaders())
    assert answer.getheader("Server").strip() == "lfr"


def test_a_tap_leads_on():
    with served(Page()) as line:
        answer, body = ask(line, "POST", "/", "code=7K3QD+8M")
    assert (answer.status, answer.getheader("Location")) == (303, "/there")
    assert body == "POST / 7K3QD 8M"


@pytest.mark.parametrize(
    ("size", "status"),
    [("0", 303), ("257", 413), ("-1", 413), ("x", 413), ("9" * 5_000, 413), ("\xb2", 413)],
)
def test_a_form_is_as_long_as_a_code_and_no_longer(size, status):
    with served(Page()) as line:
        line.putrequest("POST", "/")
        line.putheader("Content-Length", size)
        line.endheaders()
        answer = line.getresponse()
    assert answer.status == status
    assert not set(HEADERS.items()) - set(answer.getheaders())


def test_no_code_is_written_down(capfd):
    with served(Page()) as line:
        ask(line, "GET", "/7K3QD-SECRET")
        ask(line, "PUT", "/7K3QD-SECRET")
    assert capfd.readouterr() == ("", "")


def test_a_phone_that_hangs_up_is_nothing_to_speak_of(capfd):
    class Gone(Page):
        def get(self, path):
            raise BrokenPipeError

    with served(Gone()) as line, pytest.raises(ConnectionError):
        ask(line, "GET", "/")
    assert capfd.readouterr() == ("", "")


def test_a_fault_of_ours_is_told(capfd):
    class Wrong(Page):
        def get(self, path):
            raise ZeroDivisionError

    with served(Wrong()) as line, pytest.raises(ConnectionError):
        ask(line, "GET", "/")
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_of_all_addresses_the_one_is_told_that_phones_can_reach(monkeypatch):
    assert reached("127.0.0.1") == "127.0.0.1"
    assert reached("0.0.0.0") not in {"0.0.0.0", ""}

    monkeypatch.setattr(turnstile, "socket", lambda *_: Unconnected())
    assert reached("0.0.0.0") == socket.gethostname()


class Unconnected:
    """A computer without a network."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def connect(self, _):
        raise OSError


def test_a_port_that_is_taken_is_said():
    with (
        open_server(Page(), "127.0.0.1", 0) as first,
        pytest.raises(MachineError, match="Nothing can listen"),
    ):
        open_server(Page(), "127.0.0.1", first.server_port)
