"""Who is looked for, on which lawful ground, and how long."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from appliance.domain.ending import End, EndedError
from appliance.errors import InputError, LapsedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy.typing as npt

UNSEEN = r"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"
"""Characters that end a line, turn it round, or speak to a terminal: nobody sees them."""
LINE = rf"^[^{UNSEEN}]*[^\s{UNSEEN}][^{UNSEEN}]*$"
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=LINE)
]
"""One line of text that says something, and nothing else than it seems to."""
Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""A case reference, never a name."""


def _in_calendar(at: datetime) -> datetime:
    try:
        at.astimezone(timezone.utc)
    except OverflowError:
        raise ValueError("the time is outside the calendar in UTC") from None
    return at


Moment = Annotated[AwareDatetime, AfterValidator(_in_calendar)]
"""A time that can be told in any zone: the calendar's first and last day are not for all."""

MAX_IMAGES = 3
MAX_JPEG_BYTES = 200_000
MAX_SUBJECTS = 350_000
MAX_TEMPLATES = MAX_SUBJECTS * MAX_IMAGES
COMMITMENT_BYTES = 32
ADULT_YEARS = 18
MAX_LIFE = timedelta(hours=24)
"""A list that outlives a day stops people whose case is closed."""
MEND = "Have the desk make it again."


class Ground(str, Enum):
    """The only lawful reasons for an entry. There is no other word."""

    COURT = "wanted_by_court"
    SERIOUS_OFFENCE = "wanted_for_serious_offence"
    IMMINENT_HARM = "about_to_commit_really_serious_offence"
    VOLUNTEER = "volunteer"
    """A consenting person in a recall test."""


UNUSUAL = frozenset({Ground.IMMINENT_HARM})
"""Rests on what somebody may do, not on what a court or a case says: each needs its own reason."""


class Part(BaseModel):
    """A frozen piece of a signed document; an unknown field is refused."""

    # pydantic would otherwise remember short texts, and with them people, for ever.
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        allow_inf_nan=False,
        cache_strings="keys",
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
    reviewer: Line = Field(repr=False)
    """Who at the desk has looked at the entry."""
    images: tuple[ListImage, ...] = Field(repr=False, min_length=1, max_length=MAX_IMAGES)
    born_on: date | None = Field(default=None, repr=False)
    """Date of birth; None means that the desk has confirmed an adult of unknown birthday."""
    under_age_override: Line | None = Field(default=None, repr=False)
    """The signed reason why a person under 18 is listed."""
    ground_override: Line | None = Field(default=None, repr=False)
    """The signed reason for an unusual ground."""
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

    def fault(self, made_at: datetime) -> str:
        """Say why the entry may not be on a list that is made then; empty where it may."""
        if self.under_age(made_at.astimezone(timezone.utc).date()) and not self.under_age_override:
            return "an under-18 entry has no signed override"
        if self.ground in UNUSUAL and not self.ground_override:
            return "an entry on an unusual ground has no signed override"
        if self.lapsed(made_at):
            return "an entry had ended before the list was made"
        return ""


Portion = Annotated[float, Field(ge=0, le=1)]


class Gauged(Part):
    """What the desk has measured of pictures before they came on a list, in numbers."""

    quality: tuple[Portion, Portion, Portion] | None = None
    """Quartiles of the pictures that were taken; None where none was measured."""
    refused: int = Field(ge=0)
    """Pictures that were not good enough."""


class Head(Part):
    """What holds for a whole list."""

    watchlist_id: Reference
    model_id: Line
    """Which encoder made the templates: its sha256."""
    made_at: Moment
    expires_at: Moment
    pictures: Gauged | None = None
    """For the van's log; None where the desk does not say it."""

    @property
    def text(self) -> bytes:
        """As it stands in a bundle; what is not said is not written, for older vans."""
        return self.model_dump_json(exclude_none=True).encode()

    @property
    def public(self) -> dict[str, Any]:
        """Give what everybody may read beside the sealed bundle."""
        return self.model_dump(exclude={"pictures"})

    @model_validator(mode="after")
    def _short_lived(self) -> Head:
        if not timedelta(0) < self.expires_at - self.made_at <= MAX_LIFE:
            raise ValueError("a list lives 24 hours at most")
        return self


