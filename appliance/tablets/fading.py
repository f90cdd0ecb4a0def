"""Things that are kept until their time is over, the newest last."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

V = TypeVar("V")


class Fading(Generic[V]):
    """Things by name. However many there are, each step costs about the same.

    Not for two threads at once.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[datetime, V]] = {}
        self._ends: list[tuple[datetime, str]] = []

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, name: str) -> bool:
        return name in self._kept

    def newest(self) -> Iterator[str]:
        """Name the things, the newest first."""
        return reversed(self._kept)

    def values(self) -> list[V]:
        """Give the things, the newest last."""
        return [value for _, value in self._kept.values()]

    def get(self, name: str) -> V | None:
        """Give a thing; None where it is not (any more) there."""
        return self._kept[name][1] if name in self._kept else None

    def put(self, name: str, value: V, until: datetime) -> None:
        """Keep a thing as the newest, in place of what was kept under its name."""
        before = self._kept.pop(name, None)
        self._kept[name] = until, value
        if before is None or before[0] != until:
            heappush(self._ends, (until, name))

    def drop(self, name: str) -> None:
        """Let go of a thing, if it is there."""
        self._kept.pop(name, None)

    def forget(self, now: datetime) -> None:
        """Let go of what is over."""
        while self._ends and self._ends[0][0] <= now:
            _, name = heappop(self._ends)
            # It may have been kept for longer since.
            if name in self._kept and self._kept[name][0] <= now:
                del self._kept[name]

    def clear(self) -> None:
        """Let go of everything."""
        self._kept.clear()
        self._ends.clear()
