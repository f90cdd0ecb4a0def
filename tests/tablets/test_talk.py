"""What officers answer reaches the van once, and each other at once, over a real broker."""

import json

from appliance.domain.decision import Verdict
from tests.tablets.signing import VIABLE, undo


def test_a_signed_answer_reaches_the_van_once_however_often_it_is_said(
    link, tablet, ears, pen, make_alert
):
    link.alert(make_alert())
    event = pen.decide(VIABLE, id="event-1")
    tablet.decide(event)
    tablet.decide(event)
    acks = [tablet.read("decision/ack/tablet-7")["data"] for _ in range(2)]
    assert acks == [{"decision_id": "event-1", "alert_id": "alert-1", "refused": None}] * 2
    decision = ears.next_decision()
    assert (decision.alert_id, decision.tablet) == ("alert-1", "tablet-7")
    assert decision.answer is Verdict.VIABLE
    assert ears.decisions.empty()


def test_one_officers_answer_is_told_to_all_at_once_and_again(link, tablet, pen, make_alert, clock):
    link.alert(make_alert())
    tablet.read("alert")
    event = pen.decide()
    tablet.decide(event)
    told = {
        "alert_id": "alert-1",
        "reason": "decided",
        "tablet": "tablet-7",
        "decision_id": event["id"],
        "answer": "not_viable",
    }
    withdrawal = tablet.next("withdrawal")
    assert json.loads(withdrawal.payload)["data"] == told
    assert not withdrawal.retain
    assert tablet.read("withdrawn")["data"]["withdrawn"] == [told]
    clock.turn(3)
    link.alert(make_alert("next"))
    assert tablet.read("alert")["id"] == "next"


def test_an_undone_answer_brings_the_alert_back_to_a_tablet_that_lacks_it(
    link, tablet, pen, make_alert, clock
):
    link.alert(make_alert())
    tablet.read("alert")
    event = pen.decide()
    tablet.decide(event)
    assert tablet.read("withdrawal")["data"]["reason"] == "decided"
    tablet.decide(pen.decide(undo(event["id"]), at_s=3))
    assert tablet.read("withdrawal")["data"]["reason"] == "undone"
    clock.turn(1)
    tablet.greet()
    assert tablet.read("alert")["id"] == "alert-1"


def test_a_tablet_that_comes_gets_what_is_live_and_lacking(link, tablet, ears, make_alert, clock):
    for alert_id in ("a", "b"):
        link.alert(make_alert(alert_id))
        assert tablet.read("alert")["id"] == alert_id
        tablet.acknowledge(alert_id)
        ears.next_seen()
    clock.turn(3)
    tablet.greet("a")
    assert tablet.read("alert")["id"] == "b"


def test_a_page_that_is_not_in_sight_has_shown_nothing(link, tablet, ears, make_alert, clock):
    link.alert(make_alert())
    tablet.read("alert")
    tablet.acknowledge("alert-1", shown=False)
    tablet.acknowledge("alert-1", "tablet-8")
    assert ears.next_seen()[0] == "alert-1"
    assert ears.seen.empty()
