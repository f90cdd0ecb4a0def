"""The gate as it runs: on the van behind nginx, in a trial beside the broker.

Mosquitto has WebSockets of its own. Those of 2.0, which Ubuntu 22.04 and 24.04 have, send a client
4 kB each time the broker wakes, which is every 100 ms (measured with 2.0.11: an alert of 30 kB took
703 ms, one of 100 kB 2.4 s; MQTT without WebSockets 0.7 ms); and neither the list of revoked
certificates nor the version of TLS that the configuration asks for means anything to them.
"""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from websockets.asyncio.server import serve
from websockets.typing import Subprotocol

from provisioning.gate.door import Door, announced, anybody, certified
from provisioning.server import tls_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Generator
    from pathlib import Path
    from socket import socket

MQTT = Subprotocol("mqtt")
FRAME_BYTES = 65_536
"""What a tablet says at once. Its largest word, a signed answer, has some 2 kB."""
PING_S = 20.0
READY_S = 10.0
LAST_S = 0.05


def announcing(van: str, broker_port: int, redress_url: str | None) -> Door:
    """Make the van's door, which stands behind nginx and believes what it says.

    Args:
        van: Whose alerts the pages show.
        broker_port: The broker's listener for the gate, on 127.0.0.1.
        redress_url: What stands before a redress code, where there is something.
    """

    def config(tablet: str, host: str) -> bytes:
        told = {"broker": f"wss://{host}/mqtt", "van": van, "tablet": tablet}
        return json.dumps({**told, "redress_url": redress_url}).encode()

    return Door(broker_port, announced, config)


def certifying(broker_port: int, roster: Path | None) -> tuple[Door, ssl.SSLContext | None]:
    """Make a trial's door, which asks for certificates itself.

    Args:
        broker_port: The broker's listener, on 127.0.0.1.
        roster: The van's folder of certificates, without which there is no TLS and nobody has a
            name.
    """
    if roster is None:
        return Door(broker_port, anybody), None
    return Door(broker_port, certified), tls_context(roster)


def run(listening: socket, door: Door) -> None:
    """Serve until the process is ended, on a socket that only nginx can reach."""
    asyncio.run(_serve(door, listening, None, asyncio.Event()))


@contextmanager
def open_gate(listening: socket, door: Door, tls: ssl.SSLContext | None = None) -> Generator[None]:
    """Serve until the context ends; the socket is closed then."""
    stop: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    ready = Event()

    async def serve_here() -> None:
        end = asyncio.Event()
        stop.append((asyncio.get_running_loop(), end))
        ready.set()
        await _serve(door, listening, tls, end)

    thread = Thread(target=asyncio.run, args=(serve_here(),), name="gate", daemon=True)
    thread.start()
    ready.wait(READY_S)
    try:
        yield
    finally:
        loop, end = stop[0]
        loop.call_soon_threadsafe(end.set)
        thread.join()


async def _serve(
    door: Door, listening: socket, tls: ssl.SSLContext | None, end: asyncio.Event
) -> None:
    server = serve(
        door.carry, sock=listening, ssl=tls, process_request=door.judge, subprotocols=[MQTT],
        # A picture is not made smaller by compressing it once more.
        compression=None, max_size=FRAME_BYTES, ping_interval=PING_S, server_header=None,
        logger=_silence(),
    )  # fmt: skip
    async with server as running:
        await end.wait()
        for connection in list(running.connections):
            connection.transport.abort()
        # A transport closes its socket in a later turn of the loop.
        await asyncio.sleep(LAST_S)


def _silence() -> logging.Logger:
    # Who came, and how they left, is nobody's business.
    logger = logging.getLogger("lfr.gate")
    logger.disabled = True
    return logger
