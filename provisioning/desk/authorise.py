"""What a senior officer writes down before a van may look: place, time, notice, list, bounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_core import from_json

from appliance.domain.deployment import Authority, Place, Position
from appliance.errors import InputError
from provisioning import disk
from provisioning.desk.stage import stage_authority

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from provisioning.desk.office import Office

GEOJSON_BYTES = 256 * 1024
DRAWN = "Draw one polygon without holes, of 3 to 64 corners, at most 4 km wide."
POINT = "Write it as latitude, longitude: 51.7343,0.4691."
ORDER = "Correct --notice-published, --from or --to."
MOMENT = "Write it as 2026-11-27T18:00, or with its offset: 2026-11-27T18:00+00:00."


@dataclass(frozen=True)
class Wishes:
    """What is to be authorised."""

    deployment_id: str
    purpose: str
    place: Place
    starts_at: datetime
    ends_at: datetime
    notice_published_at: datetime
    officer: str = field(repr=False)
    """Rank and role."""
    watchlist_id: str
    maximum: int
    floor: float
    vans: Sequence[str]
    alert_expiry_s: float = 60.0
    faces: int = 1_000
    """To be expected..."""
    false_alerts: float = 1.0
    """...and how many false alerts among them, at most."""


def authorise(office: Office, wishes: Wishes) -> tuple[Authority, list[str]]:
    """Lay out an authority to be signed.

    Returns:
        It, and whose signatures of what was pending fell away.

    Raises:
        InputError: a field is not lawful, the list is not one of this desk's, or does not fit.
    """
    authority = draw_up(wishes, office.clock())
    record = office.drafts.record(wishes.watchlist_id)
    for van in wishes.vans:
        if van not in record.vans:
            raise InputError(f"The list was not made for {van}.", mend="Enrol it for that van.")
    if record.subjects > authority.maximum_subjects:
        raise InputError(
            f"The list has {record.subjects} people, the authority allows {wishes.maximum}.",
            mend="Shorten the list, or raise --maximum if the officer agrees.",
        )
    if authority.ends_at <= office.clock():
        raise InputError("The authority has ended already.", mend="Set --to later.")
    return authority, stage_authority(office.repository, authority, wishes.vans)


def draw_up(wishes: Wishes, now: datetime) -> Authority:
    """Write the authority, as of now.

    Raises:
        InputError: a field is not lawful; named, never shown.
    """
    try:
        return Authority(
            deployment_id=wishes.deployment_id,
            purpose=wishes.purpose,
            place=wishes.place,
            starts_at=wishes.starts_at,
            ends_at=wishes.ends_at,
            notice_published_at=wishes.notice_published_at,
            authorising_officer=wishes.officer,
            authorised_at=now,
            watchlist_id=wishes.watchlist_id,
            maximum_subjects=wishes.maximum,
            threshold_floor=wishes.floor,
            expected_faces=wishes.faces,
            most_false_alerts=wishes.false_alerts,
            alert_expiry_s=wishes.alert_expiry_s,
        )
    except ValidationError as error:
        of_one = error.errors(include_input=False)[0]["loc"]
        raise _refusal(error, "times", "Correct that option." if of_one else ORDER) from None


@dataclass(frozen=True)
class Drawn:
    """A place as somebody may say it: one of the three ways."""

    name: str
    centre: str | None = None
    """With `radius_m`: `latitude,longitude`."""
    radius_m: float | None = None
    polygon: Path | None = None
    """GeoJSON."""
    corners: Sequence[str] = ()

    def place(self) -> Place:
        """Read it.

        Raises:
            InputError: it is no place that may be signed, or said in two ways.
        """
        ways = [self.centre is not None, self.polygon is not None, bool(self.corners)]
        if sum(ways) != 1 or (self.centre is None) != (self.radius_m is None):
            raise InputError(
                "A place is said in one way.",
                mend="Give --centre and --radius, or --polygon, or --corner three times or more.",
            )
        if self.centre is not None and self.radius_m is not None:
            return circle(self.name, self.centre, self.radius_m)
        if self.polygon is not None:
            return polygon(self.name, outline(disk.read(self.polygon, GEOJSON_BYTES)))
        return polygon(self.name, [point(corner) for corner in self.corners])


def circle(name: str, centre: str, radius_m: float) -> Place:
    """Read a circle.

    Raises:
        InputError: the point or the radius is none.
    """
    try:
        return Place(name=name, centre=point(centre), radius_m=radius_m)
    except ValidationError as error:
        raise _refusal(error, "place", "A radius is 2,000 m at most.") from None


def polygon(name: str, corners: Sequence[Position]) -> Place:
    """Make a place of its corners.

    Raises:
        InputError: they are no polygon that may be signed.
    """
    try:
        return Place(name=name, corners=tuple(corners))
    except ValidationError as error:
        raise _refusal(error, "place", DRAWN) from None


def point(text: str) -> Position:
    """Read a point as `latitude,longitude`.

    Raises:
        InputError: it is none.
    """
    try:
        latitude, longitude = map(float, text.split(","))
        return Position(latitude_deg=latitude, longitude_deg=longitude)
    except ValueError:
        raise InputError("A point is no latitude and longitude.", mend=POINT) from None


def moment(text: str) -> datetime:
    """Read a time; without an offset it is that of this computer.

    Raises:
        InputError: it is none.
    """
    try:
        # Python 3.10 does not know Z.
        return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone()
    except (ValueError, OverflowError):
        raise InputError("A time cannot be read.", mend=MOMENT) from None


def outline(data: bytes) -> list[Position]:
    """Read the corners of the one polygon of a GeoJSON file (RFC 7946: longitude comes first).

    Raises:
        InputError: there is none, more than one, or one that may not be signed.
    """
    try:
        ring = _ring(from_json(data, allow_inf_nan=False))
        return [Position(latitude_deg=lat, longitude_deg=lon) for lon, lat, *_ in ring[:-1]]
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        raise InputError("The file holds no such polygon as GeoJSON.", mend=DRAWN) from None


def _ring(drawn: Any) -> list[list[float]]:  # noqa: ANN401 - whatever stood in the file
    match drawn:
        case {"type": "FeatureCollection", "features": [feature]}:
            return _ring(feature)
        case {"type": "Feature", "geometry": geometry}:
            return _ring(geometry)
        case {"type": "Polygon", "coordinates": [[first, *_, last] as ring]} if first == last:
            return list(ring)
        case _:
            raise ValueError("not one polygon without holes")


def _refusal(error: ValidationError, what: str, mend: str) -> InputError:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    name = ".".join(map(str, first["loc"])) or what
    return InputError(f"{name}: {first['msg'].removeprefix('Value error, ')}.", mend=mend)
