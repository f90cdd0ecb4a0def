"""An alert as the outbox holds it: packed once, with all that is needed to send it again.

Its sealed copy is one line of what the van itself must know, and then the bytes that tablets hear:
a van that starts anew says the same event, and makes no alert.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import Field

from appliance.domain.watchlist import Reference  # noqa: TC001  # pydantic reads it at run time
from appliance.tablets.envelope import Id, Message, Time
from appliance.tablets.say import pack_alert

if TYPE_CHECKING:
    from datetime import datetime

    from appliance.domain.alert import Alert


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
    """Whether a tablet that lacks it has asked."""
    sent_at: datetime | None = None
    closed_at: datetime | None = None
    """When an officer's answer ended it; for a moment it may be taken back."""

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
