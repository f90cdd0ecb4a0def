"""An alert as the outbox holds it: packed once, with all that is needed to send it again.

Its sealed copy is one line of what the van itself must know, and then the bytes that tablets hear:
a van that starts anew says the same event, and makes no alert.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from pydantic import Field

from appliance.domain.watchlist import Reference  # noqa: TC001  # pydantic reads it at run time
from appliance.tablets.envelope import Id, Message, Time
from appliance.tablets.say import pack_alert

if TYPE_CHECKING:
    from appliance.domain.alert import Alert

AGAIN: Final = timedelta(seconds=2)
"""A tablet may come back later than the broker, so one resend on reconnect is not enough."""
SOON: Final = timedelta(milliseconds=250)
"""However many tablets ask, and however often, no alert is sent again sooner."""
SECOND_THOUGHTS: Final = timedelta(seconds=15)
"""An officer may undo an answer for ten seconds, and the word of it takes its time."""
AT_ONCE: Final = datetime.min.replace(tzinfo=timezone.utc)
NEVER: Final = datetime.max.replace(tzinfo=timezone.utc)


class Stamp(Message):
    """What the van must know of an alert that is under way."""

    id: Id
    reference: Reference = Field(repr=False)
    expires_at: Time
    deployment_id: Reference
    taken_ns: int
    """On the monotonic clock, which goes on when this process does not."""


@dataclass
class Letter:
    """An alert that is under way; what changes of it is the outbox's."""

    stamp: Stamp
    payload: bytes = field(repr=False)
    """The whole event, as it is sent each time."""
    heard: bool = False
    """Whether any tablet has shown it."""
    wanted: bool = False
    """Whether some tablet may lack it, so that it goes again even if another has it."""
    sent_at: datetime | None = None
    """Over this connection."""
    closed_at: datetime | None = None
    """When an officer's answer ended it; for a moment it may be taken back."""

    @property
    def over_at(self) -> datetime:
        """When it is to be let go."""
        end = self.stamp.expires_at
        return end if self.closed_at is None else min(end, self.closed_at + SECOND_THOUGHTS)

    @property
    def again_at(self) -> datetime:
        """When it is to be sent again."""
        if self.closed_at is not None:
            return NEVER
        if self.sent_at is None:
            return AT_ONCE if self.wanted else NEVER
        if self.wanted:
            return self.sent_at + SOON
        return NEVER if self.heard else self.sent_at + AGAIN

    @property
    def sealed(self) -> bytes:
        """What is to be kept of it for the next process."""
        return self.stamp.model_dump_json().encode() + b"\n" + self.payload


def write(alert: Alert, van: str) -> Letter:
    """Pack an alert."""
    stamp = Stamp(
        id=alert.id,
        reference=alert.subject.reference,
        expires_at=alert.expires_at,
        deployment_id=alert.deployment_id,
        taken_ns=alert.taken_ns,
    )
    return Letter(stamp, pack_alert(alert, van))


def unseal(piece: bytes) -> Letter:
    """Read what an earlier process has kept."""
    stamp, _, payload = piece.partition(b"\n")
    return Letter(Stamp.model_validate_json(stamp, strict=True), payload)
