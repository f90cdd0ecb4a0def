"""What goes over the wire is CloudEvents as agreed, and nothing more."""

import json
from base64 import b64decode
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from appliance.domain.decision import Decision, Verdict
from appliance.domain.lamp import Lamp
from appliance.domain.slip import code
from appliance.domain.withdrawal import Why
from appliance.tablets import envelope, say, wire
from appliance.tablets.refusal import Flaw
from tests.tablets.events import REQUIRED, as_bytes

VAN = "van-1"
KINDS = [
    wire.AlertEvent,
    wire.AckEvent,
    wire.HelloEvent,
    wire.DecisionEvent,
    wire.DecisionAckEvent,
    wire.WithdrawalEvent,
    wire.WithdrawnEvent,
    wire.StateEvent,
    wire.TallyEvent,
    wire.PanelEvent,
]


def test_an_alert_says_what_was_agreed_and_nothing_more(make_alert):
    said = json.loads(say.pack_alert(make_alert(), VAN))
    images, crop = said["data"].pop("images"), said["data"].pop("crop")
    assert said == {
        "specversion": "1.0",
        "id": "alert-1",
        "source": "lfr/van-1",
        "type": "uk.police.lfr.alert.v1",
        "time": "2026-06-01T12:00:00Z",
        "datacontenttype": "application/json",
        "data": {
            "subject": "V-001",
            "ground": "volunteer",
            "reason": "Takes part in the recall test",
            "power": "None",
            "band": "likely",
            "maybe_picture": False,
            "threshold": 0.506,
            "camera": "mast-1",
            "place": {"left": 0.1, "top": 0.2, "width": 0.05, "height": 0.1},
            "taken_at": "2026-06-01T12:00:00Z",
            "expires_at": "2026-06-01T12:01:00Z",
            "watchlist_id": "list-7",
            "model_id": "sha256-0",
            "deployment_id": "deployment-3",
            "code": code("alert-1"),
        },
    }
    assert b64decode(crop, validate=True) == make_alert().crop_jpeg
    assert [image["taken_on"] for image in images] == ["2024-01-31", None]
    assert b64decode(images[0]["jpeg"], validate=True) == make_alert().subject.images[0].jpeg


def test_the_score_never_leaves_the_van(make_alert):
    assert b"0.71" not in say.pack_alert(make_alert(), VAN)


@given(rest=st.binary(min_size=3, max_size=200))
def test_every_picture_comes_back_as_it_went(make_alert, rest):
    crop = b"\xff\xd8\xff" + rest
    event = wire.AlertEvent.model_validate_json(say.pack_alert(make_alert(crop_jpeg=crop), VAN))
    assert b64decode(event.data.crop, validate=True) == crop


def test_a_state_without_a_list_says_so_with_null():
    assert json.loads(say.pack_state(wire.State(lamp=Lamp.FAULT), VAN))["data"] == {
        "lamp": "fault",
        "watchlist_id": None,
        "subjects": 0,
        "list_expires_at": None,
        "deployment_id": None,
        "authority_ends_at": None,
        "ended": None,
    }


def test_a_state_has_the_id_that_it_is_given_so_that_the_panel_can_answer_it():
    state = wire.State(lamp=Lamp.READY)
    given = envelope.parse(wire.StateEvent, say.pack_state(state, VAN, "state-1"))
    own = [envelope.parse(wire.StateEvent, say.pack_state(state, VAN)).id for _ in range(2)]
    assert given.id == "state-1"
    assert len({*own, given.id}) == 3


def test_a_panel_says_what_it_shows_and_which_state_it_answers():
    shown = wire.Shown(lamp=Lamp.LOOKING, lit=True, factory="jetson", answers="state-1")
    said = json.loads(say.pack_panel(shown, VAN))
    assert said["source"] == "lfr/van-1/panel"
    assert said["type"] == "uk.police.lfr.panel.v1"
    assert said["data"] == {
        "lamp": "looking",
        "lit": True,
        "factory": "jetson",
        "answers": "state-1",
        "close": False,
        "acknowledged": None,
    }


