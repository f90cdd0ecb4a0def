"""Somebody to be enrolled: who, on which terms, and where the pictures lie."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timezone
from typing import TYPE_CHECKING

from pydantic import ValidationError

from appliance.domain.watchlist import UNUSUAL, Ground, ListImage, Subject
from appliance.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from pathlib import Path

MEND = "Correct that column."
OLDEST_YEARS = 120


@dataclass(frozen=True)
class Terms:
    """What is known of a person beside the pictures."""

    ground: Ground
    reason: str = field(repr=False)
    """Why this person, in words an officer can say aloud."""
    power: str
    source: str = field(repr=False)
    """Where the pictures are from."""
    reviewer: str = field(repr=False)
    """Who at the desk has looked at the entry."""
    expires_at: datetime
    taken_on: tuple[date | None, ...] = field(default=(None,), repr=False)
    """One for all pictures, or one for each; None where it is not known."""
    born_on: date | None = field(default=None, repr=False)
    """None: the desk has confirmed an adult."""
    under_age_override: str | None = field(default=None, repr=False)
    ground_override: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Person:
    """Somebody to be enrolled."""

    reference: str = field(repr=False)
    terms: Terms = field(repr=False)
    pictures: tuple[Path, ...] = field(repr=False)
    line: int | None = None
    """Of the table."""

    def taken_on(self, number: int) -> date | None:
        """Say when a picture was taken, if that is known."""
        dates = self.terms.taken_on
        return dates[number] if len(dates) > 1 else next(iter(dates), None)


def draw_up(person: Person, pictures: Sequence[int]) -> Subject:
    """Write the entry that is signed.

    Args:
        person: Whose.
        pictures: Numbers of those that were taken.

    Raises:
        InputError: a field is not what an entry demands; named, never shown.
    """
    terms = person.terms
    try:
        return Subject(
            reference=person.reference,
            ground=terms.ground,
            reason=terms.reason,
            power=terms.power,
            reviewer=terms.reviewer,
            images=tuple(
                ListImage(taken_on=person.taken_on(i), source=terms.source) for i in pictures
            ),
            born_on=terms.born_on,
            under_age_override=terms.under_age_override,
            ground_override=terms.ground_override,
            expires_at=terms.expires_at,
        )
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        column = str(first["loc"][-1])
        raise InputError(f"column {column}: {first['msg']}.", mend=MEND) from None


def require_lawful(person: Person, made_at: datetime) -> None:
    """Refuse who may not be on a list that is made then.

    Raises:
        InputError: an override or a field is missing, or the entry has ended.
    """
    subject, today = draw_up(person, [0]), made_at.astimezone(timezone.utc).date()
    born_on = subject.born_on or today
    # A slip in the year would make an adult of a child.
    if born_on > today or today.year - born_on.year > OLDEST_YEARS:
        raise InputError("column born: nobody alive was born then.", mend=MEND)
    if subject.under_age(today) and not subject.under_age_override:
        fault = "column born: the person is under 18, and under_age_override is empty."
        raise InputError(fault, mend="Leave the person out, or write there why it must be.")
    if subject.ground in UNUSUAL and not subject.ground_override:
        fault = "column ground: an unusual ground, and ground_override is empty."
        raise InputError(fault, mend="Leave the person out, or write there why it must be.")
    if subject.lapsed(made_at):
        raise InputError("column expires: the entry has ended.", mend="Leave the person out.")
