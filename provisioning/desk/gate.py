"""Which pictures may stand on a list."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Gate:
    """What a picture must be."""

    eyes_px: float = 64.0
    """Least distance between the eyes: smaller list images make false alerts."""