def test_a_decision_comes_in_as_the_domain_knows_it(say_decision):
    payload = as_bytes(say_decision(id="event-9"))
    event = envelope.parse(wire.DecisionEvent, payload)
    assert event.decision("tablet-7", payload) == Decision(
        alert_id="alert-1",
        officer="PC 456",
        decided_at=datetime(2026, 6, 1, 12, tzinfo=timezone.utc),
        answer=Verdict.VIABLE,
        id="event-9",
        tablet="tablet-7",
        event=payload,
    )


def test_a_decision_without_a_verdict_is_not_viable(say_decision):
    message = say_decision()
    del message["data"]["answer"]["verdict"]
    event = envelope.parse(wire.DecisionEvent, as_bytes(message))
    assert event.decision("tablet-7", b"").answer is Verdict.NOT_VIABLE


def test_the_answer_to_a_decision_names_the_event_and_the_alert(say_decision):
    event = envelope.parse(wire.DecisionEvent, as_bytes(say_decision(id="event-9")))
    said = json.loads(say.pack_decision_ack(event, VAN))
    assert said["type"] == "uk.police.lfr.decision-ack.v1"
    assert said["data"] == {"decision_id": "event-9", "alert_id": "alert-1", "refused": None}
    said = json.loads(say.pack_decision_ack(event, VAN, Flaw.UNPROVEN))
    assert said["data"]["refused"] == "unproven"


@pytest.mark.parametrize("kind", KINDS)
def test_every_schema_is_valid_and_demands_the_attributes_of_cloudevents(kind):
    schema = kind.model_json_schema()
    Draft202012Validator.check_schema(schema)
    assert set(schema["required"]) >= REQUIRED
    assert schema["additionalProperties"] is False


def test_all_that_the_van_says_keeps_to_the_schemas(make_alert, say_decision):
    decision = envelope.parse(wire.DecisionEvent, as_bytes(say_decision()))
    state = wire.State(lamp=Lamp.READY, subjects=3, list_expires_at=datetime.now(timezone.utc))
    shown = wire.Shown(lamp=Lamp.READY, lit=True, factory="mock", answers="state-1")
    told = wire.Withdrawal(alert_id="alert-1", reason=Why.NO_LONGER_LISTED)
    said = {
        wire.AlertEvent: say.pack_alert(make_alert(), VAN),
        wire.DecisionAckEvent: say.pack_decision_ack(decision, VAN),
        wire.WithdrawalEvent: say.pack_withdrawal(told, VAN),
        wire.WithdrawnEvent: say.pack_withdrawn((told,), VAN),
        wire.StateEvent: say.pack_state(state, VAN),
        wire.TallyEvent: say.pack_tally(wire.Tally(faces_seen=3), VAN),
        wire.PanelEvent: say.pack_panel(shown, VAN),
    }
    for kind, payload in said.items():
        schema = Draft202012Validator(kind.model_json_schema(), format_checker=FormatChecker())
        schema.validate(json.loads(payload))


def test_all_that_a_tablet_says_keeps_to_the_schemas(say_ack, say_decision):
    Draft202012Validator(wire.AckEvent.model_json_schema()).validate(say_ack())
    Draft202012Validator(wire.DecisionEvent.model_json_schema()).validate(say_decision())


def test_the_topics_are_those_that_were_agreed():
    assert envelope.topics(VAN)._asdict() == {
        "ack": "lfr/1/van-1/alert/ack",
        "decision": "lfr/1/van-1/decision",
        "decision_ack": "lfr/1/van-1/decision/ack",
        "hello": "lfr/1/van-1/hello",
        "alert": "lfr/1/van-1/alert",
        "withdrawal": "lfr/1/van-1/withdrawal",
        "withdrawn": "lfr/1/van-1/withdrawn",
        "state": "lfr/1/van-1/state",
        "tally": "lfr/1/van-1/tally",
        "panel": "lfr/1/van-1/panel",
        "notice": "lfr/1/van-1/notice",
    }


def test_nobody_can_be_read_in_a_repr(make_alert, say_decision):
    alert = wire.AlertEvent.model_validate_json(say.pack_alert(make_alert(), VAN))
    decision = envelope.parse(wire.DecisionEvent, as_bytes(say_decision()))
    seen = repr(alert) + repr(decision) + repr(decision.decision("tablet-7", b"PC 456"))
    for secret in ("V-001", "recall test", alert.data.crop, "PC 456", "pc%20456", "0.05"):
        assert secret not in seen
