"""The van's broker for `lfr bench alert`: Mosquitto with TLS, on loopback, that can be killed."""

from __future__ import annotations

import secrets
import shutil
import socket
import subprocess
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from appliance.bench.actor import peak_mb, wait_for
from appliance.errors import MachineError
from appliance.settings import TabletSettings
from provisioning.access import PATTERNS, SERVICES, TABLETS, write_access
from provisioning.broker import QUIET, SBIN

if TYPE_CHECKING:
    from pathlib import Path

    from provisioning.trial import TrialTablet

LISTEN_S = 10.0
ANSWER_S = 0.2
LOOPBACK = "127.0.0.1"
GLOBAL = (
    "per_listener_settings true",
    "persistence false",
    "set_tcp_nodelay true",
    "log_type none",
    # Whom root would start it as may not read this bench's folder; others it does not ask.
    "user root",
)


class Mosquitto:
    """The broker on three ports that stay the same when it is started again.

    Args:
        folder: Where its configuration lies meanwhile.
        roster: As `/etc/lfr/tablets`.
        van: The van's name.
    """

    name = "broker"

    def __init__(self, folder: Path, roster: Path, van: str) -> None:
        self.port, self.tls_port, self.gate_port = _ports(3)
        self.peak_mb = 0.0
        self._roster = roster
        self._process: subprocess.Popen[bytes] | None = None
        self._program = shutil.which("mosquitto") or shutil.which("mosquitto", path=SBIN)
        write_access(folder / "access", van)
        self._config = folder / "broker.conf"
        self._config.write_text(self._configure(folder / "access"))

    def _configure(self, access: Path) -> str:
        ours, theirs = (f"acl_file {access / name}" for name in (SERVICES, TABLETS))
        tls = (
            f"cafile {self._roster / 'ca.pem'}",
            f"crlfile {self._roster / 'crl.pem'}",
            f"certfile {self._roster / 'server.pem'}",
            f"keyfile {self._roster / 'server.key'}",
            "tls_version tlsv1.3",
            "require_certificate true",
            "use_identity_as_username true",
            theirs,
        )
        lines = (
            *GLOBAL,
            *limits((PATTERNS / "lfr.conf").read_text()),
            *(f"listener {self.port} {LOOPBACK}", "allow_anonymous true", ours),
            *(f"listener {self.tls_port} {LOOPBACK}", *tls),
            # The gate's, which has seen the browser's certificate, and says whose it is.
            *(f"listener {self.gate_port} {LOOPBACK}", "allow_anonymous true", theirs),
        )
        return "".join(f"{line}\n" for line in lines)

    def start(self) -> None:
        """Start it, and return when it listens.

        Raises:
            MachineError: it is not installed, or does not listen.
        """
        if self._program is None:
            raise MachineError("There is no Mosquitto here.", mend="apt-get install mosquitto")
        self._process = subprocess.Popen(  # noqa: S603  # all our own words
            [self._program, "-c", str(self._config)], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        for port in (self.port, self.tls_port, self.gate_port):
            wait_for(partial(_listens, port), LISTEN_S, "the broker")

    def kill(self) -> None:
        """See `actor.Victim`."""
        if self._process is not None:
            self.weigh()
            self._process.kill()
            self._process.wait()
            self._process = None

    def weigh(self) -> None:
        """Note the most memory that it has had."""
        if self._process is not None:
            self.peak_mb = max(self.peak_mb, peak_mb(self._process.pid))

    def for_tablet(self, tablet: TrialTablet) -> TabletSettings:
        """Say how a tablet connects."""
        return TabletSettings(
            host="localhost",
            port=self.tls_port,
            ca_file=self._roster / "ca.pem",
            certificate=tablet.certificate,
            key=tablet.key,
        )


def limits(configuration: str) -> list[str]:
    """Name what a van's own broker holds for its clients at the most: what is more, it drops."""
    common = configuration.partition("\nlistener ")[0].splitlines()
    return [line for line in common if line.startswith("max_")]


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=ANSWER_S):
        return True
    return False


def _ports(count: int) -> list[int]:
    """Name ports that nobody holds."""
    found: set[int] = set()
    while len(found) < count:
        port = secrets.choice(QUIET)
        with suppress(OSError), socket.create_server((LOOPBACK, port)):
            found.add(port)
    return list(found)
