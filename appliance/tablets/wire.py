"""What is said over MQTT: every message, and who says it where. The one source of the contract.

The JSON Schema of a message is `model_json_schema()` of its class; `CHANNELS` is the rest.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, JsonValue, StringConstraints, model_validator

from appliance.domain.candidate import Band  # noqa: TC001  # pydantic reads it at run time
from appliance.domain.decision import Decision, Engagement, Verdict
from appliance.domain.deployment import MOST_OPEN
from appliance.domain.ending import End  # noqa: TC001  # as above
from appliance.domain.lamp import Lamp  # noqa: TC001  # as above
from appliance.domain.watchlist import MAX_IMAGES, Ground, Reference
from appliance.domain.withdrawal import Why  # noqa: TC001  # as above
from appliance.tablets.envelope import Day, Event, Id, Message, Tablet, Time, Words
from appliance.tablets.given import Answer
from appliance.tablets.refusal import Flaw  # noqa: TC001  # as above

ENCODING: dict[str, JsonValue] = {"contentEncoding": "base64", "contentMediaType": "image/jpeg"}
Jpeg = Annotated[
    str,
    StringConstraints(pattern=r"^/9j/[A-Za-z0-9+/]{4,}={0,2}$", max_length=400_000),
    Field(repr=False, json_schema_extra=ENCODING),
]
"""In plain base64, which a browser decodes by itself. A list photograph has 266 668 at the most."""
Code = Annotated[str, StringConstraints(pattern=r"^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$")]
"""What a person who was stopped is given (`domain.slip`): ten characters of Crockford's Base32."""
Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
"""As high as every reader of JSON counts."""
Share = Annotated[float, Field(ge=0, le=1)]
MOST_WITHDRAWN = 64
"""The newest; whoever says which alerts they hold is told what is older of those."""
MOST_HELD = 1024
"""As many alerts as the van holds itself. Under the van's own ids these are 40 kB."""


class Photograph(Message):
    """A picture from the watchlist."""

    jpeg: Jpeg
    taken_on: Day | None


class Spot(Message):
    """Where in the camera's picture the face was, as fractions of it."""

    left: Share
    top: Share
    width: Share
    height: Share


class Likeness(Message):
    """What a tablet shows of an alert, for ten minutes at most. It has a band, never a score."""

    subject: Reference = Field(repr=False)
    ground: Ground
    reason: Words = Field(repr=False)
    power: Words
    images: tuple[Photograph, ...] = Field(repr=False, min_length=1, max_length=MAX_IMAGES)
    crop: Jpeg
    band: Band
    maybe_picture: bool
    """Whether the van saw perhaps a print, a screen or a poster of this face."""
    threshold: float
    camera: Words
    place: Spot = Field(repr=False)
    taken_at: Time
    expires_at: Time
    watchlist_id: Reference
    model_id: Words
    deployment_id: Reference
    code: Code = Field(repr=False)

    @model_validator(mode="after")
    def _short_lived(self) -> Likeness:
        if not timedelta(0) < self.expires_at - self.taken_at <= MOST_OPEN:
            raise ValueError("an alert is open for ten minutes at most")
        return self


class Receipt(Message):
    """A tablet's word that it holds an alert."""

    alert_id: Id
    received_at: Time
    shown_at: Time | None = None
    """When it was painted; None where the page is not in sight."""


class Presence(Message):
    """A tablet's word that it is there. The van sends it whatever is live and not among these."""

    holds: tuple[Id, ...] = Field(default=(), max_length=MOST_HELD)


class AnswerReceipt(Message):
    """The van's word that it holds an officer's answer, or will never take it."""

    decision_id: Id
    alert_id: Id
    refused: Flaw | None = None
    """Why it is not taken; whoever said it need not say it again."""


class Withdrawal(Message):
    """An alert is no longer open, or is open again: because of the list, or of another officer."""

    alert_id: Id
    reason: Why
    tablet: Tablet | None = None
    """On which it was decided."""
    decision_id: Id | None = None
    answer: Verdict | Engagement | None = None


class Withdrawn(Message):
    """All that is taken back, told again and again for tablets that were away when it happened."""

    withdrawn: tuple[Withdrawal, ...] = Field(max_length=MOST_WITHDRAWN)


class State(Message):
    """What the van is doing, for every tablet, the lamp and the force. It names no alert."""

    lamp: Lamp
    watchlist_id: Reference | None = None
    subjects: Count = 0
    list_expires_at: Time | None = None
    deployment_id: Reference | None = None
    authority_ends_at: Time | None = None
    ended: End | None = None
    """Why the last deployment is over for good; None while one goes on, or none has been."""


