"""What is said over MQTT: each message and how the van and its panel say it.

The JSON Schema of a message is `model_json_schema()` of its class.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import date  # noqa: TC003  # pydantic reads it at run time
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import uuid4

from pydantic import Field, JsonValue, StringConstraints

from appliance.domain.candidate import Band  # noqa: TC001  # as above
from appliance.domain.decision import Decision, Verdict
from appliance.domain.ending import End  # noqa: TC001  # as above
from appliance.domain.lamp import Lamp  # noqa: TC001  # as above
from appliance.domain.watchlist import Ground, Line, Reference  # noqa: TC001  # as above
from appliance.tablets.envelope import Event, Id, Message, Time, head, pack

if TYPE_CHECKING:
    from appliance.domain.alert import Alert

ENCODING: dict[str, JsonValue] = {"contentEncoding": "base64", "contentMediaType": "image/jpeg"}
Jpeg = Annotated[str, Field(repr=False, json_schema_extra=ENCODING)]
"""In plain base64, which a browser decodes by itself."""
MOST_WITHDRAWN = 64
"""More than a tablet keeps on its screen, so that whatever it still shows is among them."""


class Photograph(Message):
    """A picture from the watchlist."""

    jpeg: Jpeg
    taken_on: date | None


class Spot(Message):
    """Where in the camera's picture the face was, as fractions of it; a bit may be outside."""

    left: float
    top: float
    width: float
    height: float


class Likeness(Message):
    """What a tablet shows of an alert. It holds a band and never a score."""

    subject: Reference = Field(repr=False)
    ground: Ground
    reason: Line = Field(repr=False)
    power: Line
    images: tuple[Photograph, ...] = Field(repr=False)
    crop: Jpeg
    band: Band
    threshold: float
    camera: str
    place: Spot = Field(repr=False)
    taken_at: Time
    expires_at: Time
    watchlist_id: Reference
    model_id: str
    deployment_id: Reference


class Receipt(Message):
    """A tablet's word that it holds an alert."""

    alert_id: Id
    received_at: Time


class Answer(Message):
    """What an officer made of an alert. Silence on the verdict is never a yes."""

    alert_id: Id
    verdict: Verdict = Verdict.NOT_VIABLE
    officer: Line = Field(repr=False)
    decided_at: Time


class AnswerReceipt(Message):
    """The van's word that it holds an officer's answer."""

    decision_id: Id
    alert_id: Id


class State(Message):
    """What the van is doing, for every tablet and for the lamp."""

    lamp: Lamp
    watchlist_id: Reference | None = None
    subjects: int = Field(default=0, ge=0)
    list_expires_at: Time | None = None
    deployment_id: Reference | None = None
    authority_ends_at: Time | None = None
    ended: End | None = None
    """Why the last deployment is over for good; None while one goes on, or none has been."""
    withdrawn: tuple[Id, ...] = Field(default=(), max_length=MOST_WITHDRAWN)
    """Alerts whose subject has been taken off the list; nobody may be stopped on them."""


class Shown(Message):
    """What the panel shows, and whether the pins of its factory read back so."""

    lamp: Lamp
    lit: bool
    factory: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]
    answers: Id | None = None
    """The event of the last state that it was told; so an old word cannot pass for a new one."""
    close: bool = False
    """Somebody has held the button: close the deployment that the answered state speaks of."""


class AlertEvent(Event[Likeness]):
    """From the van: judge this likeness."""

    type: Literal["uk.police.lfr.alert.v1"]


class AckEvent(Event[Receipt]):
    """From a tablet: the alert is here."""

    type: Literal["uk.police.lfr.ack.v1"]


class DecisionEvent(Event[Answer]):
    """From a tablet: an officer has decided."""

    type: Literal["uk.police.lfr.decision.v1"]

    @property
    def decision(self) -> Decision:
        """The answer in the domain's own words."""
        return Decision(**dict(self.data))


class DecisionAckEvent(Event[AnswerReceipt]):
    """From the van: the decision is here."""

    type: Literal["uk.police.lfr.decision-ack.v1"]


class StateEvent(Event[State]):
    """From the van, retained: this is what it is doing."""

    type: Literal["uk.police.lfr.state.v1"]


class PanelEvent(Event[Shown]):
    """From the panel, retained unless it asks for the close: this is what it shows."""

    type: Literal["uk.police.lfr.panel.v1"]


def pack_alert(alert: Alert, van: str) -> bytes:
    """Say an alert; the event has the alert's own id."""
    first = head(van, id=alert.id, time=alert.taken_at)
    return pack(AlertEvent(type="uk.police.lfr.alert.v1", data=_likeness(alert), **first))


def pack_decision_ack(event: DecisionEvent, van: str) -> bytes:
    """Say that an officer's decision has arrived."""
    data = AnswerReceipt(decision_id=event.id, alert_id=event.data.alert_id)
    return pack(DecisionAckEvent(type="uk.police.lfr.decision-ack.v1", data=data, **head(van)))


def pack_state(state: State, van: str, event_id: str | None = None) -> bytes:
    """Say what the van is doing, under an id of its own unless one is given."""
    first = head(van, id=event_id or str(uuid4()))
    return pack(StateEvent(type="uk.police.lfr.state.v1", data=state, **first))


def pack_panel(shown: Shown, van: str) -> bytes:
    """Say what the panel shows."""
    first = head(f"{van}/panel")
    return pack(PanelEvent(type="uk.police.lfr.panel.v1", data=shown, **first))


def _likeness(alert: Alert) -> Likeness:
    place, subject = alert.place, alert.subject
    return Likeness(
        subject=subject.reference,
        ground=subject.ground,
        reason=subject.reason,
        power=subject.power,
        images=tuple(Photograph(jpeg=_base64(i.jpeg), taken_on=i.taken_on) for i in subject.images),
        crop=_base64(alert.crop_jpeg),
        band=alert.candidate.band,
        threshold=alert.candidate.threshold,
        camera=alert.camera,
        place=Spot(left=place.left, top=place.top, width=place.width, height=place.height),
        taken_at=alert.taken_at,
        expires_at=alert.expires_at,
        watchlist_id=alert.watchlist_id,
        model_id=alert.model_id,
        deployment_id=alert.deployment_id,
    )


def _base64(jpeg: bytes) -> str:
    return b64encode(jpeg).decode("ascii")
