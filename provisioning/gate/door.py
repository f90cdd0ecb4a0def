"""Whoever comes to the gate goes in under the name of their certificate, or not at all."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from appliance.errors import InputError
from provisioning.gate import greeting
from provisioning.gate.frames import CLOSE, Inbox, accept_key, frame

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Callable, Coroutine, Mapping, Sequence

HEADER: Final = "x-tablet"
"""In which nginx says whose certificate it has seen. Only nginx can reach the gate."""
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
PROTOCOL: Final = "mqtt"
PIECE_BYTES = 65_536
PATIENCE_S = 10.0
"""How long one may take to say who it is."""
PLACES = 64
PLACES_EACH = 4
"""A page that is loaded again comes before its old connection has gone."""
GOODBYE: Final = frame(b"", CLOSE)


@dataclass(frozen=True)
class Door:
    """Takes connections of browsers and carries them to the broker.

    Args:
        broker_port: Where the broker listens on 127.0.0.1. It must believe the name in CONNECT.
        named: Says who has come, from the connection and the request's headers; None for nobody
            in particular, whose CONNECT stays as it is. Raises InputError to send them away.
    """

    broker_port: int
    named: Callable[[StreamWriter, Mapping[str, str]], str | None]
    _inside: Counter[str | None] = field(default_factory=Counter[str | None], init=False)

    async def admit(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Carry one connection until either side ends it; never raises."""
        try:
            await self._serve(reader, writer)
        except (InputError, OSError, EOFError, asyncio.TimeoutError, asyncio.LimitOverrunError):
            pass  # they came wrongly, said nothing, or have gone
        finally:
            writer.close()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        tablet = await asyncio.wait_for(self._open(reader, writer), PATIENCE_S)
        full = tablet is not None and self._inside[tablet] >= PLACES_EACH
        if full or self._inside.total() >= PLACES:
            return
        self._inside[tablet] += 1
        try:
            await self._carry(Inbox(reader, writer.write), writer, tablet)
        finally:
            self._inside[tablet] -= 1

    async def _open(self, reader: StreamReader, writer: StreamWriter) -> str | None:
        """Answer a request for a WebSocket."""
        headers = await _headers(reader)
        offered = [word.strip() for word in headers.get("sec-websocket-protocol", "").split(",")]
        if headers.get("upgrade", "").lower() != "websocket" or PROTOCOL not in offered:
            raise _refused(writer, "400 Bad Request")
        try:
            tablet = self.named(writer, headers)
        except InputError:
            raise _refused(writer, "403 Forbidden") from None
        key = accept_key(headers.get("sec-websocket-key", ""))
        lines = (
            "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
            f"Sec-WebSocket-Accept: {key}", f"Sec-WebSocket-Protocol: {PROTOCOL}",
        )  # fmt: skip
        writer.write(_answer(lines))
        return tablet

    async def _carry(self, inbox: Inbox, writer: StreamWriter, tablet: str | None) -> None:
        first = await asyncio.wait_for(_greeting(inbox), PATIENCE_S)
        back, there = await asyncio.open_connection("127.0.0.1", self.broker_port)
        try:
            size = greeting.length(first)
            there.write(greeting.rename(first[:size], tablet) if tablet else first[:size])
            there.write(first[size:])
            await _first_of(_inwards(inbox, there), _outwards(back, writer))
        finally:
            there.close()


def certified(writer: StreamWriter, _headers: Mapping[str, str]) -> str:
    """Name whoever has come by the certificate that the connection has shown.

    Raises:
        InputError: it has shown none, or one of a strange name.
    """
    certificate = writer.get_extra_info("peercert") or {}
    names = [value for part in certificate.get("subject", ()) for _, value in part]
    return _tablet(names[0] if len(names) == 1 else "")


def announced(_writer: StreamWriter, headers: Mapping[str, str]) -> str:
    """Name whoever has come as nginx says, which has seen the certificate: "CN=tablet-7".

    Raises:
        InputError: it says nothing, or a strange name.
    """
    return _tablet(headers.get(HEADER, "").removeprefix("CN="))


def anybody(_writer: StreamWriter, _headers: Mapping[str, str]) -> None:
    """Name nobody: for a trial on one machine."""


def _tablet(name: str) -> str:
    if not NAME.fullmatch(name):
        raise InputError("Who came has no tablet's name.", mend="Make a certificate at the desk.")
    return name


async def _headers(reader: StreamReader) -> dict[str, str]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    lines = [line.partition(":") for line in head.split("\r\n")[1:]]
    return {name.strip().lower(): value.strip() for name, _, value in lines}


async def _greeting(inbox: Inbox) -> bytes:
    """Wait until a whole CONNECT has come, and give it with whatever came behind it."""
    data = b""
    while (size := greeting.length(data)) is None or len(data) < size:
        data += await _some(inbox)
    return data


async def _some(inbox: Inbox) -> bytes:
    data = await inbox.read()
    if not data:
        raise InputError("A tablet left before it said anything.", mend="Open its page again.")
    return data


async def _inwards(inbox: Inbox, there: StreamWriter) -> None:
    while data := await inbox.read():
        there.write(data)
        await there.drain()


async def _outwards(back: StreamReader, writer: StreamWriter) -> None:
    while data := await back.read(PIECE_BYTES):
        writer.write(frame(data))
        await writer.drain()
    writer.write(GOODBYE)


async def _first_of(*ways: Coroutine[None, None, None]) -> None:
    """Go both ways until one ends; what it ended with is raised here."""
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _refused(writer: StreamWriter, status: str) -> InputError:
    writer.write(_answer((f"HTTP/1.1 {status}", "Content-Length: 0", "Connection: close")))
    return InputError("Who came asked for no WebSocket of ours.", mend="Use the tablet's page.")


def _answer(lines: Sequence[str]) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode()
