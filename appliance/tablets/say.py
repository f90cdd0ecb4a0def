"""How the van and its panel say things: the domain's words put into messages."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING
from uuid import uuid4

from pydantic import ValidationError

from appliance.domain.lamp import Lamp
from appliance.domain.slip import code
from appliance.errors import InputError
from appliance.tablets import wire
from appliance.tablets.envelope import head, pack

if TYPE_CHECKING:
    from appliance.domain.alert import Alert
    from appliance.tablets.refusal import Flaw


def pack_alert(alert: Alert, van: str) -> bytes:
    """Say an alert; the event has the alert's own id.

    Raises:
        InputError: no tablet would take it; the error names nothing of what it holds.
    """
    first = head(van, id=alert.id, time=alert.taken_at)
    try:
        return pack(wire.AlertEvent(type="uk.police.lfr.alert.v1", data=_likeness(alert), **first))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        fields = sorted({str(next(iter(fault["loc"]), "life")) for fault in faults})
        raise InputError(
            f"An alert cannot be said: no tablet takes its {', '.join(fields)}.",
            mend="Have the desk make the list again.",
        ) from None


def pack_decision_ack(event: wire.DecisionEvent, van: str, refused: Flaw | None = None) -> bytes:
    """Say that an officer's decision has arrived, or that it is refused for good."""
    alert_id = event.data.alert_id
    data = wire.AnswerReceipt(decision_id=event.id, alert_id=alert_id, refused=refused)
    return pack(wire.DecisionAckEvent(type="uk.police.lfr.decision-ack.v1", data=data, **head(van)))


def pack_withdrawal(withdrawal: wire.Withdrawal, van: str) -> bytes:
    """Say that an alert is no longer open, or is open again."""
    first = head(van)
    return pack(wire.WithdrawalEvent(type="uk.police.lfr.withdrawal.v1", data=withdrawal, **first))


def pack_withdrawn(withdrawn: tuple[wire.Withdrawal, ...], van: str) -> bytes:
    """Say all that is taken back."""
    data = wire.Withdrawn(withdrawn=withdrawn)
    return pack(wire.WithdrawnEvent(type="uk.police.lfr.withdrawn.v1", data=data, **head(van)))


def pack_state(state: wire.State, van: str, event_id: str | None = None) -> bytes:
    """Say what the van is doing, under an id of its own unless one is given."""
    first = head(van, id=event_id or str(uuid4()))
    return pack(wire.StateEvent(type="uk.police.lfr.state.v1", data=state, **first))


def pack_will(van: str) -> bytes:
    """Say what the broker is to say when the van is gone. Nobody knows when; so it has no time."""
    first = head(van, time=None)
    state = wire.State(lamp=Lamp.FAULT)
    return pack(wire.StateEvent(type="uk.police.lfr.state.v1", data=state, **first))


def pack_tally(tally: wire.Tally, van: str) -> bytes:
    """Say what has been counted."""
    return pack(wire.TallyEvent(type="uk.police.lfr.tally.v1", data=tally, **head(van)))


def pack_panel(shown: wire.Shown, van: str) -> bytes:
    """Say what the panel shows."""
    first = head(f"{van}/panel")
    return pack(wire.PanelEvent(type="uk.police.lfr.panel.v1", data=shown, **first))


def _likeness(alert: Alert) -> wire.Likeness:
    place, subject = alert.place, alert.subject
    return wire.Likeness(
        subject=subject.reference,
        ground=subject.ground,
        reason=subject.reason,
        power=subject.power,
        images=tuple(
            wire.Photograph(jpeg=_base64(i.jpeg), taken_on=i.taken_on) for i in subject.images
        ),
        crop=_base64(alert.crop_jpeg),
        band=alert.candidate.band,
        maybe_picture=alert.maybe_picture,
        threshold=alert.candidate.threshold,
        camera=alert.camera,
        place=wire.Spot(left=place.left, top=place.top, width=place.width, height=place.height),
        taken_at=alert.taken_at,
        expires_at=alert.expires_at,
        watchlist_id=alert.watchlist_id,
        model_id=alert.model_id,
        deployment_id=alert.deployment_id,
        code=code(alert.id),
    )


def _base64(jpeg: bytes) -> str:
    return b64encode(jpeg).decode("ascii")
