"""How much one tablet may say: a broken or a stolen one takes no time from the others."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PLACES = 128
"""As many as the broker lets in at once, twice over: none of those who are there is forgotten."""


@dataclass(frozen=True)
class Measure:
    """How much is enough."""

    per_s: float
    """In the long run."""
    at_once: float
    """After a silence."""


WORDS = Measure(per_s=100, at_once=240)
"""More than a tablet has to say.

With ten alerts a second it says ten times that it has shown one, and forty times more while the van
says again what some tablet that has come back lacks. Its officer gives an answer a second at most;
64 that were kept while there was no line are said every three seconds until the van has them. That
is below 75 a second. After an hour without a line it comes with a hello and those 64, and says 64
again three seconds later. What is dropped all the same the tablet says again until it is heard,
oldest first.
"""
LINES = Measure(per_s=1 / 60, at_once=1)
"""In the log, about one tablet: each tablet's next line comes a minute after its last."""


@dataclass
class _Purse:
    """What one tablet has left."""

    left: float
    since_s: float


class Ration:
    """Says of each tablet whether it may do once more what it does; a bucket of tokens for each.

    It knows `PLACES` tablets, and forgets whoever was silent for the longest time.

    Args:
        measure: What each may do.
        clock: Gives the monotonic time in seconds.
    """

    def __init__(self, measure: Measure, clock: Callable[[], float] = time.monotonic) -> None:
        self._measure, self._clock = measure, clock
        self._purses: dict[str, _Purse] = {}

    def grants(self, tablet: str) -> bool:
        """Let a tablet do it once, where it may.

        Args:
            tablet: By the topic on which it speaks, where the broker lets nobody else speak.
        """
        purse = self._fill(tablet)
        if purse.left < 1:
            return False
        purse.left -= 1
        return True

    def _fill(self, tablet: str) -> _Purse:
        now_s, most = self._clock(), self._measure.at_once
        purse = self._purses.pop(tablet, None) or _Purse(most, now_s)
        purse.left = min(most, purse.left + (now_s - purse.since_s) * self._measure.per_s)
        purse.since_s = now_s
        # The first of a dictionary is whoever has been silent for the longest time.
        if len(self._purses) >= PLACES:
            del self._purses[next(iter(self._purses))]
        self._purses[tablet] = purse
        return purse
