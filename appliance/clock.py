"""The time, as the computer has it and as a film has it."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PAUSE_NS = 10_000_000_000
"""No picture of a film stands for longer than this: such a stamp is damaged."""


class Clock:
    """The time, and a wait that ends at once when it is stopped."""

    def __init__(self) -> None:
        self._stop = threading.Event()

    @property
    def stopped(self) -> bool:
        """Whether nobody shall wait any more."""
        return self._stop.is_set()

    def stop(self) -> None:
        """End every wait, for ever."""
        self._stop.set()

    def now_ns(self) -> int:
        """Tell the monotonic time."""
        return time.monotonic_ns()

    def wait(self, pause_s: float) -> None:
        """Wait so long, or until the clock is stopped."""
        if pause_s > 0:
            self._stop.wait(pause_s)

    def day(self, moment_ns: int) -> datetime:
        """Turn a moment of the monotonic clock into a time of the day, UTC."""
        age_s = (self.now_ns() - moment_ns) / 1e9
        return datetime.fromtimestamp(time.time() - age_s, timezone.utc)


class Steady:
    """The time of the day that never runs back while it is asked, whatever is done to the clock.

    Args:
        wall: Gives the computer's time, UTC.
        began: It is at least so late now.
        monotonic_s: Gives the time since some moment, in seconds.
    """

    def __init__(
        self,
        wall: Callable[[], datetime],
        began: datetime,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._monotonic_s = wall, monotonic_s
        # One value, since two threads may ask.
        self._last = (began, monotonic_s())

    def __call__(self) -> datetime:
        """Tell it: the clock, or what has passed since it was last asked if that is more."""
        last, last_s = self._last
        moment_s = self._monotonic_s()
        told = max(self._wall(), last + timedelta(seconds=moment_s - last_s))
        self._last = (told, moment_s)
        return told


class Reel:
    """A film's own clock: from 0, never backwards, never far ahead, whatever its stamps say.

    Args:
        tick_s: What one step of a stamp is worth.
        interval_ns: From one picture to the next, where the stamps do not tell.
    """

    def __init__(self, tick_s: float, interval_ns: int) -> None:
        self._tick_ns = tick_s * 1e9
        self._interval_ns = interval_ns
        self._stamp: int | None = None
        self._due_ns: int | None = None

    def pace(self, interval_ns: int) -> None:
        """Have it so long from one picture to the next, where the stamps do not tell."""
        self._interval_ns = interval_ns

    def due(self, stamp: int | None) -> int:
        """Tell when the next picture is to be shown, in ns after the first."""
        if self._due_ns is None:
            self._due_ns = 0
        elif stamp is None or self._stamp is None:
            self._due_ns += self._interval_ns
        else:
            self._due_ns += self.lasts(stamp - self._stamp)
        self._stamp = stamp
        return self._due_ns

    def lasts(self, ticks: int | None) -> int:
        """Tell how long a picture of so many ticks stands, in ns."""
        lasts_ns = round((ticks or 0) * self._tick_ns)
        return lasts_ns if 0 < lasts_ns <= PAUSE_NS else self._interval_ns
