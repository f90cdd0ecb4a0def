"""How often a camera's frames are looked at; a face needs no more than its passing shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.domain.frame import A, Frame

SLACK_NS = 10_000_000
"""Frames come a little early or late; without it 30 a second would become 10 and not 15."""


class Pace:
    """Frames in, those that are due out.

    Args:
        most_hz: Looks a second for each camera; 0 looks at every frame.
    """

    def __init__(self, most_hz: float) -> None:
        self._least_ns = int(1e9 / most_hz) - SLACK_NS if most_hz else 0
        self._last_ns: dict[str, int] = {}

    def __call__(self, frames: Sequence[Frame[A]]) -> list[Frame[A]]:
        """Pick the frames that come long enough after the one looked at before."""
        due = [frame for frame in frames if self._due(frame)]
        self._last_ns.update((frame.camera, frame.taken_ns) for frame in due)
        return due

    def _due(self, frame: Frame[A]) -> bool:
        last_ns = self._last_ns.get(frame.camera)
        return last_ns is None or frame.taken_ns - last_ns >= self._least_ns
