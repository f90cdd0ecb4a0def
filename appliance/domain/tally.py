"""The tally: what a deployment counted. Numbers only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from appliance.domain.times import Times

if TYPE_CHECKING:
    from appliance.domain.passing import Passing


@dataclass
class Tally:
    """Counts since the start, and how long things took in milliseconds."""

    frames: int = 0
    dropped_frames: int = 0
    bad_frames: int = 0
    """Pieces of a stream that could not be read, and were passed over."""
    detections: int = 0
    faces_seen: int = 0
    """Passings with at least one sight that passed the quality gate."""
    erased: int = 0
    """Of the faces seen, those that are gone from memory."""
    unencoded: int = 0
    """Faces seen that ended without a template: a lost chance, never hidden."""
    overflow: int = 0
    """Faces that were not followed because too many were in view."""
    shots: int = 0
    alerts: int = 0
    bad_templates: int = 0
    """Templates refused because the network gave something that is not a number."""
    seen_to_tablet_ms: Times = field(default_factory=Times)
    deletion_ms: Times = field(default_factory=Times)

    def settle(self, passing: Passing, erased_ms: float) -> None:
        """Count a passing that has ended and been erased."""
        self.deletion_ms.add(erased_ms)
        if passing.gated:
            self.erased += 1
            self.unencoded += passing.shots == 0
