"""An alert: the only thing about a passer-by that ever leaves the van."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from appliance.domain.candidate import Candidate
    from appliance.domain.watchlist import Subject


@dataclass(frozen=True)
class Place:
    """Where in the picture, as fractions of its width and height."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Alert:
    """A likeness for an officer to judge. It decides nothing."""

    id: str
    subject: Subject = field(repr=False)
    candidate: Candidate = field(repr=False)
    crop_jpeg: bytes = field(repr=False)
    """The face and its surroundings, everyone else blurred."""
    place: Place = field(repr=False)
    camera: str
    taken_at: datetime
    """UTC, when the camera saw the shot that decided."""
    expires_at: datetime
    watchlist_id: str
    model_id: str
    deployment_id: str
    maybe_picture: bool = False
    """Whether the face may be a print, a screen or a poster; False too where nothing told."""
    taken_ns: int = 0
    """`taken_at` on the monotonic clock, to measure how long the tablet waited."""
