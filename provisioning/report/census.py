"""Who is on a list, counted: grounds, ages, overrides, and when the entries end."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from appliance.domain.watchlist import Ground, Subject
from appliance.watchlist.refusals import parse
from provisioning.enrol.gate import YEAR_DAYS
from provisioning.report.figures import quarters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from provisioning.enrol.merge import Enrolled
    from provisioning.report.figures import Quarters


@dataclass(frozen=True)
class Override:
    """An entry that is there by somebody's word only."""

    reference: str = field(repr=False)
    ground: Ground
    under_age_override: str | None = field(default=None, repr=False)
    """The signed reason why somebody under 18 is listed..."""
    ground_override: str | None = field(default=None, repr=False)
    """...and for an unusual ground."""
    reviewer: str = field(default="", repr=False)


@dataclass
class Census:
    """Counted entry by entry, as of a day."""

    on: date
    people: int = 0
    pictures: int = 0
    undated: int = 0
    minors: int = 0
    unusual: int = 0
    grounds: Counter[Ground] = field(default_factory=Counter[Ground])
    overrides: list[Override] = field(default_factory=list[Override], repr=False)
    ends: array[float] = field(default_factory=lambda: array("d"), repr=False)
    _years: array[float] = field(default_factory=lambda: array("f"), repr=False)

    @classmethod
    def of(cls, subjects: Iterable[Subject], made_at: datetime) -> Census:
        """Count a whole list."""
        census = cls(made_at.astimezone(timezone.utc).date())
        for subject in subjects:
            census.count(subject)
        return census

    def count(self, subject: Subject) -> None:
        """Add an entry."""
        self.people += 1
        self.grounds[subject.ground] += 1
        self.ends.append(subject.expires_at.timestamp())
        for image in subject.images:
            self.pictures += 1
            self.undated += image.taken_on is None
            if image.taken_on is not None:
                self._years.append((self.on - image.taken_on).days / YEAR_DAYS)
        self._override(subject)

    def _override(self, subject: Subject) -> None:
        young = subject.under_age_override if subject.under_age(self.on) else None
        odd = subject.ground_override
        self.minors += young is not None
        self.unusual += odd is not None
        if young is not None or odd is not None:
            self.overrides.append(
                Override(subject.reference, subject.ground, young, odd, subject.reviewer)
            )

    def years(self) -> Quarters | None:
        """Sum up how old the pictures are; None where no date is known."""
        return quarters(self._years)

    def spread(self) -> tuple[datetime, datetime, datetime] | None:
        """Say when the first entry ends, the middle one, and the last."""
        if not self.ends:
            return None
        ordered = sorted(self.ends)
        first, middle, last = ordered[0], ordered[len(ordered) // 2], ordered[-1]
        return _utc(first), _utc(middle), _utc(last)


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def records(enrolled: Enrolled) -> Iterator[Subject]:
    """Read everybody who was enrolled, a leaf at a time.

    Raises:
        InputError: a record is damaged.
    """
    for place in enrolled.places:
        blob = enrolled.reader.part(enrolled.leaf(place), "records")
        at = 0
        for size in enrolled.record_bytes[place.first : place.last].tolist():
            yield parse(Subject, blob[at : at + size], "A record of the shards")
            at += size
