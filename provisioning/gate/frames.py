"""WebSockets (RFC 6455) as far as MQTT needs them: binary both ways, pings, and a goodbye."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Final

from appliance.errors import InputError

if TYPE_CHECKING:
    from asyncio import StreamReader
    from collections.abc import Callable

SALT: Final = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""Of the RFC: whoever answers with it speaks WebSocket, and nothing else by chance."""
CONTINUED, BINARY, CLOSE, PING, PONG = 0x0, 0x2, 0x8, 0x9, 0xA
FINAL, MASKED, CONTROL = 0x80, 0x80, 0x8
SHORT, LONG, LONGER = 125, 126, 127
FRAME_BYTES = 65_536
"""What a tablet says at once. Its largest word, a signed answer, has some 2 KB."""


def accept_key(key: str) -> str:
    """Answer the key of a request."""
    digest = hashlib.sha1((key + SALT).encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def frame(payload: bytes, opcode: int = BINARY) -> bytes:
    """Put something into a whole frame, as a server sends it."""
    length = len(payload)
    if length <= SHORT:
        head = bytes([FINAL | opcode, length])
    elif length <= 0xFFFF:  # noqa: PLR2004 - two bytes
        head = bytes([FINAL | opcode, LONG]) + length.to_bytes(2, "big")
    else:
        head = bytes([FINAL | opcode, LONGER]) + length.to_bytes(8, "big")
    return head + payload


class Inbox:
    """What a browser says, without its frames.

    Args:
        reader: Where it comes from.
        answer: Sends a frame; called for a ping.
    """

    def __init__(self, reader: StreamReader, answer: Callable[[bytes], None]) -> None:
        self._reader = reader
        self._answer = answer

    async def read(self) -> bytes:
        """Wait for the next bytes; none when the browser has said goodbye.

        Raises:
            InputError: it does not speak WebSocket, or too much at once.
            IncompleteReadError: it has hung up.
        """
        while True:
            opcode, payload = await self._frame()
            if opcode == CLOSE:
                return b""
            if opcode == PING:
                self._answer(frame(payload, PONG))
            elif opcode in {CONTINUED, BINARY} and payload:
                return payload

    async def _frame(self) -> tuple[int, bytes]:
        first, second = await self._reader.readexactly(2)
        opcode, length = first & ~FINAL, second & ~MASKED
        if opcode not in {CONTINUED, BINARY, CLOSE, PING, PONG} or not second & MASKED:
            raise _unspoken()
        if opcode & CONTROL and (length > SHORT or not first & FINAL):
            raise _unspoken()
        if length > SHORT:
            size = 2 if length == LONG else 8
            length = int.from_bytes(await self._reader.readexactly(size), "big")
        if length > FRAME_BYTES:
            raise _unspoken()
        mask = await self._reader.readexactly(4)
        return opcode, _unmask(await self._reader.readexactly(length), mask)


def _unmask(data: bytes, mask: bytes) -> bytes:
    # As one number each: a byte at a time would take a hundred times longer.
    pattern = (mask * (len(data) // 4 + 1))[: len(data)]
    number = int.from_bytes(data, "big") ^ int.from_bytes(pattern, "big")
    return number.to_bytes(len(data), "big")


def _unspoken() -> InputError:
    return InputError("What came is no WebSocket frame of a tablet's.", mend="Use its page.")
