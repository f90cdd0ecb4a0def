"""`python -m provisioning.gate`: the van's gate, on the socket that systemd gives it."""

from __future__ import annotations

import socket
import sys

from appliance.errors import ApplianceError
from appliance.sources import load
from provisioning.gate.service import announcing, run

GIVEN = 3
"""The first socket that systemd gives away: lfr-gate.socket."""
BROKER_PORT = 1884
"""As provisioning/mosquitto/lfr.conf has it."""


def main() -> None:
    """Serve until the process is ended; leaves with 78 where the settings are wrong."""
    try:
        settings = load(None, {})
    except ApplianceError as error:
        sys.stderr.write(f"{error.advice()}\n")
        sys.exit(error.exit_code)
    door = announcing(settings.van, BROKER_PORT, settings.tablets.redress_url)
    run(socket.socket(fileno=GIVEN), door)


if __name__ == "__main__":
    main()
