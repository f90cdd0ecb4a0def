"""The van's time, as a tablet without a screen knows it: the page's `clock.js` in Python."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

DRIFT: Final = 2e-4
"""No two clocks run farther apart: 0.7 s in an hour."""
EARLIER: Final = 5
"""So many words in a row that are earlier than one before: the van's clock was set."""


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
        self._best: tuple[float, datetime] | None = None
        self._latest: datetime | None = None
        self._earlier = 0

    def now(self) -> datetime:
        """Give the van's time, or this machine's own while the van was not heard."""
        best = self._best
        return self._wall() if best is None else _later(best, self._steady_s())

    def hear(self, said_at: datetime) -> None:
        """Hear the van say its time, in words that no broker has kept.

        A delay only makes a moment seem earlier, so the latest that was ever heard is the nearest,
        however long all that came since was held up.
        """
        now_s = self._steady_s()
        late = self._latest is not None and said_at < self._latest
        self._earlier = self._earlier + 1 if late else 0
        if self._earlier >= EARLIER:
            self._best, self._latest, self._earlier = None, None, 0
        self._latest = max(self._latest or said_at, said_at)
        if self._best is None or said_at >= _later(self._best, now_s, DRIFT):
            self._best = now_s, said_at


def _later(heard: tuple[float, datetime], now_s: float, drift: float = 0.0) -> datetime:
    heard_s, said_at = heard
    return said_at + timedelta(seconds=(now_s - heard_s) * (1 - drift))
