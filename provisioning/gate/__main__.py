"""`python -m provisioning.gate`: the van's gate, on the sockets that systemd gives it."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from appliance.errors import ApplianceError
from appliance.sources import load
from provisioning.gate.service import announcing, run
from provisioning.gate.sluice import Sluice

FROM_NGINX, FROM_TABLETS = 3, 4
"""As systemd gives them away, in the order of lfr-gate.socket."""
BROKER, BROKER_TLS_PORT = Path("/run/lfr-broker/gate.sock"), 1885
"""As provisioning/mosquitto/lfr.conf has them."""


def main() -> None:
    """Serve until the process is ended; leaves with 78 where the settings are wrong."""
    try:
        settings = load(None, {})
    except ApplianceError as error:
        sys.stderr.write(f"{error.advice()}\n")
        sys.exit(error.exit_code)
    door = announcing(settings.van, BROKER, settings.tablets.redress_url)
    inner, outer = socket.socket(fileno=FROM_NGINX), socket.socket(fileno=FROM_TABLETS)
    run(inner, door, outer, Sluice(BROKER_TLS_PORT))


if __name__ == "__main__":
    main()
