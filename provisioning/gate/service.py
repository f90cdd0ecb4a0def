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
import ssl
from contextlib import contextmanager
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING

from websockets.asyncio.server import serve
from websockets.typing import Subprotocol

from appliance.errors import InputError
from provisioning.gate.door import WAY, Door, announced, anybody, certified
from provisioning.server import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator, Mapping
    from pathlib import Path
    from socket import socket

    from provisioning.gate.door import Give
    from provisioning.gate.sluice import Sluice

MQTT = Subprotocol("mqtt")
FRAME_BYTES = 65_536
"""What a tablet says at once: no packet of its is longer."""
FRAMES = 4
"""So many wait for a tablet that says more than it may."""
SHAKE_S = 10.0
"""How long one may take until it has said what it wants."""
PING_S = 20.0
READY_S = 10.0
LAST_S = 0.05
CONFIG = "/config.json"


def announcing(van: str, broker: Path | int, redress_url: str | None) -> Door:
    """Make the van's door, which stands behind nginx and believes what it says.

    Args:
        van: Whose alerts the pages show.
        broker: Its listener for the gate: a socket, or a port.
        redress_url: What stands before a redress code, where there is something.
    """

    def config(path: str, tablet: str, host: str) -> Document | None:
        if path != CONFIG:
            return None
        told = {"broker": f"wss://{host}{WAY}", "van": van, "tablet": tablet}
        body = json.dumps({**told, "redress_url": redress_url}).encode()
        return Document(body, "application/json")

    return Door(broker, announced, config)


def certifying(broker_port: int, give: Give, headers: Mapping[str, str]) -> Door:
    """Make a trial's door, which looks at certificates itself, and gives the page away, too.

    Args:
        broker_port: The broker's listener for the gate, on 127.0.0.1.
        give: What there is.
        headers: What every answer carries.
    """
    return Door(broker_port, certified, give, headers)


def admitting(broker_port: int) -> Door:
    """Make the door of a trial on one machine, where nobody has a name.

    Args:
        broker_port: A listener of the broker, on 127.0.0.1.
    """
    return Door(broker_port, anybody)


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


def run(listening: socket, door: Door, outer: socket, sluice: Sluice) -> None:
    """Serve until the process is ended.

    Args:
        listening: Only nginx can reach it.
        door: For those who come by it.
        outer: Every tablet can reach it.
        sluice: For those who come by that.
    """

    async def serve_both() -> None:
        never = asyncio.Event()
        both = _serve(door, listening, None, never), _serve_sluice(sluice, outer, never)
        await asyncio.gather(*both)

    asyncio.run(serve_both())


@contextmanager
def open_gate(listening: socket, door: Door, tls: ssl.SSLContext | None = None) -> Generator[None]:
    """Serve until the context ends; the socket is closed then."""
    with _beside(partial(_serve, door, listening, tls)):
        yield


@contextmanager
def open_sluice(listening: socket, sluice: Sluice) -> Generator[None]:
    """Serve until the context ends; the socket is closed then."""
    with _beside(partial(_serve_sluice, sluice, listening)):
        yield


@contextmanager
def _beside(serving: Callable[[asyncio.Event], Coroutine[None, None, None]]) -> Generator[None]:
    """Serve in a thread, until an event that is set when the context ends."""
    stop: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    ready = Event()

    async def serve_here() -> None:
        end = asyncio.Event()
        stop.append((asyncio.get_running_loop(), end))
        ready.set()
        await serving(end)

    thread = Thread(target=asyncio.run, args=(serve_here(),), name="gate", daemon=True)
    thread.start()
    ready.wait(READY_S)
    try:
        yield
    finally:
        loop, end = stop[0]
        loop.call_soon_threadsafe(end.set)
        thread.join()


async def _serve_sluice(sluice: Sluice, listening: socket, end: asyncio.Event) -> None:
    server = await asyncio.start_server(sluice.carry, sock=listening)
    try:
        await end.wait()
    finally:
        server.close()
        sluice.close()
        await asyncio.sleep(LAST_S)


async def _serve(
    door: Door, listening: socket, tls: ssl.SSLContext | None, end: asyncio.Event
) -> None:
    server = serve(
        door.carry, sock=listening, ssl=tls, process_request=door.judge, subprotocols=[MQTT],
        # A picture is not made smaller by compressing it once more.
        compression=None, max_size=FRAME_BYTES, max_queue=FRAMES, ping_interval=PING_S,
        open_timeout=SHAKE_S, ssl_handshake_timeout=SHAKE_S if tls else None, server_header=None,
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
