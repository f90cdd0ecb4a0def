"""The ways to the broker and back, both at once, until one of them ends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Coroutine
    from pathlib import Path

PIECE_BYTES: Final = 65_536
"""What is read at once."""


async def until_one_ends(*ways: Coroutine[None, None, None]) -> None:
    """Go all ways until one ends; what it ended with is raised here."""
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def reach(broker: Path | int) -> tuple[StreamReader, StreamWriter]:
    """Connect to a broker on this machine: at its socket in a folder, or at a port.

    Raises:
        OSError: it is not there, or not for us.
    """
    if isinstance(broker, int):
        return await asyncio.open_connection("127.0.0.1", broker)
    return await asyncio.open_unix_connection(broker)