def require_lawful(head: Head, subjects: Iterable[Subject]) -> None:
    """Refuse entries that may not be on this list; each is read once.

    Raises:
        InputError: there is none, a reference stands twice, or an entry is not lawful.
    """
    known: set[str] = set()
    for subject in subjects:
        fault = subject.fault(head.made_at)
        if subject.reference in known:
            fault = "a reference stands twice"
        if fault:
            raise InputError(f"The watchlist: {fault}.", mend=MEND)
        known.add(subject.reference)
    if not known:
        raise InputError("The watchlist is empty.", mend="Enrol somebody.")


def _nothing() -> None:
    """Keep nothing that has to be given back."""


@dataclass(frozen=True)
class Watchlist:
    """A verified list, ready to be searched."""

    head: Head
    subjects: Sequence[Subject] = field(repr=False)
    """S of them; each may be read from the bundle at the moment that it is asked for."""
    templates: npt.NDArray[np.float16] | npt.NDArray[np.float32] = field(repr=False)
    """(N, D), rows of length 1."""
    owners: npt.NDArray[np.int32] = field(repr=False)
    """(N,): which subject each row is of, in order."""
    expires: npt.NDArray[np.int64] = field(repr=False)
    """(S,): when each entry ends, in seconds since 1970."""
    commitments: npt.NDArray[np.uint8] = field(repr=False)
    """(S, 32): by which the public log and a withdrawal know the entries."""
    release: Callable[[], None] = field(default=_nothing, repr=False)
    """Gives the memory back in which all this lies, after it was overwritten."""

    @classmethod
    def of(
        cls,
        head: Head,
        subjects: Sequence[Subject],
        templates: npt.NDArray[np.float16] | npt.NDArray[np.float32],
        owners: npt.NDArray[np.int32],
        commitments: npt.NDArray[np.uint8] | None = None,
    ) -> Watchlist:
        """Put a list together from its parts.

        Raises:
            InputError: an entry is not lawful.
        """
        require_lawful(head, subjects)
        expires = np.array([int(s.expires_at.timestamp()) for s in subjects], np.int64)
        if commitments is None:
            commitments = np.zeros((len(subjects), COMMITMENT_BYTES), np.uint8)
        return cls(head, subjects, templates, owners, expires, commitments)

    @property
    def id(self) -> str:
        """The list's own name."""
        return self.head.watchlist_id

    def require_live(self, now: datetime) -> None:
        """Refuse outside the list's life.

        Raises:
            EndedError: the list has ended.
            LapsedError: its making lies in the future.
        """
        if now < self.head.made_at:
            raise LapsedError("The watchlist is not yet made.", mend="Check the van's clock.")
        if now >= self.head.expires_at:
            raise EndedError(End.LIST_EXPIRED)

    def withdrawn(self, commitments: Iterable[bytes]) -> npt.NDArray[np.int32]:
        """Find the subjects behind commitments; those of other lists are passed over.

        Returns:
            Numbers of subjects, in order.
        """
        named = {entry for entry in commitments if len(entry) == COMMITMENT_BYTES}
        if not named:
            return np.zeros(0, np.int32)
        # Few begin like one that is named; only of these is the whole compared.
        begun = np.zeros(1 << 16, np.bool_)
        begun[np.frombuffer(b"".join(entry[:2] for entry in named), np.uint16)] = True
        firsts = np.ascontiguousarray(self.commitments).view(np.uint16)[:, 0]
        alike = np.flatnonzero(begun[firsts]).tolist()
        found = [number for number in alike if self.commitments[number].tobytes() in named]
        return np.array(found, np.int32)

    def erase(self) -> None:
        """Overwrite everything with zeros, and give the memory back."""
        for array in (self.templates, self.owners, self.expires, self.commitments):
            if array.flags.writeable:
                array.fill(0)
        self.release()
