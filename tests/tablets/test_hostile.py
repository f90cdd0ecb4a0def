"""Whatever somebody sends to the van: nothing held is lost, nothing is believed, all is counted."""

import json
from collections import Counter

import pytest

from appliance.domain.lamp import Lamp
from appliance.tablets.wire import State
from tests.tablets.signing import OUTCOME, VIABLE, undo
from tests.tablets.talk import say, say_ack, say_hello

PLACES = ("alert/ack/tablet-7", "decision/tablet-7", "hello/tablet-7", "panel")
HTML = "<img src=x onerror=alert(1)>"
DEEP = b'{"data":' + b"[" * 60_000
HUGE = b'{"data":"' + b"x" * 10_000_000 + b'"}'
RUBBISH = {
    "nothing": b"",
    "no text": b"\xff\x00\xfe",
    "no object": b"[]",
    "no field": b"{}",
    "deep": DEEP,
    "huge": HUGE,
    "of another kind": json.dumps(say("state", {"lamp": "off"})).encode(),
    "a number for all": json.dumps(dict.fromkeys(say("ack", {}), 7)).encode(),
    "html for all": json.dumps(dict.fromkeys(say("ack", {}), HTML)).encode(),
}


def with_html(event):
    """Make every variant of an event in which one field is HTML."""
    for part in (event, event["data"]):
        for field in part:
            kept = part[field]
            part[field] = HTML
            yield json.dumps(event)
            part[field] = kept


@pytest.fixture
def held(link, tablet, make_alert):
    """A link that holds an alert which every tablet has."""
    link.state(State(lamp=Lamp.LOOKING, subjects=3))
    link.alert(make_alert())
    assert tablet.read("alert")["id"] == "alert-1"
    return link


@pytest.fixture
def unharmed(held, tablet, ears, pen, make_alert, clock):
    """See that the link has counted so much, and goes on as if nothing had been."""

    def unharmed(refused):
        clock.turn(3)
        assert tablet.read("alert")["id"] == "alert-1"
        tablet.acknowledge("alert-1")
        assert ears.next_seen()[0] == "alert-1"
        event = pen.decide(VIABLE)
        tablet.decide(event)
        answered = tablet.read("decision/ack/tablet-7")["data"]
        while answered["refused"]:
            answered = tablet.read("decision/ack/tablet-7")["data"]
        assert answered["decision_id"] == event["id"]
        assert ears.next_decision().id == event["id"]
        assert ears.decisions.empty()
        assert ears.seen.empty()
        assert held.refused == refused
        assert held.failure is None
        assert [told.decision_id for told in held._outbox.withdrawn] == [event["id"]]

    return unharmed


def test_rubbish_in_every_place_is_counted_and_dropped(tablet, unharmed, caplog):
    for place in PLACES:
        for message in RUBBISH.values():
            tablet.say(place, message)
    unharmed(len(PLACES) * len(RUBBISH))
    assert {record.getMessage() for record in caplog.records} <= {
        "A message from a tablet was refused.",
        "A message from the panel was refused.",
        "What waits for the tablets will not outlive this process.",
    }
    assert HTML not in caplog.text


def test_html_in_any_field_is_refused_or_is_only_a_name(tablet, unharmed, pen):
    told = {
        "alert/ack/tablet-7": say_ack(),
        "hello/tablet-7": say_hello("alert-1"),
        "decision/tablet-7": pen.decide(),
    }
    sent = Counter()
    for place, event in told.items():
        for message in with_html(event):
            tablet.say(place, message)
            sent[place] += 1
    unharmed(sum(sent.values()))


def test_what_is_said_elsewhere_is_not_heard_at_all(held, tablet, unharmed, pen):
    for place in ("alert/ack", "decision", "hello", "decision/tablet-7/more", "command", "state/x"):
        tablet.say(place, pen.decide())
        tablet.say(place, RUBBISH["no field"])
    unharmed(0)


@pytest.mark.parametrize("place", ["TABLET", "tablet 7", "..", "", "tablet-8"])
def test_what_is_said_in_anothers_place_counts_for_nothing(held, tablet, unharmed, pen, place):
    tablet.say(f"decision/{place}", pen.decide())
    tablet.say(f"alert/ack/{place}", say_ack())
    tablet.say(f"hello/{place}", say_hello())
    unharmed(3)


def test_an_answer_that_nobody_signed_or_that_was_changed_is_refused(held, tablet, unharmed, pen):
    event = pen.decide()
    unsigned = {**event, "signature": "A" * 86}
    changed = {**event, "data": {**event["data"], "officer": HTML}}
    for answer in (unsigned, changed):
        tablet.decide(answer)
    unharmed(2)


def test_an_answer_that_cannot_follow_is_refused(held, tablet, unharmed, pen):
    tablet.decide(pen.decide(OUTCOME))
    tablet.decide(pen.decide(undo("never-said")))
    tablet.decide(pen.decide(alert_id="never-sent"))
    unharmed(3)


def test_a_flood_of_greetings_sends_no_alert_twice_in_a_moment(held, tablet, unharmed, clock):
    clock.turn(1)
    for _ in range(200):
        tablet.greet()
    assert tablet.read("alert")["id"] == "alert-1"
    unharmed(0)
    alerts = [each for each in tablet.heard.queue if each.topic.endswith("/alert")]
    assert alerts == []
