"""The desk's pages: HTML that needs no other file, runs nothing, and shows outside text as text."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import timezone
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.paper.press import open_press
from provisioning import disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from jinja2 import Environment

    from appliance.paper.press import Filters
    from provisioning.enrol.rows import Row
    from provisioning.report.flags import Flag
    from provisioning.report.likeness import Concern

FOLDER = Path(__file__).parent / "html"
JPEG_START = b"\xff\xd8\xff"
BUFFERED = 64
WORDS = {
    "wanted_by_court": "Wanted by a court",
    "wanted_for_serious_offence": "Wanted for a serious offence",
    "about_to_commit_really_serious_offence": "About to commit a really serious offence",
    "volunteer": "Volunteer in a test",
    "possible": "Possible likeness",
    "likely": "Likely likeness",
    "strong": "Strong likeness",
}
"""As the officer's tablet says it."""


@dataclass(frozen=True)
class Card:
    """One picture and what is said of it."""

    reference: str = field(repr=False)
    picture: str = field(repr=False)
    jpeg: bytes = field(repr=False)
    reason: str = field(default="", repr=False)
    mend: str = field(default="", repr=False)
    facts: str = field(default="", repr=False)
    fate: str = ""
    """What became of the person."""

    @classmethod
    def of(cls, row: Row) -> Card:
        """Show a row."""
        eyes_px, years = row.measures.get("eyes_px"), row.measures.get("age_years")
        facts = "" if eyes_px is None else f"{eyes_px:.0f} px, {old(years)}"
        return cls(row.reference, row.picture, row.thumbnail, row.reason, row.mend, facts)


@dataclass(frozen=True)
class Entry:
    """Everybody's pictures under one reference."""

    reference: str = field(repr=False)
    concern: Concern | None
    cards: list[Card] = field(default_factory=list[Card], repr=False)
    lines: tuple[str, ...] = field(default=(), repr=False)
    """What else there is to say."""


@dataclass(frozen=True)
class Pair:
    """A flag, and the one or two pictures to look at."""

    flag: Flag = field(repr=False)
    cards: tuple[Card, ...] = field(repr=False)


def old(years: float | None) -> str:
    """Say how old a picture is."""
    if years is None:
        return "date not known"
    if years < 1:
        return "under a year"
    return f"{years:.0f} year{'s' if round(years) != 1 else ''}"


def lay_out(folder: Path, stem: str, count: int) -> list[str]:
    """Make room for so many pages, each readable for the desk alone; older ones are removed.

    Returns:
        Their names.

    Raises:
        InputError: there is no such folder, and none can be made.
    """
    disk.make_room(folder)
    for former in folder.glob(f"{stem}*.html"):
        disk.remove(former)
    return [f"{stem}.html", *(f"{stem}-{number}.html" for number in range(2, count + 1))]


def write(file: Path, name: str, **values: Any) -> Path:  # noqa: ANN401 - what the page asks for
    """Write a page: `values` are all that its template `name` shows.

    Raises:
        MachineError: the disk refused it.
    """
    with disk.replacing(file) as opened:
        opened.writelines(render(name, **values))
    return file


def render(name: str, **values: Any) -> Iterator[bytes]:  # noqa: ANN401 - what the page asks for
    """Write a page, piece by piece.

    Args:
        name: Of the template.
        values: All that it shows.
    """
    stream = _press().get_template(name).stream(values)
    stream.enable_buffering(BUFFERED)
    for piece in stream:
        yield piece.encode("utf-8", "replace")


@cache
def _press() -> Environment:
    filters: Filters = {"picture": _picture, "moment": _moment, "day": _day}
    return open_press(FOLDER, "desk.css", filters=filters, values={"words": WORDS}, pictures=True)


def _picture(jpeg: bytes) -> str:
    if not jpeg.startswith(JPEG_START):
        return ""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def _moment(at: datetime) -> str:
    utc = at.astimezone(timezone.utc)
    return f"{_day(utc)}, {utc:%H:%M} UTC"


def _day(at: date) -> str:
    return f"{at.day} {at:%B %Y}"
