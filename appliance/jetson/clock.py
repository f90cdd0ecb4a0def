"""When a picture was taken: the camera's stamps on the clock that everybody else has."""

from __future__ import annotations

STALE_NS = 1_000_000_000
"""A stamp that would make a picture so old has jumped: a film's next round, a camera's restart."""
DRIFT = 1e-4
"""A camera's clock is not believed to be more exact than this (a bad crystal: 100 ppm)."""


class Beat:
    """Turns stamps of some clock of the camera's into moments of the monotonic clock.

    A picture comes some time after it was taken, now sooner, now later. The soonest tells where the
    two clocks stand to each other, so that being late is seen as that and not as being younger.
    What even the soonest took cannot be known here: ages are too small by it.

    Args:
        exact: Whether the stamps are moments of the monotonic clock already.
    """

    def __init__(self, *, exact: bool = False) -> None:
        self._drift = 0.0 if exact else DRIFT
        self._apart_ns = 0 if exact else None
        """What the monotonic clock is ahead by."""
        self._asked_ns = 0
        self._stamp_ns = 0
        self._last_ns = 0

    def taken(self, stamp_ns: int, now_ns: int) -> int:
        """Tell when a picture was taken that is here now: never after now, never backwards."""
        if self._apart_ns is not None:
            self._apart_ns += int((now_ns - self._asked_ns) * self._drift)
        self._asked_ns = now_ns
        apart_ns, back = now_ns - stamp_ns, stamp_ns < self._stamp_ns
        if self._apart_ns is None or back or not 0 <= apart_ns - self._apart_ns < STALE_NS:
            self._apart_ns = apart_ns
        self._stamp_ns = stamp_ns
        self._last_ns = min(max(self._last_ns, stamp_ns + self._apart_ns), now_ns)
        return self._last_ns
