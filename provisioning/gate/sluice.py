"""Before the broker's TLS: tablets that speak MQTT themselves, no faster than a tablet needs to.

What passes is locked between tablet and broker; here it is only bytes. The broker alone looks at
certificates.
"""

from __future__ import annotations

import asyncio
from asyncio import sleep
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from provisioning.gate.flow import BYTES, Bucket, Kept, Measure
from provisioning.gate.ways import PIECE_BYTES, until_one_ends

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter

PLACES = 64
PLACES_EACH = 32
"""From one address: half of them, since a whole shift may stand behind one router."""
PATIENCE_S = 10.0
"""How long one may take to answer the broker's first word, which TLS asks of it."""
FIRST_BYTES = 16_000
"""Enough to shake hands and say hello. Whoever comes again and again has no more than who stays."""
COMING: Final = Measure(per_s=1, at_once=PLACES_EACH)
"""How often somebody new may come from one address."""


@dataclass(frozen=True)
class Sluice:
    """Carries connections to the broker.

    Args:
        broker_port: Where the broker listens on 127.0.0.1, with TLS.
        patience_s: How long one may take to answer the broker.
    """

    broker_port: int
    patience_s: float = PATIENCE_S
    _inside: Counter[str] = field(default_factory=Counter[str], init=False)
    _writers: set[StreamWriter] = field(default_factory=set["StreamWriter"], init=False)
    _comers: Kept[Bucket] = field(
        default_factory=partial(Kept, partial(Bucket, COMING)), init=False
    )

    def close(self) -> None:
        """Send everybody away."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def carry(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Carry what both sides say until one of them ends it."""
        address = str(writer.get_extra_info("peername")[0])
        if self._inside[address] >= PLACES_EACH or self._inside.total() >= PLACES:
            writer.transport.abort()
            return
        self._inside[address] += 1
        self._writers.add(writer)
        try:
            await sleep(self._comers.of(address).wait_s(1))
            await self._carry(reader, writer)
        except (OSError, asyncio.TimeoutError):
            pass  # the broker is away, or they have gone, or said nothing
        finally:
            self._inside[address] -= 1
            self._writers.discard(writer)
            writer.close()

    async def _carry(self, reader: StreamReader, writer: StreamWriter) -> None:
        back, there = await asyncio.open_connection("127.0.0.1", self.broker_port)
        talk = _Talk()
        try:
            await until_one_ends(
                talk.inwards(reader, there),
                talk.outwards(back, writer),
                talk.lasts(self.patience_s),
            )
        finally:
            there.close()


class _Talk:
    """One connection; both ways of it, and whether there is an end to its beginning."""

    def __init__(self) -> None:
        self._asked, self._answered = asyncio.Event(), asyncio.Event()

    async def inwards(self, reader: StreamReader, there: StreamWriter) -> None:
        bucket = Bucket(BYTES, FIRST_BYTES)
        while data := await reader.read(PIECE_BYTES):
            if self._asked.is_set():
                self._answered.set()
            there.write(data)
            await there.drain()
            await sleep(bucket.wait_s(len(data)))

    async def outwards(self, back: StreamReader, writer: StreamWriter) -> None:
        while data := await back.read(PIECE_BYTES):
            self._asked.set()
            writer.write(data)
            await writer.drain()

    async def lasts(self, patience_s: float) -> None:
        """Go on for ever, where the broker is answered in time."""
        await asyncio.wait_for(self._answered.wait(), patience_s)
        await asyncio.Event().wait()