class Tally(Message):
    """What has been counted since the deployment began. Numbers only.

    Alerts and answers outlive a van that starts anew; the rest counts from when it began to look.
    An alert counts once for each stage that officers answered, and what they took back as undone.
    """

    deployment_id: Reference | None = None
    faces_seen: Count = 0
    erased: Count = 0
    alerts: Count = 0
    unseen: Count = 0
    """Alerts that went without any tablet's word."""
    not_viable: Count = 0
    viable: Count = 0
    same_person: Count = 0
    not_the_person: Count = 0
    lost: Count = 0
    no_longer_wanted: Count = 0
    outcomes: Count = 0
    undone: Count = 0
    refused: Count = 0
    """Messages that were not what they should be."""
    unheard: Count = 0
    """Messages that the van did not read, because one tablet said too many."""
    seen_to_tablet_p50_ms: float | None = None
    seen_to_tablet_p99_ms: float | None = None


class Shown(Message):
    """What the panel shows, and whether the pins of its factory read back so."""

    lamp: Lamp
    lit: bool
    factory: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]
    answers: Id | None = None
    """The event of the last state that it was told; so an old word cannot pass for a new one."""
    close: bool = False
    """Somebody has held the button: close the deployment that the answered state speaks of."""
    acknowledged: Id | None = None
    """Somebody has pressed the button: the event of the state that they have seen."""


class AlertEvent(Event[Likeness]):
    """From the van: judge this likeness."""

    type: Literal["uk.police.lfr.alert.v1"]


class AckEvent(Event[Receipt]):
    """From a tablet: the alert is here."""

    type: Literal["uk.police.lfr.ack.v1"]


class HelloEvent(Event[Presence]):
    """From a tablet: I am here."""

    type: Literal["uk.police.lfr.hello.v1"]


class DecisionEvent(Event[Answer]):
    """From a tablet, signed with its key: an officer has decided."""

    type: Literal["uk.police.lfr.decision.v1"]
    certificate: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{100,4000}={0,2}$")]
    """X.509, DER in base64: whose key it is, by the force's word."""
    signature: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{86}$")] = Field(repr=False)
    """ES256 over the rest in the form of RFC 8785, base64url without padding (RFC 7515)."""

    def decision(self, tablet: str, event: bytes) -> Decision:
        """Give the answer in the domain's own words.

        Args:
            tablet: Whose signature it is.
            event: The signed event, exactly as it came.
        """
        data = self.data
        return Decision(
            data.alert_id, data.officer, data.decided_at, data.answer.said, self.id, tablet, event
        )


class DecisionAckEvent(Event[AnswerReceipt]):
    """From the van: the decision is here, or is refused for good."""

    type: Literal["uk.police.lfr.decision-ack.v1"]


class WithdrawalEvent(Event[Withdrawal]):
    """From the van: this alert is no longer open, or is open again."""

    type: Literal["uk.police.lfr.withdrawal.v1"]


class WithdrawnEvent(Event[Withdrawn]):
    """From the van: these alerts are no longer open, or are open again."""

    type: Literal["uk.police.lfr.withdrawn.v1"]


class StateEvent(Event[State]):
    """From the van, retained: this is what it is doing."""

    type: Literal["uk.police.lfr.state.v1"]


class TallyEvent(Event[Tally]):
    """From the van, retained: so much it has counted."""

    type: Literal["uk.police.lfr.tally.v1"]


class PanelEvent(Event[Shown]):
    """From the panel, retained unless it asks for something: this is what it shows."""

    type: Literal["uk.police.lfr.panel.v1"]


class Channel(NamedTuple):
    """One kind of message: its field of `envelope.Topics`, who says it to whom, and how."""

    name: str
    says: Literal["van", "tablet", "panel", "force"]
    hears: Literal["van", "tablets", "everybody"]
    event: type[Event[Any]] | None
    """None where what is said has no meaning."""
    retained: bool = False
    qos: Literal[0, 1] = 1
    """0 for what is soon said again: it overtakes the alerts that wait for a slow broker."""

    @property
    def of_a_tablet(self) -> bool:
        """Whether each tablet has a topic of its own below it."""
        return self.name in {"ack", "decision", "decision_ack", "hello"}


CHANNELS = (
    Channel("alert", "van", "tablets", AlertEvent),
    Channel("ack", "tablet", "van", AckEvent),
    Channel("hello", "tablet", "van", HelloEvent),
    Channel("decision", "tablet", "van", DecisionEvent),
    Channel("decision_ack", "van", "tablets", DecisionAckEvent, qos=0),
    Channel("withdrawal", "van", "tablets", WithdrawalEvent),
    Channel("withdrawn", "van", "tablets", WithdrawnEvent, qos=0),
    Channel("state", "van", "everybody", StateEvent, retained=True, qos=0),
    Channel("tally", "van", "everybody", TallyEvent, retained=True),
    Channel("panel", "panel", "van", PanelEvent, retained=True),
    Channel("notice", "force", "van", None),
)
"""Everything that is ever said."""
