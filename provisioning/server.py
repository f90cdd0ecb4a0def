"""A small server on loopback: it gives what is in a table, and never reads the disk."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, TypeAlias

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from socket import socket
    from socketserver import BaseServer

    Find: TypeAlias = "Callable[[str], Document | None]"
    """By path."""

POLL_S = 0.05
HANG_UP_S = 5.0


@dataclass(frozen=True)
class Document:
    """One thing that the server gives away."""

    body: bytes
    content_type: str


@contextmanager
def serve(find: Find, headers: Mapping[str, str]) -> Generator[int]:
    """Serve until the context ends.

    Args:
        find: What there is.
        headers: What every answer carries, errors included.

    Yields:
        The port.
    """
    handler = partial(PageHandler, find, headers)
    with PageServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(POLL_S,), name="page", daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


class PageServer(ThreadingHTTPServer):
    """A server that says nothing of a browser that hangs up."""

    @override
    def handle_error(self, request: socket | tuple[bytes, socket], client_address: object) -> None:
        """Keep silent when the other side is gone; everything else is ours."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class PageHandler(BaseHTTPRequestHandler):
    """Answers GET and HEAD.

    Args:
        find: What there is.
        headers: What every answer carries, errors included.
        request: The connection.
        address: Of the browser.
        server: Who accepted it.
    """

    server_version = "lfr"
    sys_version = ""
    timeout = HANG_UP_S

    def __init__(
        self,
        find: Find,
        headers: Mapping[str, str],
        request: socket,
        address: tuple[str, int],
        server: BaseServer,
    ) -> None:
        self._find = find
        self._headers = headers
        super().__init__(request, address, server)

    def do_GET(self) -> None:
        """Give a document."""
        document = self._begin()
        if document:
            self.wfile.write(document.body)

    def do_HEAD(self) -> None:
        """Give a document's headers."""
        self._begin()

    def _begin(self) -> Document | None:
        document = self._find(self.path.partition("?")[0])
        if document is None:
            self.send_error(404)
            return None
        self.send_response(200)
        self.send_header("Content-Type", document.content_type)
        self.send_header("Content-Length", str(len(document.body)))
        self.end_headers()
        return document

    @override
    def end_headers(self) -> None:
        """Add what every answer carries."""
        for name, value in self._headers.items():
            self.send_header(name, value)
        super().end_headers()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: who looks at the page is nobody's business."""
