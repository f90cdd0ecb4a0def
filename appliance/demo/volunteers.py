"""The demo's recall test: whoever has drawn the film knows when the listed person passes."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from appliance.domain import slip
from appliance.errors import MachineError
from appliance.oversight.recall import words
from appliance.oversight.recall.book import Book, utc_now
from appliance.oversight.recall.count import count
from appliance.oversight.recall.plan import Pass, Plan, Volunteer

if TYPE_CHECKING:
    from appliance.demo.film import Timetable
    from appliance.demo.screen import Screen
    from appliance.settings import Appliance
    from appliance.van import Van

LATE = timedelta(seconds=0.6)
"""A face that passes is known for as long as `vision.lost_s` after it is gone, and a film starts
some frames after the camera."""


def begin(van: Van, table: Timetable, settings: Appliance) -> Book | None:
    """Start the test, at the film's first frame.

    It is of the first round alone: a slow computer begins each later one later than the clock says.

    Returns:
        None where nothing is looked for, or this computer has no folder in memory.
    """
    if van.law is None:
        return None
    began, one = (
        utc_now(),
        Volunteer(code=slip.code(secrets.token_hex()), reference=table.reference),
    )
    plan = Plan(
        deployment_id=van.law.deployment.authority.deployment_id,
        began_at=began,
        before=timedelta(0),
        window=timedelta(seconds=table.lasts_s) + LATE,
        volunteers=(one,),
        schedule=tuple(
            Pass(code=one.code, at=began + timedelta(seconds=start_s)) for start_s in table.starts_s
        ),
    )
    book = Book(settings.oversight.interim)
    try:
        book.begin(plan)
    except MachineError:
        return None
    return book


def tell(book: Book, screen: Screen) -> None:
    """Say what the test has come to; the van's log has it when the deployment ends."""
    plan = book.plan()
    if plan is not None:
        standing = count(plan, book.marks(), book.sightings(), utc_now())
        for place, line in enumerate(words.lines(standing.recalled)):
            screen.say(f"{'Recall' if not place else '':<9} {line}", "dim" if place else "")
