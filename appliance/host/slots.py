"""What lies between the thread that decodes and the one that looks: only the newest frame."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from appliance.domain.frame import Frame

Array = npt.NDArray[Any]

SLOTS = 3
"""One is being written, one waits, one is lent."""


class Slots:
    """Hands over the newest frame; whatever is not needed any more is overwritten with zeros.

    The lock is held for the swap only, never while pixels are written or erased.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self.over = False
        """Whether nothing will be put in any more."""
        self._news = threading.Condition()
        self._length = 0
        self._free: list[Array] = []
        self._newest: Frame[Array] | None = None
        self._lent: Frame[Array] | None = None

    @property
    def spent(self) -> bool:
        """Whether there is no frame, and never will be."""
        return self.over and self._newest is None

    def borrow(self, length: int) -> Array:
        """Give the writer so many bytes of zeros, to be put in or given back."""
        with self._news:
            if length != self._length:
                self._length = length
                self._free = [np.zeros(length, np.uint8) for _ in range(SLOTS)]
            return self._free.pop()

    def give_back(self, pixels: Array) -> None:
        """Overwrite pixels with zeros and keep them for the next frame."""
        pixels.fill(0)
        with self._news:
            # Frames that have another size now have slots of that size already.
            if len(pixels) == self._length:
                self._free.append(pixels)

    def put(self, frame: Frame[Array]) -> None:
        """Make this the newest frame; the one that nobody took is dropped."""
        with self._news:
            late, self._newest = self._newest, frame
            self.dropped += late is not None
            self._news.notify_all()
        if late is not None:
            self.give_back(late.pixels)

    def drain(self) -> None:
        """Wait until the newest frame is taken."""
        with self._news:
            self._news.wait_for(lambda: self._newest is None or self.over)

    def await_first(self, wait_s: float) -> bool:
        """Wait for a frame without taking it; say whether there is one."""
        with self._news:
            self._news.wait_for(lambda: self._newest or self.over, wait_s)
            return self._newest is not None

    def take(self, wait_s: float) -> Frame[Array] | None:
        """Lend the newest frame, or none that came in so many seconds."""
        with self._news:
            self._news.wait_for(lambda: self._newest or self.over, wait_s)
            self._lent, self._newest = self._newest, None
            self._news.notify_all()
            return self._lent

    def reclaim(self) -> None:
        """Erase the frame that is lent."""
        with self._news:
            lent, self._lent = self._lent, None
        if lent is not None:
            self.give_back(lent.pixels)

    def end(self) -> None:
        """Nothing comes any more: wake whoever waits."""
        with self._news:
            self.over = True
            self._news.notify_all()

    def erase(self) -> None:
        """Erase the frame that is lent and the one that waits."""
        self.reclaim()
        self.take(0)
        self.reclaim()
