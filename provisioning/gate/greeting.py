"""The first word of MQTT, CONNECT: a client says in it who it is, which here is not its to say."""

from __future__ import annotations

from typing import Final

from appliance.errors import InputError

CONNECT: Final = 0x10
LEVELS: Final = (4, 5)
"""MQTT 3.1.1 and MQTT 5."""
CLEAN, WILL, PASSWORD, NAME, RESERVED = 0x02, 0x04, 0x40, 0x80, 0x01
GREETING_BYTES = 4096
VARINT_BYTES = 4


def length(data: bytes) -> int | None:
    """Tell how long the packet is that begins here; None where too little of it has come.

    Raises:
        InputError: it is no CONNECT, or longer than one need be.
    """
    if data[:1] not in {b"", bytes([CONNECT])}:
        raise _unspoken()
    reading = _Reading(data[1:])
    try:
        size = reading.varint()
    except _ShortError:
        if len(data) > VARINT_BYTES:
            raise _unspoken() from None
        return None
    if size > GREETING_BYTES:
        raise _unspoken()
    return 1 + reading.position + size


def rename(packet: bytes, tablet: str) -> bytes:
    """Put a tablet's name into its CONNECT, in place of whatever stands there.

    A last will goes, too: no tablet has anything to say when it is gone. And it begins anew each
    time, as the page does, so that the broker holds for it no more than one connection asked for.

    Args:
        packet: A whole CONNECT.
        tablet: The name of its certificate.

    Raises:
        InputError: the packet is none of MQTT 3.1.1 or 5.
    """
    reading = _Reading(packet[1:])
    try:
        reading.varint()
        begin = reading.take(len(b"\0\4MQTT"))
        level, flags = reading.take(1), reading.take(1)[0]
        if begin != b"\0\4MQTT" or level[0] not in LEVELS or flags & RESERVED:
            raise _unspoken()
        keepalive = reading.take(2)
        properties = reading.properties() if level[0] > LEVELS[0] else b""
        client = reading.text()
        _pass_over(reading, flags, modern=bool(properties))
    except _ShortError:
        raise _unspoken() from None
    name = len(tablet).to_bytes(2, "big") + tablet.encode("ascii")
    kept = bytes([CLEAN | NAME])
    body = begin + level + kept + keepalive + properties + client + name
    return bytes([CONNECT]) + _varint(len(body)) + body


def _pass_over(reading: _Reading, flags: int, *, modern: bool) -> None:
    if flags & WILL:
        if modern:
            reading.properties()
        reading.text()
        reading.text()
    for flag in (NAME, PASSWORD):
        if flags & flag:
            reading.text()
    if not reading.done:
        raise _unspoken()


class _ShortError(Exception):
    """There is less than what was to be taken."""


class _Reading:
    """Takes a packet apart, from its beginning."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.position = 0

    @property
    def done(self) -> bool:
        return self.position == len(self._data)

    def take(self, size: int) -> bytes:
        taken = self._data[self.position : self.position + size]
        if len(taken) < size:
            raise _ShortError
        self.position += size
        return taken

    def text(self) -> bytes:
        """Take a field, with its length before it."""
        size = self.take(2)
        return size + self.take(int.from_bytes(size, "big"))

    def properties(self) -> bytes:
        """Take what only MQTT 5 has, with its length before it."""
        start = self.position
        self.take(self.varint())
        return self._data[start : self.position]

    def varint(self) -> int:
        number = 0
        for place in range(VARINT_BYTES):
            digit = self.take(1)[0]
            number |= (digit & 0x7F) << 7 * place
            if digit < 0x80:  # noqa: PLR2004 - no more digits
                return number
        raise _unspoken()


def _varint(number: int) -> bytes:
    digits = bytearray()
    while True:
        number, digit = divmod(number, 0x80)
        digits.append(digit | (0x80 if number else 0))
        if not number:
            return bytes(digits)


def _unspoken() -> InputError:
    return InputError("What came is no CONNECT of MQTT 3.1.1 or 5.", mend="Use the tablet's page.")
