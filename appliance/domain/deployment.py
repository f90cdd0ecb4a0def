"""A deployment: what a signed authority allows, where and when."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import AwareDatetime, Field, model_validator

from appliance.domain.watchlist import Line, Part, Reference
from appliance.errors import LapsedError, TrustError

if TYPE_CHECKING:
    from datetime import datetime

    from appliance.domain.watchlist import Watchlist

EARTH_RADIUS_M = 6_371_009.0
"""Mean radius (IUGG)."""


class Position(Part):
    """A point on the ground, WGS 84."""

    latitude_deg: float = Field(ge=-90, le=90)
    longitude_deg: float = Field(ge=-180, le=180)

    def distance_m(self, other: Position) -> float:
        """Measure along the great circle (haversine)."""
        lat1, lat2 = math.radians(self.latitude_deg), math.radians(other.latitude_deg)
        half_lat = (lat2 - lat1) / 2
        half_lon = math.radians(other.longitude_deg - self.longitude_deg) / 2
        chord = math.sin(half_lat) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(half_lon) ** 2
        return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, chord)))


class Place(Part):
    """The signed zone: a circle that has a name."""

    name: Line
    centre: Position
    radius_m: float = Field(gt=0, le=2_000)


class Authority(Part):
    """What a senior officer has signed before the van may look."""

    deployment_id: Reference
    purpose: Line
    place: Place
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    notice_published_at: AwareDatetime
    """When the public was told; always before the start."""
    authorising_officer: Line = Field(repr=False)
    """Rank and role."""
    watchlist_id: Reference
    maximum_subjects: int = Field(gt=0, le=20_000)
    threshold_floor: float = Field(ge=0, le=1)
    """No match below this score may be reported, whatever the settings say."""

    @model_validator(mode="after")
    def _in_order(self) -> Authority:
        if not self.notice_published_at <= self.starts_at < self.ends_at:
            raise ValueError("notice, start and end are not in that order")
        return self

    def require_covers(self, watchlist: Watchlist) -> None:
        """Refuse a list that is not the one signed for.

        Raises:
            TrustError: it is another list, or too long.
        """
        if watchlist.id != self.watchlist_id:
            raise TrustError(
                "The authority is for another watchlist.", mend="Install the list it names."
            )
        if len(watchlist.register.subjects) > self.maximum_subjects:
            raise TrustError(
                "The watchlist is longer than the authority allows.",
                mend="Have it shortened, or a wider authority signed.",
            )

    def require_unended(self, now: datetime) -> None:
        """Refuse an authority that has ended.

        Raises:
            LapsedError: it has.
        """
        if now >= self.ends_at:
            raise LapsedError("The authority has ended.", mend="Have a new one signed.")


@dataclass(frozen=True)
class Deployment:
    """An authority that is in force here. The matcher cannot be built without one."""

    authority: Authority
    position: Position

    def require_open(self, now: datetime) -> None:
        """Refuse outside the signed place and time.

        Raises:
            LapsedError: the authority has not begun, has ended, or is for another place.
        """
        authority = self.authority
        if now < authority.starts_at:
            raise LapsedError("The authority has not begun.", mend="Wait for its start.")
        authority.require_unended(now)
        if self.position.distance_m(authority.place.centre) > authority.place.radius_m:
            raise LapsedError(
                "The van is outside the signed place.", mend="Drive to the place, or sign this one."
            )
