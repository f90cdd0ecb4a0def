"""The gate as it runs: on the van behind nginx, in a trial beside the broker."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from provisioning.gate.door import Door, announced, anybody, certified

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path
    from socket import socket

HEAD_BYTES = 16_384
"""A request for a WebSocket, with all that a browser says of itself."""
READY_S = 10.0


def run(listening: socket, broker_port: int) -> None:
    """Serve nginx on the van until the process is ended.

    Args:
        listening: A socket of this machine that only nginx can reach.
        broker_port: The broker's listener for the gate, on 127.0.0.1.
    """
    asyncio.run(_serve(Door(broker_port, announced), listening, None, asyncio.Event()))


@contextmanager
def open_gate(listening: socket, broker_port: int, roster: Path | None) -> Generator[None]:
    """Serve browsers of a trial until the context ends.

    Args:
        listening: A socket on loopback, which is closed in the end.
        broker_port: The broker's listener, on 127.0.0.1.
        roster: The van's folder of certificates, without which there is no TLS and nobody has a
            name.
    """
    door = Door(broker_port, certified if roster else anybody)
    tls = server_context(roster) if roster else None
    stop: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    ready = Event()

    async def serve() -> None:
        end = asyncio.Event()
        stop.append((asyncio.get_running_loop(), end))
        ready.set()
        await _serve(door, listening, tls, end)

    thread = Thread(target=asyncio.run, args=(serve(),), name="gate", daemon=True)
    thread.start()
    ready.wait(READY_S)
    try:
        yield
    finally:
        loop, end = stop[0]
        loop.call_soon_threadsafe(end.set)
        thread.join()


def server_context(roster: Path) -> ssl.SSLContext:
    """Let in whom nginx would let in: TLS 1.3, and a certificate that is not revoked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    context.load_cert_chain(roster / "server.pem", roster / "server.key")
    for name in ("ca.pem", "crl.pem"):
        context.load_verify_locations(roster / name)
    return context


async def _serve(
    door: Door, listening: socket, tls: ssl.SSLContext | None, end: asyncio.Event
) -> None:
    inside: set[asyncio.Task[None]] = set()

    def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(door.admit(reader, writer))
        inside.add(task)
        task.add_done_callback(inside.discard)

    server = await asyncio.start_server(welcome, sock=listening, ssl=tls, limit=HEAD_BYTES)
    async with server:
        await end.wait()
        for task in inside:
            task.cancel()
        await asyncio.gather(*inside, return_exceptions=True)
