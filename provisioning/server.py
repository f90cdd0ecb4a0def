"""A small server on loopback: it gives what is in a table, and never reads the disk."""

from __future__ import annotations

import ssl
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, TypeAlias

from cryptography.x509 import load_der_x509_certificate
from cryptography.x509.oid import NameOID
from typing_extensions import override

from appliance.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path
    from socket import socket
    from socketserver import BaseServer

    Find: TypeAlias = "Callable[[str, str | None], Document | None]"
    """By path, and by the name of the browser's certificate where it has one."""

POLL_S = 0.05
HANG_UP_S = 5.0


@dataclass(frozen=True)
class Document:
    """One thing that the server gives away."""

    body: bytes
    content_type: str


@contextmanager
def serve(
    find: Find, headers: Mapping[str, str], tls: ssl.SSLContext | None = None
) -> Generator[int]:
    """Serve until the context ends.

    Args:
        find: What there is.
        headers: What every answer carries, errors included.
        tls: From `tls_context`; without it everybody on this machine is served.

    Yields:
        The port.
    """
    handler = partial(PageHandler, find, headers)
    with PageServer(handler, tls) as server:
        thread = Thread(target=server.serve_forever, args=(POLL_S,), name="page", daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def tls_context(folder: Path) -> ssl.SSLContext:
    """Let nobody in but tablets of the force that are not revoked, by TLS 1.3 alone.

    Args:
        folder: The van's: ca.pem, crl.pem, server.pem, server.key.

    Raises:
        InputError: one of them is missing or is something else.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    # A tablet that resumed an old session would not be looked up again.
    context.num_tickets = 0
    try:
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        for name in ("ca.pem", "crl.pem"):
            context.load_verify_locations(folder / name)
    except OSError:
        raise InputError(
            f"The certificates for the tablets in {folder} cannot be used.",
            mend="Make them again: lfr desk tablet van.",
        ) from None
    return context


class PageServer(ThreadingHTTPServer):
    """A server that says nothing of a browser that hangs up or is refused.

    Args:
        handler: Makes who answers one connection.
        tls: How it is spoken to.
    """

    def __init__(self, handler: Callable[..., PageHandler], tls: ssl.SSLContext | None) -> None:
        self._tls = tls
        super().__init__(("127.0.0.1", 0), handler)

    @override
    def get_request(self) -> tuple[socket, tuple[str, int]]:
        """Take a connection; shaking hands is its own thread's work, or one could hold up all."""
        connection, address = super().get_request()
        if self._tls:
            connection = self._tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    @override
    def handle_error(self, request: socket | tuple[bytes, socket], client_address: object) -> None:
        """Keep silent when the other side is gone or refused; everything else is ours."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, ssl.SSLError)):
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
        document = self._find(self.path.partition("?")[0], _name(self.connection))
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


def _name(connection: socket) -> str | None:
    """Give the name in the browser's certificate, which has been checked."""
    der = isinstance(connection, ssl.SSLSocket) and connection.getpeercert(binary_form=True)
    if not der:
        return None
    (name,) = load_der_x509_certificate(der).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(name.value)
