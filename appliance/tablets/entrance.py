"""The ways by which tablets come, as `lfr check` knocks at them: nginx with the page, and the gate.

Whoever checks has no certificate, so what it is told is what a stranger would be told.
"""

from __future__ import annotations

import shutil
import ssl
import stat
from contextlib import contextmanager
from datetime import datetime, timezone
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from appliance.errors import MachineError, SettingsError, TrustError
from appliance.tablets.papers import FOLDER_MEND

if TYPE_CHECKING:
    from collections.abc import Generator

PAGE_PORT, GATE_PORT = 443, 8883
CONFIGURATION: Final = Path("/etc/nginx/conf.d/lfr.conf")
SOCKET: Final = Path("/run/lfr-gate.sock")
SBIN: Final = "/usr/sbin:/usr/local/sbin"
"""Where nginx is, and where an ordinary user's PATH does not look."""
ANSWER_S = 5.0
NO_CERTIFICATE: Final = 400
"""nginx's answer to whoever shows none."""
NGINX_MEND: Final = "sudo nginx -t, then sudo systemctl restart nginx."
GATE_MEND: Final = "sudo systemctl restart mosquitto lfr-gate; see journalctl -u lfr-gate."
OPEN_MEND: Final = "sudo systemctl stop nginx, and install the appliance again."


def knock_at_page(folder: Path, port: int = PAGE_PORT, configuration: Path = CONFIGURATION) -> str:
    """See that nginx gives the page to tablets, and to nobody else.

    Args:
        folder: The van's, with ca.pem and server.pem.
        port: Where nginx listens.
        configuration: Where it has the appliance's part.

    Raises:
        MachineError: it is not there, or does not answer, or has an older certificate.
        TrustError: it answers as somebody else, or gives the page to strangers.
        SettingsError: the folder cannot be read.
    """
    if not (shutil.which("nginx") or shutil.which("nginx", path=SBIN)):
        raise MachineError(
            "nginx is not installed: no browser gets the page.", mend="apt-get install nginx-light."
        )
    if not configuration.is_file():
        raise MachineError(
            f"nginx knows nothing of the page: {configuration} is missing.",
            mend="Install the appliance again (provisioning/install.sh).",
        )
    with _line(folder, port, "nginx", NGINX_MEND) as (line, days):
        line.request("HEAD", "/")
        if line.getresponse().status != NO_CERTIFICATE:
            raise TrustError("nginx lets in whoever has no certificate.", mend=OPEN_MEND)
    return f"nginx answers, tablets alone; its certificate for {days} more days"


def knock_at_gate(folder: Path, port: int = GATE_PORT, place: Path = SOCKET) -> str:
    """See that the gate is there for nginx alone, and brings tablets to the broker.

    Args:
        folder: As for `knock_at_page`.
        port: Where tablets come that speak MQTT themselves.
        place: The socket at which nginx asks.

    Raises:
        MachineError: one is not there, or the broker does not answer, or as for `knock_at_page`.
        TrustError: others can ask as nginx does, or as for `knock_at_page`.
        SettingsError: the folder cannot be read.
    """
    if not place.is_socket():
        raise MachineError(
            f"The gate's socket {place} is missing.",
            mend="Install the appliance, or sudo systemctl start lfr-gate.socket.",
        )
    if place.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise TrustError(
            f"Others than nginx can speak to {place}, which believes them.",
            mend="sudo systemctl restart lfr-gate.socket.",
        )
    with _line(folder, port, "The gate", GATE_MEND) as (_, days):
        return f"the broker answers behind it; its certificate for {days} more days"


@contextmanager
def _line(folder: Path, port: int, who: str, mend: str) -> Generator[tuple[HTTPSConnection, int]]:
    """Connect without a certificate to the folder's server; give for how many days it is good."""
    try:
        context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        server = x509.load_pem_x509_certificate((folder / "server.pem").read_bytes())
    except (OSError, ValueError):
        raise SettingsError(
            f"The tablets' certificates in {folder} cannot be read.", mend=FOLDER_MEND
        ) from None
    context.check_hostname = False  # under which names tablets come is nothing that a van knows
    line = HTTPSConnection("127.0.0.1", port, context=context, timeout=ANSWER_S)
    try:
        line.connect()
        if line.sock.getpeercert(binary_form=True) != server.public_bytes(Encoding.DER):
            raise MachineError(f"{who} has another certificate than {folder}.", mend=mend)
        yield line, (server.not_valid_after_utc - datetime.now(timezone.utc)).days
    except ssl.SSLCertVerificationError:
        raise TrustError(
            f"{who} shows a certificate that is not the force's, or is over.", mend=FOLDER_MEND
        ) from None
    except (OSError, HTTPException):
        raise MachineError(f"{who} does not answer on port {port}.", mend=mend) from None
    finally:
        line.close()
