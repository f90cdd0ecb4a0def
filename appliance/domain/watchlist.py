"""Who is looked for, on which lawful ground, and how long."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from appliance.errors import LapsedError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""One line of text that says something."""
Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""A case reference, never a name."""

MAX_IMAGES = 3
MAX_JPEG_BYTES = 200_000
ADULT_YEARS = 18
MAX_LIFE = timedelta(hours=24)
"""A list that outlives a day stops people whose case is closed."""


class Ground(str, Enum):
    """The only lawful reasons for an entry. There is no other word."""

    COURT = "wanted_by_court"
    SERIOUS_OFFENCE = "wanted_for_serious_offence"
    IMMINENT_HARM = "about_to_commit_really_serious_offence"
    VOLUNTEER = "volunteer"
    """A consenting person in a recall test."""


class Part(BaseModel):
    """A frozen piece of a signed document; an unknown field is refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False
    )


class ListImage(Part):
    """One photograph of a subject."""

    jpeg: bytes = Field(default=b"", exclude=True, repr=False, max_length=MAX_JPEG_BYTES)
    """Never part of the text: a bundle carries the pictures beside it."""
    taken_on: date | None = None
    source: Line = Field(repr=False)


class Subject(Part):
    """A person on the watchlist."""

    reference: Reference = Field(repr=False)
    ground: Ground
    reason: Line = Field(repr=False)
    """Why this person, in words an officer can say aloud."""
    power: Line
    """The power an officer may use."""
    images: tuple[ListImage, ...] = Field(repr=False, min_length=1, max_length=MAX_IMAGES)
    born_on: date | None = Field(default=None, repr=False)
    """Date of birth; None means that the desk has confirmed an adult of unknown birthday."""
    under_age_override: Line | None = Field(default=None, repr=False)
    """The signed reason why a person under 18 is listed."""
    expires_at: AwareDatetime

    def under_age(self, on: date) -> bool:
        """Tell whether the person is known to be under 18 on that day."""
        if self.born_on is None:
            return False
        had_birthday = (on.month, on.day) >= (self.born_on.month, self.born_on.day)
        return on.year - self.born_on.year - (not had_birthday) < ADULT_YEARS

    def lapsed(self, now: datetime) -> bool:
        """Tell whether the entry has ended."""
        return now >= self.expires_at


class Register(Part):
    """The signed part of a watchlist that a person can read: everything but the templates."""

    watchlist_id: Reference
    model_id: Line
    """Which encoder made the templates: its sha256."""
    made_at: AwareDatetime
    expires_at: AwareDatetime
    subjects: tuple[Subject, ...] = Field(repr=False, min_length=1, max_length=20_000)

    @model_validator(mode="after")
    def _lawful(self) -> Register:
        if not timedelta(0) < self.expires_at - self.made_at <= MAX_LIFE:
            raise ValueError("a list lives 24 hours at most")
        references = {subject.reference for subject in self.subjects}
        if len(references) != len(self.subjects):
            raise ValueError("a reference stands twice")
        made_on = self.made_at.date()
        if any(s.under_age(made_on) and not s.under_age_override for s in self.subjects):
            raise ValueError("an under-18 entry has no signed override")
        if any(s.lapsed(self.made_at) for s in self.subjects):
            raise ValueError("an entry had ended before the list was made")
        return self


@dataclass(frozen=True)
class Watchlist:
    """A verified list, ready to be searched."""

    register: Register = field(repr=False)
    templates: npt.NDArray[np.float32] = field(repr=False)
    """(N, D), rows of length 1."""
    owners: npt.NDArray[np.int32] = field(repr=False)
    """(N,): which subject each row is of."""

    @property
    def id(self) -> str:
        """The list's own name."""
        return self.register.watchlist_id

    def require_live(self, now: datetime) -> None:
        """Refuse outside the list's life.

        Raises:
            LapsedError: the list has ended, or its making lies in the future.
        """
        if now < self.register.made_at:
            raise LapsedError("The watchlist is not yet made.", mend="Check the van's clock.")
        if now >= self.register.expires_at:
            raise LapsedError("The watchlist has ended.", mend="Have a new one signed and sent.")

    def erase(self) -> None:
        """Overwrite the templates with zeros."""
        self.templates.fill(0)
