"""What has become of an alert: whether it has an end, and whether it was what it said it was."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from appliance.domain.decision import Engagement, Verdict
from appliance.domain.watchlist import Ground
from appliance.tablets import course

if TYPE_CHECKING:
    from datetime import datetime

    from appliance.tablets.entry import Book, Entry


class Missing(str, Enum):
    """What an alert lacks to have an end."""

    ANSWER = "an answer"
    """Its time is not over, so an officer may still give one."""
    ENGAGEMENT = "what came of it"
    """It was called viable, and nobody has said whether anybody was spoken to."""
    OUTCOME = "an outcome"
    """Somebody was stopped, and nobody has said how that ended."""


def missing(entry: Entry, now: datetime) -> Missing | None:
    """Say what an alert lacks; None where it has its end.

    One that has expired without an answer has one: it was not viable, which is the default.
    """
    said = course.final(entry.answers)
    if said is None:
        return Missing.ANSWER if now < entry.stub.expires_at else None
    if said is Verdict.VIABLE:
        return Missing.ENGAGEMENT
    if isinstance(said, Engagement) and said.stopped and course.outcome(entry.answers) is None:
        return Missing.OUTCOME
    return None


def unended(book: Book, now: datetime) -> dict[str, Missing]:
    """Name the alerts of a deployment that have no end, and what each lacks."""
    lacks = {one: missing(entry, now) for one, entry in book.entries.items()}
    return {one: lack for one, lack in lacks.items() if lack and one not in book.settled}


def unanswered(entry: Entry) -> bool:
    """Tell whether nobody has said anything of an alert that stands."""
    return course.final(entry.answers) is None


def is_true(entry: Entry) -> bool:
    """Tell whether an officer took the two for one person, and nobody who went there denied it.

    Whoever takes part in a recall test is of no case: nothing of theirs is kept for the force.
    """
    if entry.stub.ground is Ground.VOLUNTEER:
        return False
    said = course.final(entry.answers)
    return said not in {None, Verdict.NOT_VIABLE, Engagement.NOT_THE_PERSON}


def is_wrong_stop(entry: Entry) -> bool:
    """Tell whether somebody was stopped who was not the person."""
    return course.final(entry.answers) is Engagement.NOT_THE_PERSON
