"""Looks, while a list is coming in, whether the force has said something newer meanwhile.

A list may be minutes in coming; who is taken off it, or off the one held, must not wait so long.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from appliance.errors import ApplianceError
from appliance.watchlist.chain import TIMESTAMP_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.watchlist.landing import Progress
    from appliance.watchlist.supply import Supply

LOOK_S: Final = 3.0
PATH: Final = "metadata/timestamp.json"


class NewerError(Exception):
    """There is something newer than what is coming in."""


def lookout(
    supply: Supply, known: bytes, show: Progress, clock: Callable[[], float] = time.monotonic
) -> Progress:
    """Make a progress that is told how far a download is, and breaks it off where there is news.

    Args:
        supply: Where the download comes from.
        known: The timestamp that is already believed.
        show: Is told too.
        clock: Seconds, monotonic.

    Returns:
        What to give to the download; it raises `NewerError`.
    """
    looked_s = clock()

    def look(done: int, length: int) -> None:
        nonlocal looked_s
        show(done, length)
        if clock() - looked_s < LOOK_S:
            return
        looked_s, found = clock(), None
        with suppress(ApplianceError):
            found = supply.fetch(PATH, TIMESTAMP_BYTES)
        if found not in (None, known):
            raise NewerError

    return look
