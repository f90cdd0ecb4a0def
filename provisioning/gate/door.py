"""Whoever comes to the gate goes in under the name of their certificate, or not at all."""

from __future__ import annotations

import asyncio
import re
from asyncio import sleep
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Response

from appliance.errors import InputError
from provisioning.gate import greeting
from provisioning.gate.flow import Bucket, Flow, Kept, Measure, Packets
from provisioning.gate.ways import PIECE_BYTES, reach, until_one_ends

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request

    from provisioning.server import Document

    Give = Callable[[str, str, str], Document | None]
    """By path, the tablet that asks, and the host as it knows it."""

HEADER: Final = "X-Tablet"
"""In which nginx says whose certificate it has seen. Only nginx can reach the gate."""
WAY: Final = "/mqtt"
"""To the broker, where something else is given away as well."""
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
HOST: Final = re.compile(r"[A-Za-z0-9.:\[\]-]{1,255}")
PATIENCE_S = 10.0
"""How long one may take to say who it is."""
PLACES = 64
PLACES_EACH = 4
"""A page that is loaded again comes before its old connection has gone."""
COMING: Final = Measure(per_s=1, at_once=16)
"""How often a tablet may come: a page that has lost its line tries once a second at the most."""


@dataclass(frozen=True)
class Door:
    """Takes WebSockets of browsers and carries them to the broker.

    Args:
        broker: Where it listens: a socket, or a port. It must believe the name in CONNECT.
        named: Says who has come; None for nobody in particular, whose CONNECT stays as it is.
            Raises InputError to send them away.
        give: Gives what is there beside the way to the broker, to those who have a name.
        headers: What every answer carries.
    """

    broker: Path | int
    named: Callable[[ServerConnection, Request], str | None]
    give: Give | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    _inside: Counter[str | None] = field(default_factory=Counter[str | None], init=False)
    _comers: Kept[Bucket] = field(
        default_factory=partial(Kept[Bucket], partial(Bucket, COMING)), init=False
    )
    _flows: Kept[Flow] = field(default_factory=partial(Kept[Flow], Flow), init=False)

    def judge(self, connection: ServerConnection, request: Request) -> Response | None:
        """Send away who has no name, give a page what it asks, and let the others in."""
        try:
            tablet = self.named(connection, request)
        except InputError:
            return self._answer(403, "Forbidden")
        path = request.path.partition("?")[0]
        if self.give and tablet and path != WAY:
            found = self.give(path, tablet, request.headers["Host"])
            return self._answer(200, "OK", found) if found else self._answer(404, "Not Found")
        if self._inside.total() >= PLACES or (tablet and not self._welcomes(tablet)):
            return self._answer(503, "Service Unavailable")
        return None

    def _welcomes(self, tablet: str) -> bool:
        return self._inside[tablet] < PLACES_EACH and self._comers.of(tablet).grants()

    def _answer(self, status: int, words: str, document: Document | None = None) -> Response:
        body = document.body if document else b""
        kind = [("Content-Type", document.content_type)] if document else []
        length = ("Content-Length", str(len(body)))
        told = [*self.headers.items(), *kind, length, ("Connection", "close")]
        return Response(status, words, Headers(told), body)

    async def carry(self, connection: ServerConnection) -> None:
        """Carry what both sides say until one of them ends it."""
        request = connection.request
        if request is None:
            return
        tablet = self.named(connection, request)
        self._inside[tablet] += 1
        try:
            await self._carry(connection, tablet)
        except (InputError, OSError, ConnectionClosed, asyncio.TimeoutError):
            pass  # they came wrongly, said nothing, or have gone
        finally:
            self._inside[tablet] -= 1

    async def _carry(self, connection: ServerConnection, tablet: str | None) -> None:
        first = await asyncio.wait_for(_greeting(connection), PATIENCE_S)
        back, there = await reach(self.broker)
        try:
            size = greeting.length(first)
            there.write(greeting.rename(first[:size], tablet) if tablet else first[:size])
            flow = self._flows.of(tablet) if tablet else Flow()
            inwards = _inwards(connection, there, first[size:], flow)
            await until_one_ends(inwards, _outwards(back, connection))
        finally:
            there.close()


def certified(connection: ServerConnection, request: Request) -> str:
    """Name whoever has come by the certificate that the connection has shown.

    Raises:
        InputError: it has shown none, or one of a strange name; or as for `announced`.
    """
    _require_own_page(request)
    certificate = connection.transport.get_extra_info("peercert") or {}
    names = [value for part in certificate.get("subject", ()) for _, value in part]
    return _tablet(names[0] if len(names) == 1 else "")


def announced(_connection: ServerConnection, request: Request) -> str:
    """Name whoever has come as nginx says, which has seen the certificate: "CN=tablet-7".

    Raises:
        InputError: it says nothing, or a strange name; or a page of somebody else's asks, to which
            the browser has lent the tablet's certificate.
    """
    _require_own_page(request)
    return _tablet(request.headers.get(HEADER, "").removeprefix("CN="))


def anybody(_connection: ServerConnection, _request: Request) -> None:
    """Name nobody: for a trial on one machine."""


def _require_own_page(request: Request) -> None:
    host = request.headers.get("Host", "")
    if not HOST.fullmatch(host) or request.headers.get("Origin") not in {None, f"https://{host}"}:
        raise InputError("A strange page wants to be let in.", mend="Open the tablet's own page.")


def _tablet(name: str) -> str:
    if not NAME.fullmatch(name):
        raise InputError("Who came has no tablet's name.", mend="Make a certificate at the desk.")
    return name


async def _greeting(connection: ServerConnection) -> bytes:
    """Wait until a whole CONNECT has come, and give it with whatever came behind it."""
    data = b""
    while (size := greeting.length(data)) is None or len(data) < size:
        data += await _read(connection)
    return data


async def _read(connection: ServerConnection) -> bytes:
    message = await connection.recv()
    if isinstance(message, str):
        raise InputError("Text came where MQTT was expected.", mend="Use the tablet's own page.")
    return message


async def _inwards(
    connection: ServerConnection, there: StreamWriter, data: bytes, flow: Flow
) -> None:
    packets = Packets()
    while True:
        wait_s = flow.wait_s(len(data), packets.count(data))
        there.write(data)
        await there.drain()
        await sleep(wait_s)
        data = await _read(connection)


async def _outwards(back: StreamReader, connection: ServerConnection) -> None:
    while data := await back.read(PIECE_BYTES):
        await connection.send(data)
