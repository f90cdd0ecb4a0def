"""One line of the van's register, and what the lines say of an alert. Without a picture."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, cast

from pydantic import Field, ValidationError

from appliance.domain.candidate import Band  # noqa: TC001  # pydantic reads it at run time
from appliance.domain.slip import code
from appliance.domain.watchlist import Ground, Reference  # noqa: TC001  # as above
from appliance.durable import END
from appliance.errors import InputError
from appliance.tablets.envelope import Id, Message, Tablet, Time, parse
from appliance.tablets.refusal import Flaw, RefusedError
from appliance.tablets.wire import DecisionEvent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

    from appliance.domain.alert import Alert
    from appliance.domain.decision import Decision

LIFE: Final = timedelta(hours=24)
"""After the last line: whoever was stopped has so long to ask, and nobody is kept for longer."""

_log = logging.getLogger(__name__)


class Stub(Message):
    """An alert that went out: enough to find it, and to ask why it was raised."""

    id: Id
    camera: str
    taken_at: Time
    expires_at: Time
    deployment_id: Reference
    watchlist_id: Reference
    model_id: str
    subject: Reference = Field(repr=False)
    ground: Ground
    band: Band
    threshold: float

    @property
    def code(self) -> str:
        """Its redress code."""
        return code(self.id)


class Said(Message):
    """A tablet's signed answer, exactly as it came."""

    tablet: Tablet
    event: str = Field(repr=False)


class Held(Message):
    """An alert is kept beyond its time."""

    alert_id: Id
    until: Time


class Row(Message):
    """A line: an alert, an answer to one, or what became of it when its deployment was closed."""

    at: Time
    """When; of `finished` that of the last line before, so that no close makes anything last."""
    alert: Stub | None = None
    said: Said | None = None
    held: Held | None = None
    settled: Id | None = None
    """An alert that has no end by its answers, and has one all the same."""
    parted: tuple[Id, ...] = ()
    """Alerts that are concluded and erased before their deployment is closed."""
    finished: Time | None = None
    """When it was closed for good: no answer is taken any more."""
    thinned: bool = False
    """What is not to be kept after that is taken out already."""

    @property
    def line(self) -> bytes:
        """The bytes that are written."""
        return self.model_dump_json(exclude_none=True).encode() + END


@dataclass(frozen=True)
class Entry:
    """An alert, and all that officers have answered, in order."""

    stub: Stub
    answers: tuple[Decision, ...] = field(default=(), repr=False)

    def knows(self, decision: Decision) -> Decision | None:
        """Find the answer that a tablet gave under this id."""
        told = (decision.tablet, decision.id)
        return next((one for one in self.answers if (one.tablet, one.id) == told), None)


class Book:
    """What the lines of one deployment say."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.last_at: datetime | None = None
        """When its last alert or answer was written; None where none can be read."""
        self.holds: dict[str, datetime] = {}
        """Alerts that are kept beyond their time, and until when."""
        self.settled: set[str] = set()
        """Alerts that have an end without an answer that says so."""
        self.parted: set[str] = set()
        """Alerts whose day is over before their deployment is: of them no answer is taken."""
        self.finished_at: datetime | None = None
        """When the deployment was closed for good."""
        self.thinned = False
        """Whether it was cut down since to what may be kept for longer."""
        self.spoilt = 0
        """Lines that cannot be read. None of them was ever this program's last word."""

    def read(self, lines: Iterable[bytes]) -> None:
        """Take in what is on the disk; what cannot be read is counted and passed over."""
        for line in lines:
            self.spoilt += not self._readable(line)
        if self.spoilt:
            _log.warning("Lines of the register cannot be read.")

    def take(self, row: Row) -> None:
        """Take in one line. What stands there twice counts once.

        Raises:
            InputError: its answer cannot be read, or is to no alert of this book.
        """
        if row.held or row.settled or row.parted:
            self._close(row)
            return
        self.last_at = max(self.last_at or row.at, row.at)
        self.finished_at = self.finished_at or row.finished
        self.thinned |= row.thinned
        if row.alert is not None:
            self.entries.setdefault(row.alert.id, Entry(row.alert))
        if row.said is not None:
            payload = row.said.event.encode()
            said = parse(DecisionEvent, payload).decision(row.said.tablet, payload)
            self.add(said)

    def over(self, now: datetime) -> bool:
        """Tell whether its day is over; what is held stays longer."""
        return self.last_at is not None and now >= self.last_at + LIFE

    def held(self, now: datetime) -> set[str]:
        """Name the alerts that are held beyond their time, and still are."""
        return {alert_id for alert_id, until in self.holds.items() if now < until}

    def part(self) -> Book:
        """Give what is known of the alerts that are concluded before the others."""
        part = Book()
        part.entries = {one: entry for one, entry in self.entries.items() if one in self.parted}
        part.settled = self.settled & part.entries.keys()
        return part

    def rows(self, kept: Collection[str], *, thinned: bool = False) -> Iterator[Row]:
        """Give the lines that say of some alerts what is known, and of the others nothing.

        Args:
            kept: Those of which something is said.
            thinned: Whether that is all that may be kept after the close.
        """
        last_at = cast("datetime", self.last_at)
        yield Row(at=last_at, finished=self.finished_at, thinned=thinned or self.thinned)
        for alert_id in kept:
            entry = self.entries[alert_id]
            yield Row(at=last_at, alert=entry.stub)
            for said in entry.answers:
                yield Row(at=last_at, said=Said(tablet=said.tablet, event=said.event.decode()))
            if alert_id in self.holds:
                yield Row(at=last_at, held=Held(alert_id=alert_id, until=self.holds[alert_id]))
            if alert_id in self.settled:
                yield Row(at=last_at, settled=alert_id)

    def add(self, decision: Decision) -> None:
        """Put an answer to its alert.

        Raises:
            InputError: the alert is none of this book.
        """
        entry = self.entries.get(decision.alert_id)
        if entry is None:
            raise stray()
        if entry.knows(decision) is None:
            told = replace(entry, answers=(*entry.answers, decision))
            self.entries[decision.alert_id] = told

    def _close(self, row: Row) -> None:
        if row.held is not None:
            self.holds[row.held.alert_id] = row.held.until
        if row.settled is not None:
            self.settled.add(row.settled)
        self.parted.update(row.parted)

    def _readable(self, line: bytes) -> bool:
        try:
            self.take(Row.model_validate_json(line, strict=True))
        except (ValidationError, InputError):
            return False
        return True


def stub(alert: Alert) -> Stub:
    """Say of an alert what the register keeps."""
    return Stub(
        id=alert.id,
        camera=alert.camera,
        taken_at=alert.taken_at,
        expires_at=alert.expires_at,
        deployment_id=alert.deployment_id,
        watchlist_id=alert.watchlist_id,
        model_id=alert.model_id,
        subject=alert.subject.reference,
        ground=alert.subject.ground,
        band=alert.candidate.band,
        threshold=alert.candidate.threshold,
    )


def stray() -> RefusedError:
    """Say that an answer is to no alert of this van."""
    return RefusedError(
        "An answer is to an alert that this van has not sent.",
        Flaw.UNKNOWN_ALERT,
        mend="Reload the tablet's page.",
    )
