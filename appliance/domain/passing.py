"""A passing: one face going by one camera once, from first to last sight."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Passing:
    """What may be said of a passing that has ended: counts, never a face."""

    number: int
    camera: str
    sights: int
    """Detections that belonged to it."""
    shots: int
    """Sights good enough to encode that were encoded."""
    gated: bool
    """Whether any of its sights passed the quality gate; only then is it a face seen."""
    alerted: bool
