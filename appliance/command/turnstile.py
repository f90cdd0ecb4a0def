"""Serves the recall test's page to volunteers' phones, in a process of its own."""

from __future__ import annotations

import re
import sys
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET, SOCK_DGRAM, gethostname, socket
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from typing_extensions import override

from appliance.errors import MachineError
from appliance.oversight.recall.page import HEADERS

if TYPE_CHECKING:
    from socketserver import BaseServer

    from appliance.oversight.recall.page import Answer, Page

HANG_UP_S = 5.0
MOST_BYTES = 256
"""Of a form: it holds a code."""
EVERYWHERE = "0.0.0.0"  # noqa: S104 - compared with, and listened on only where somebody says so
OUTSIDE = ("192.0.2.1", 9)
"""Nobody's (RFC 5737), and nothing is sent there: the way to it tells the own address."""
LENGTH = re.compile(r"[0-9]{1,3}")


class Handler(BaseHTTPRequestHandler):
    """Answers GET and POST.

    Args:
        page: What there is.
        request: The connection.
        address: Of the phone.
        server: Who accepted it.
    """

    server_version = "lfr"
    sys_version = ""
    timeout = HANG_UP_S

    def __init__(
        self, page: Page, request: socket, address: tuple[str, int], server: BaseServer
    ) -> None:
        self._page = page
        super().__init__(request, address, server)

    def do_GET(self) -> None:
        """Show a page."""
        self._give(self._page.get(self.path))

    def do_POST(self) -> None:
        """Note a pass."""
        length = self.headers.get("Content-Length", "0")
        if not LENGTH.fullmatch(length) or int(length) > MOST_BYTES:
            self.send_error(413)
            return
        size = int(length)
        form = parse_qs(self.rfile.read(size).decode("ascii", "replace"))
        self._give(self._page.post(self.path, form.get("code", [""])[0]))

    def _give(self, answer: Answer) -> None:
        body = answer.body.encode()
        self.send_response(answer.status)
        if answer.location is not None:
            self.send_header("Location", answer.location)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def end_headers(self) -> None:
        """Add what every answer carries."""
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Write down nobody's code."""


class Server(ThreadingHTTPServer):
    """A server that says nothing of a phone that hangs up."""

    daemon_threads = True

    @override
    def handle_error(self, request: socket | tuple[bytes, socket], client_address: object) -> None:
        """Keep silent when the other side is gone; everything else is ours."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def open_server(page: Page, host: str, port: int) -> Server:
    """Take the port; `serve_forever` is to follow.

    Raises:
        MachineError: it cannot be had.
    """
    try:
        return Server((host, port), partial(Handler, page))
    except OSError as error:
        raise MachineError(
            f"Nothing can listen on {host}, port {port}: {error.strerror}.",
            mend="Choose another --port.",
        ) from None


def reached(host: str) -> str:
    """Say under which address phones find what listens: of all of them, that of the way out."""
    if host != EVERYWHERE:
        return host
    with socket(AF_INET, SOCK_DGRAM) as probe:
        try:
            probe.connect(OUTSIDE)
        except OSError:
            return gethostname()
        return str(probe.getsockname()[0])
