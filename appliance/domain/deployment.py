"""A deployment: what a signed authority allows, where and when."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from appliance.domain.ending import End, EndedError
from appliance.domain.watchlist import MAX_SUBJECTS, Line, Moment, Part, Reference
from appliance.errors import LapsedError, TrustError

if TYPE_CHECKING:
    from datetime import datetime

    from appliance.domain.watchlist import Watchlist

EARTH_RADIUS_M = 6_371_009.0
"""Mean radius (IUGG)."""
LEAST_CORNERS, MAX_CORNERS = 3, 64
WIDEST_M = 4_000
MOST_OPEN = timedelta(minutes=10)
"""No authority lets an alert be open for longer, and no tablet shows one that is."""
"""As wide as the widest circle."""
MOST_FACES = 10_000_000


class EarlyError(LapsedError):
    """An authority is still to come."""


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
    """The signed zone: a circle or a polygon that has a name."""

    name: Line
    centre: Position | None = None
    radius_m: float | None = Field(default=None, gt=0, le=2_000)
    corners: tuple[Position, ...] = Field(default=(), max_length=MAX_CORNERS)
    """Of a polygon, in order; it closes itself."""

    @model_validator(mode="after")
    def _one_shape(self) -> Place:
        circle = self.centre is not None and self.radius_m is not None
        half = (self.centre is None) != (self.radius_m is None)
        if half or circle == bool(self.corners):
            raise ValueError("a place is a centre with radius_m, or corners")
        if self.corners:
            self._require_small()
        return self

    def _require_small(self) -> None:
        if len(self.corners) < LEAST_CORNERS:
            raise ValueError("a polygon has three corners at least")
        first = self.corners[0]
        if any(first.distance_m(corner) > WIDEST_M for corner in self.corners):
            raise ValueError("a polygon is 4 km wide at most")

    def holds(self, position: Position) -> bool:
        """Tell whether a point lies inside."""
        if self.centre is not None and self.radius_m is not None:
            return position.distance_m(self.centre) <= self.radius_m
        # Even-odd rule (Shimrat 1962): a ray to the east crosses the edges an odd number of times.
        # On a plane of degrees around the first corner, which is exact enough over 4 km.
        point = _beside(self.corners[0], position)
        outline = [_beside(self.corners[0], corner) for corner in self.corners]
        edges = zip(outline, (*outline[1:], *outline[:1]), strict=True)
        return sum(_crosses(point, start, end) for start, end in edges) % 2 == 1


def _beside(origin: Position, point: Position) -> tuple[float, float]:
    """Give degrees to the east and to the north; the date line is no edge of the world."""
    east = (point.longitude_deg - origin.longitude_deg + 180) % 360 - 180
    return east, point.latitude_deg - origin.latitude_deg


def _crosses(
    point: tuple[float, float], start: tuple[float, float], end: tuple[float, float]
) -> bool:
    if (start[1] > point[1]) == (end[1] > point[1]):
        return False
    share = (point[1] - start[1]) / (end[1] - start[1])
    return point[0] < start[0] + share * (end[0] - start[0])


class Authority(Part):
    """What a senior officer has signed before the van may look."""

    deployment_id: Reference
    purpose: Line
    place: Place
    starts_at: Moment
    ends_at: Moment
    notice_published_at: Moment
    """When the public was told; always before the start."""
    authorising_officer: Line = Field(repr=False)
    """Rank and role."""
    authorised_at: Moment | None = None
    """When the desk wrote it down for that officer; None where it does not say."""
    watchlist_id: Reference
    maximum_subjects: int = Field(gt=0, le=MAX_SUBJECTS)
    threshold_floor: float = Field(ge=0, le=1)
    """No match below this score may be reported, whatever the settings say."""
    expected_faces: int = Field(default=1_000, gt=0, le=MOST_FACES)
    most_false_alerts: float = Field(default=1.0, gt=0, le=MOST_FACES)
    """Among so many faces: the longer the list, the higher is the threshold for it. Where nobody
    says anything, 1 in 1,000, as South Wales Police's procedure had it."""
    alert_expiry_s: float = Field(default=60.0, gt=0, le=MOST_OPEN.total_seconds())
    """No alert is open for longer, whatever the settings say."""

    @model_validator(mode="after")
    def _in_order(self) -> Authority:
        if not self.notice_published_at <= self.starts_at < self.ends_at:
            raise ValueError("notice, start and end are not in that order")
        return self

    def limit(self, expiry: timedelta) -> timedelta:
        """Shorten how long an alert is open to what is allowed here."""
        return min(expiry, timedelta(seconds=self.alert_expiry_s))

    def require_covers(self, watchlist: Watchlist) -> None:
        """Refuse a list that is not the one signed for.

        Raises:
            TrustError: it is another list, or too long.
        """
        if watchlist.id != self.watchlist_id:
            raise TrustError(
                "The authority is for another watchlist.", mend="Install the list it names."
            )
        if len(watchlist.subjects) > self.maximum_subjects:
            raise TrustError(
                "The watchlist is longer than the authority allows.",
                mend="Have it shortened, or a wider authority signed.",
            )

    def require_begun(self, now: datetime) -> None:
        """Refuse an authority that is still to come.

        Raises:
            EarlyError: it is.
        """
        if now < self.starts_at:
            raise EarlyError("The authority has not begun.", mend="Wait for its start.")

    def require_unended(self, now: datetime) -> None:
        """Refuse an authority that has ended.

        Raises:
            EndedError: it has.
        """
        if now >= self.ends_at:
            raise EndedError(End.DEPLOYMENT_OVER)


@dataclass(frozen=True)
class Deployment:
    """An authority that is in force here. The matcher cannot be built without one."""

    authority: Authority
    position: Position
    valid_until: datetime | None = None
    """How long it counts without another word from the force; None where nobody has said."""

    @cached_property
    def inside(self) -> bool:
        """Whether the van is in the signed place. Asked at every frame; neither ever moves."""
        return self.authority.place.holds(self.position)

    def require_open(self, now: datetime) -> None:
        """Refuse outside the signed place and time.

        Raises:
            EndedError: the authority has ended, or the force was not heard for too long.
            LapsedError: the authority has not begun, or is for another place.
        """
        authority = self.authority
        authority.require_begun(now)
        authority.require_unended(now)
        if self.valid_until is not None and now >= self.valid_until:
            raise EndedError(End.CONTACT_LOST)
        if not self.inside:
            raise LapsedError(
                "The van is outside the signed place.", mend="Drive to the place, or sign this one."
            )
