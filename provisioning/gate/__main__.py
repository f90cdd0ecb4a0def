"""`python -m provisioning.gate`: the van's gate, on the socket that systemd gives it."""

from __future__ import annotations

import socket

from provisioning.gate.service import run

GIVEN = 3
"""The first socket that systemd gives away: lfr-gate.socket."""
BROKER_PORT = 1884
"""As provisioning/mosquitto/lfr.conf has it."""

if __name__ == "__main__":
    run(socket.socket(fileno=GIVEN), BROKER_PORT)
