"""Everything that is said over MQTT: CloudEvents 1.0 in structured JSON, and the topics.

The only place that knows JSON. Identity and expiry stand in the payload, so that a broker without
MQTT 5 loses nothing. The JSON Schema of a message is `model_json_schema()` of its class.
"""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, NamedTuple, TypeVar
from uuid import uuid4

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
)

from appliance.domain.candidate import Band  # noqa: TC001  # pydantic reads it at run time
from appliance.domain.decision import Decision, Verdict
from appliance.domain.lamp import Lamp  # noqa: TC001  # as above
from appliance.domain.watchlist import Ground, Line, Reference  # noqa: TC001  # as above
from appliance.errors import InputError

if TYPE_CHECKING:
    from appliance.domain.alert import Alert

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
LIMIT_BYTES = 64_000
"""A message to the van or to its panel is far smaller; anything larger is refused unread."""


def _utc(time: datetime) -> datetime:
    try:
        return time.astimezone(timezone.utc)
    except OverflowError:
        raise ValueError("the time is outside the calendar in UTC") from None


Time = Annotated[AwareDatetime, AfterValidator(_utc)]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,79}$")]
Source = Annotated[str, StringConstraints(pattern=r"^lfr/[!-~]{1,200}$")]
ENCODING: dict[str, JsonValue] = {"contentEncoding": "base64", "contentMediaType": "image/jpeg"}
Jpeg = Annotated[str, Field(repr=False, json_schema_extra=ENCODING)]
"""In plain base64, which a browser decodes by itself."""


class Topics(NamedTuple):
    """Where each message of one van goes."""

    alert: str
    ack: str
    decision: str
    decision_ack: str
    state: str
    panel: str


def topics(van: str) -> Topics:
    """Name the topics of a van."""
    leaves = ("alert", "alert/ack", "decision", "decision/ack", "state", "panel")
    return Topics(*(f"lfr/1/{van}/{leaf}" for leaf in leaves))


class Message(BaseModel):
    """A frozen piece of a message; an unknown field is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


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


class Shown(Message):
    """What the panel shows, and whether the pins of its factory read back so."""

    lamp: Lamp
    lit: bool
    factory: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]
    answers: Id | None = None
    """The event of the last state that it was told; so an old word cannot pass for a new one."""


D = TypeVar("D", bound=Message)


class Event(Message, Generic[D]):
    """The envelope, CloudEvents 1.0."""

    specversion: Literal["1.0"]
    id: Id
    source: Source = Field(repr=False)
    """A tablet's holds its officer's name."""
    time: Time | None = None
    datacontenttype: Literal["application/json"] = "application/json"
    data: D


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
    """From the panel, retained: this is what it shows."""

    type: Literal["uk.police.lfr.panel.v1"]


E = TypeVar("E", AckEvent, DecisionEvent, StateEvent, PanelEvent)


def pack_alert(alert: Alert, van: str) -> bytes:
    """Say an alert; the event has the alert's own id."""
    head = _head(van, id=alert.id, time=alert.taken_at)
    return _bytes(AlertEvent(type="uk.police.lfr.alert.v1", data=_likeness(alert), **head))


def pack_decision_ack(event: DecisionEvent, van: str) -> bytes:
    """Say that an officer's decision has arrived."""
    data = AnswerReceipt(decision_id=event.id, alert_id=event.data.alert_id)
    return _bytes(DecisionAckEvent(type="uk.police.lfr.decision-ack.v1", data=data, **_head(van)))


def pack_state(state: State, van: str, event_id: str | None = None) -> bytes:
    """Say what the van is doing, under an id of its own unless one is given."""
    head = _head(van, id=event_id or str(uuid4()))
    return _bytes(StateEvent(type="uk.police.lfr.state.v1", data=state, **head))


def pack_panel(shown: Shown, van: str) -> bytes:
    """Say what the panel shows."""
    head = _head(f"{van}/panel")
    return _bytes(PanelEvent(type="uk.police.lfr.panel.v1", data=shown, **head))


def parse(kind: type[E], payload: bytes | bytearray) -> E:
    """Read what a tablet, the van or its panel says.

    Raises:
        InputError: it is anything else; the error names nothing of what it holds.
    """
    if len(payload) > LIMIT_BYTES:
        raise _refusal(f"is over {LIMIT_BYTES} bytes")
    try:
        # Pydantic takes the last of two fields with one name; another reader may take the first.
        json.loads(payload, object_pairs_hook=_once)
        return kind.model_validate_json(payload, strict=True)
    except ValidationError:
        raise _refusal("does not have the fields that it should") from None
    except (ValueError, RecursionError):
        raise _refusal("is not proper JSON") from None


def _head(source: str, **given: object) -> dict[str, Any]:
    now = datetime.now(timezone.utc)
    head = {"specversion": "1.0", "id": str(uuid4()), "source": f"lfr/{source}", "time": now}
    return head | given


def _bytes(event: BaseModel) -> bytes:
    return event.model_dump_json().encode()


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


def _once(pairs: list[tuple[str, object]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a field stands twice")


def _refusal(fault: str) -> InputError:
    return InputError(f"A message {fault}.", mend="Bring whoever sent it up to date.")
