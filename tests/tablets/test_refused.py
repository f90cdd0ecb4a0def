"""Nothing is believed of a tablet or a panel but what was agreed, whatever the bytes."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from appliance.domain.decision import Decision
from appliance.domain.lamp import Lamp
from appliance.errors import InputError
from appliance.tablets import envelope, say, wire
from tests.tablets.events import REQUIRED, as_bytes, believed
from tests.tablets.signing import OUTCOME, SAME, VIABLE, undo
from tests.tablets.talk import say_hello

VAN = "van-1"


@pytest.mark.parametrize(
    "change",
    [
        {"lamp": "bright"},
        {"lit": "yes"},
        {"lit": 1},
        {"factory": "a mock\n"},
        {"answers": "no spaces here"},
        {"close": "yes"},
        {"acknowledged": "no spaces here"},
        {"brightness": 1},
    ],
)
def test_a_panel_s_word_that_is_none_is_refused(change):
    shown = wire.Shown(lamp=Lamp.LOOKING, lit=True, factory="jetson", answers="state-1")
    message = json.loads(say.pack_panel(shown, VAN))
    assert believed(wire.PanelEvent, message) is not None
    message["data"] |= change
    assert believed(wire.PanelEvent, message) is None


@pytest.mark.parametrize("attribute", sorted(REQUIRED | {"data"}))
def test_an_event_that_lacks_an_attribute_is_refused(say_decision, attribute):
    message = say_decision()
    del message[attribute]
    assert believed(wire.DecisionEvent, message) is None


@pytest.mark.parametrize(
    "change",
    [
        {"specversion": "0.3"},
        {"type": "uk.police.lfr.ack.v2"},
        {"source": "somebody else"},
        {"id": "no spaces here"},
        {"id": "line\n"},
        {"datacontenttype": "text/plain"},
        {"time": "yesterday"},
        {"extension": "x"},
    ],
)
def test_an_event_of_another_kind_is_refused(say_ack, change):
    assert believed(wire.AckEvent, say_ack()) is not None
    assert believed(wire.AckEvent, say_ack(**change)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"officer": " "},
        {"officer": 456},
        {"officer": "PC" * 101},
        {"decided_at": "2026-06-01T12:00:00"},
        {"decided_at": "0001-01-01T00:00:00+10:00"},
        {"decided_at": 1780315200},
        {"alert_id": ""},
        {"answer": None},
        {"answer": "viable"},
        {"answer": {"verdict": "viable"}},
        {"score": 0.9},
    ],
)
def test_a_decision_that_is_not_one_is_refused(say_decision, change):
    message = say_decision()
    message["data"] |= change
    assert believed(wire.DecisionEvent, message) is None


@pytest.mark.parametrize(
    ("answer", "change"),
    [
        (VIABLE, {"verdict": "match"}),
        (VIABLE, {"verdict": None}),
        (VIABLE, {"engagement": "lost"}),
        (VIABLE, {"stage": "engagement"}),
        (SAME, {"engagement": "viable"}),
        (SAME, {"engagement": ""}),
        (OUTCOME, {"disposal": "shot"}),
        (OUTCOME, {"minutes": -1}),
        (OUTCOME, {"minutes": 1441}),
        (OUTCOME, {"minutes": 5.0}),
        (OUTCOME, {"minutes": True}),
        (OUTCOME, {"force_used": "no"}),
        (OUTCOME, {"leaflet_given": 1}),
        (OUTCOME, {"ethnicity": "martian"}),
        (OUTCOME, {"ethnicity": ""}),
        (undo("d-1"), {"undoes": None}),
        (undo("d-1"), {"undoes": "no spaces here"}),
    ],
)
def test_an_answer_that_is_none_is_refused(say_decision, answer, change):
    assert believed(wire.DecisionEvent, say_decision(answer=answer)) is not None
    assert believed(wire.DecisionEvent, say_decision(answer=answer | change)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"certificate": "none"},
        {"certificate": "A" * 100 + "\n"},
        {"certificate": "A" * 4001},
        {"signature": "A" * 85},
        {"signature": "A" * 86 + "=="},
        {"signature": "+" * 86},
        {"signature": None},
    ],
)
def test_a_signature_that_is_none_is_refused(say_decision, change):
    assert believed(wire.DecisionEvent, say_decision()) is not None
    assert believed(wire.DecisionEvent, say_decision() | change) is None


@pytest.mark.parametrize(
    "change",
    [
        {"holds": "alert-1"},
        {"holds": ["no spaces here"]},
        {"holds": [1]},
        {"holds": ["alert-1"] * (wire.MOST_HELD + 1)},
        {"holds": None},
        {"lacks": []},
    ],
)
def test_a_greeting_that_is_none_is_refused(change):
    assert believed(wire.HelloEvent, say_hello(*["alert-1"] * wire.MOST_HELD)) is not None
    message = say_hello()
    message["data"] |= change
    assert believed(wire.HelloEvent, message) is None


def test_a_field_that_stands_twice_is_refused(say_decision):
    payload = as_bytes(say_decision(answer={"stage": "verdict", "verdict": "not_viable"}))
    twice = payload.replace(b'"not_viable"', b'"not_viable", "verdict": "viable"')
    envelope.parse(wire.DecisionEvent, payload)
    with pytest.raises(InputError, match="proper JSON"):
        envelope.parse(wire.DecisionEvent, twice)


def test_a_message_is_read_up_to_its_limit_and_not_beyond(say_ack):
    payload = as_bytes(say_ack())
    envelope.parse(wire.AckEvent, payload.ljust(envelope.LIMIT_BYTES))
    with pytest.raises(InputError, match="64000 bytes"):
        envelope.parse(wire.AckEvent, payload.ljust(envelope.LIMIT_BYTES + 1))


def test_a_refusal_is_one_line_that_names_nothing_of_the_message(say_decision):
    message = say_decision()
    message["data"]["officer"] = ["PC Secret"]
    with pytest.raises(InputError) as refused:
        envelope.parse(wire.DecisionEvent, as_bytes(message))
    assert "Secret" not in refused.value.advice()
    assert "\n" not in refused.value.advice()
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "kind",
    [wire.AckEvent, wire.HelloEvent, wire.DecisionEvent, wire.StateEvent, wire.PanelEvent],
)
@settings(max_examples=100)
@given(payload=st.binary(max_size=400))
@example(payload=b"[" * 60_000)
@example(payload=b'{"a":' * 12_000)
@example(payload=b"1" * 10_000)
@example(payload="\ufeff{}".encode())
@example(payload="{}".encode("utf-16"))
@example(payload=b'{"id": "\\ud800"}')
@example(payload=b"NaN")
def test_no_bytes_whatever_do_more_than_be_refused(kind, payload):
    with pytest.raises(InputError):
        envelope.parse(kind, payload)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


@settings(max_examples=100)
@given(data=st.data(), value=JSON)
def test_a_message_with_any_value_in_any_field_is_read_or_refused(say_decision, data, value):
    message = say_decision()
    parts = [message, message["data"], message["data"]["answer"]]
    part = data.draw(st.sampled_from(parts))
    part[data.draw(st.sampled_from(sorted(part)))] = value
    event = believed(wire.DecisionEvent, message)
    assert event is None or isinstance(event.decision("tablet-7", b""), Decision)
