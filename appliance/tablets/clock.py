"""The van's time, as a tablet without a screen knows it: the page's `clock.js` in Python."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

WINDOW_S: Final = 30.0
"""Not everything that the van says in so long is held up on its way."""


def _wall() -> datetime:
    return datetime.now(timezone.utc)


class Clock:
    """Runs by the clock that nobody can set, from the moment that the van has said.

    Any thread may ask.

    Args:
        wall: This machine's own clock, which counts until the van is heard.
        steady_s: The one that nobody can set. A machine that sleeps has no use for this.
    """

    def __init__(
        self,
        wall: Callable[[], datetime] = _wall,
        steady_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._steady_s = wall, steady_s
        self._heard: tuple[tuple[float, datetime], ...] = ()

    def now(self) -> datetime:
        """Give the van's time, or this machine's own while the van was not heard."""
        now_s = self._steady_s()
        # A delay only makes a moment seem earlier, so the latest of some is the nearest.
        return max((_later(one, now_s) for one in self._heard), default=self._wall())

    def hear(self, said_at: datetime) -> None:
        """Hear the van say its time, in words that no broker has kept."""
        now_s = self._steady_s()
        kept = (one for one in self._heard if now_s - one[0] < WINDOW_S)
        self._heard = (*kept, (now_s, said_at))


def _later(heard: tuple[float, datetime], now_s: float) -> datetime:
    heard_s, said_at = heard
    return said_at + timedelta(seconds=now_s - heard_s)
