"""How fast a tablet may speak. One that says more waits, loses nothing, and keeps nobody else back.

Mosquitto has no such measure. Over TLS it goes on reading one client for as long as more is there
(2.0.11: a tablet that says all that it can keeps every alert of every other back until it stops).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from appliance.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_DIGITS: Final = 4
"""Of the length of an MQTT packet."""
LAST_DIGIT: Final = 0x80
"""A digit below this is the last one."""
PUBLISH, SUBSCRIBE, RETAIN = 3, 8, 0x01
MOST_BYTES: Final = 65_536
"""Of a packet. A tablet's largest word, what it holds when it comes back, has some 42 kB."""
ASKS, ASK_BYTES = 16, 1000
"""In one connection. The page asks once, in some 200 bytes, for all that it hears. For a level of
each name that one asks for the broker takes 300 bytes (2.0.11), and it has no measure for it."""


@dataclass(frozen=True)
class Measure:
    """How much may pass."""

    per_s: float
    """In the long run."""
    at_once: float
    """After a silence."""


BYTES: Final = Measure(per_s=64_000, at_once=256_000)
"""At its busiest a tablet says some 50 words of half a kB a second; after an hour without a line it
says some 200 kB: a hello of 40 kB, 64 answers of 2 kB, and words on the first that it is sent."""
PACKETS: Final = Measure(per_s=400, at_once=1000)
"""At its busiest it says some 200 a second, most of them that it has what the broker has sent."""
KEPT: Final = 128
"""Of whom it is remembered how much they have said: twice as many as have a place."""

T = TypeVar("T")


class Bucket:
    """What may still pass; whoever takes more than there is waits until it would have been there.

    Args:
        measure: How much may pass.
        left: How much of it at first; None for all that may pass at once.
        clock: Gives the monotonic time in seconds.
    """

    def __init__(
        self,
        measure: Measure,
        left: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._measure, self._clock = measure, clock
        self._left = measure.at_once if left is None else left
        self._since_s = clock()

    def wait_s(self, taken: float) -> float:
        """Say how long to wait after so much has passed."""
        self._refill()
        self._left -= taken
        return max(0.0, -self._left / self._measure.per_s)

    def grants(self) -> bool:
        """Let one pass where there is one; whoever is sent away takes nothing."""
        self._refill()
        granted = self._left >= 1
        self._left -= granted
        return granted

    def _refill(self) -> None:
        now_s = self._clock()
        refilled = self._left + (now_s - self._since_s) * self._measure.per_s
        self._left, self._since_s = min(self._measure.at_once, refilled), now_s


@dataclass
class Packets:
    """Counts the MQTT packets of one connection, however what comes is cut into pieces."""

    _head: bytearray = field(default_factory=bytearray)
    """The beginning of a packet whose length is not yet known."""
    _left: int = 0
    """So much of the last packet is still to come."""
    _asks: int = 0

    def count(self, data: bytes) -> int:
        """Say how many packets begin here.

        Raises:
            InputError: it is no MQTT, or would have the broker keep what no tablet needs it to.
        """
        begun, at = 0, 0
        while at < len(data):
            if self._left:
                passed = min(self._left, len(data) - at)
                self._left, at = self._left - passed, at + passed
            else:
                begun += self._begin(data[at])
                at += 1
        return begun

    def _begin(self, byte: int) -> bool:
        self._head.append(byte)
        digits = self._head[1:]
        if not digits or (byte >= LAST_DIGIT and len(digits) < MOST_DIGITS):
            return False
        if byte >= LAST_DIGIT:
            raise InputError("What came is no MQTT.", mend="Use the tablet's own page.")
        self._left = sum((digit & 0x7F) << 7 * place for place, digit in enumerate(digits))
        self._judge(self._head[0])
        self._head.clear()
        return True

    def _judge(self, first: int) -> None:
        kind, most_bytes = first >> 4, MOST_BYTES
        if kind == SUBSCRIBE:
            self._asks, most_bytes = self._asks + 1, ASK_BYTES
        kept = kind == PUBLISH and first & RETAIN
        if kept or self._left > most_bytes or self._asks > ASKS:
            raise InputError("That is more than a tablet needs.", mend="Use the tablet's own page.")


class Flow:
    """What comes from one tablet, in MQTT.

    Args:
        clock: Gives the monotonic time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._bytes = Bucket(BYTES, clock=clock)
        self._packets = Bucket(PACKETS, clock=clock)

    def wait_s(self, length: int, packets: int) -> float:
        """Say how long to wait before more is read, after so much has passed."""
        return max(self._bytes.wait_s(length), self._packets.wait_s(packets))


class Kept(Generic[T]):
    """Something for each who comes, which is still there when they come again.

    Args:
        make: Makes it for whoever is new. Whoever has been away for the longest time is forgotten.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._each: dict[str, T] = {}

    def of(self, name: str) -> T:
        """Give somebody theirs."""
        theirs = self._each.pop(name, None) or self._make()
        if len(self._each) >= KEPT:
            del self._each[next(iter(self._each))]
        self._each[name] = theirs
        return theirs
