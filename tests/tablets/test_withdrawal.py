"""A withdrawal reaches every tablet, over a real broker, and those that were away as well."""

import json
from dataclasses import replace

import pytest

from appliance.domain.ending import End
from appliance.domain.lamp import Lamp
from appliance.tablets.broker import open_link
from appliance.tablets.recall import MEMORY
from appliance.tablets.wire import State
from tests.tablets.conftest import SUBJECT, VAN
from tests.tablets.talk import WAIT_S

OTHER = SUBJECT.model_copy(update={"reference": "V-002"})


@pytest.fixture
def sent(link, tablet, make_alert):
    """Two alerts of two subjects that are on the tablet."""
    for alert in (make_alert("a"), replace(make_alert("b"), subject=OTHER)):
        link.alert(alert)
        assert tablet.read("alert")["id"] == alert.id
    return link


def ids(told):
    assert {each["reason"] for each in told} <= {"no_longer_listed"}
    return [each["alert_id"] for each in told]


def withdrawn(tablet):
    return ids(tablet.read("withdrawn")["data"]["withdrawn"])


def test_it_is_said_at_once_for_each_alert_and_kept_by_nobody(sent, tablet):
    sent.withdraw(["V-002", "V-001"])
    said = [tablet.next("withdrawal") for _ in range(2)]
    assert ids([json.loads(message.payload)["data"] for message in said]) == ["a", "b"]
    assert not any(message.retain for message in said)


def test_it_is_told_at_once_and_before_every_state_that_follows(sent, tablet):
    sent.withdraw(["V-001"])
    assert withdrawn(tablet) == ["a"]
    sent.state(State(lamp=Lamp.LOOKING))
    assert heard(tablet) == ["withdrawn", "state"]
    sent.state(State(lamp=Lamp.LOOKING))
    assert withdrawn(tablet) == ["a"]
    sent.withdraw(["V-002"])
    assert withdrawn(tablet) == ["a", "b"]


def heard(tablet):
    """Give the topics of what is heard, until the first state."""
    leaves = [tablet.heard.get(timeout=WAIT_S).topic.rpartition("/")[2]]
    while leaves[-1] != "state":
        leaves.append(tablet.heard.get(timeout=WAIT_S).topic.rpartition("/")[2])
    return leaves


def test_that_nothing_is_taken_back_any_more_is_told_once(sent, tablet, clock):
    sent.withdraw(["V-001"])
    assert withdrawn(tablet) == ["a"]
    clock.turn(60 + MEMORY.total_seconds())
    sent.state(State(lamp=Lamp.LOOKING))
    assert withdrawn(tablet) == []
    sent.state(State(lamp=Lamp.LOOKING))
    assert "withdrawn" not in heard(tablet) + heard(tablet)


def test_where_it_takes_nothing_back_nothing_is_told(sent, tablet):
    sent.withdraw(["V-009"])
    sent.state(State(lamp=Lamp.LOOKING))
    assert heard(tablet) == ["state"]


def test_a_tablet_that_was_away_learns_it_within_a_beat_and_the_broker_keeps_nothing(
    sent, tablet, tablet_on, broker
):
    sent.withdraw({"V-001"})
    withdrawn(tablet)
    with tablet_on(broker.port) as late:
        sent.state(State(lamp=Lamp.LOOKING))
        message = late.next("withdrawn")
        assert not message.retain
        assert ids(json.loads(message.payload)["data"]["withdrawn"]) == ["a"]


def test_the_state_names_no_alert(sent, tablet):
    sent.withdraw({"V-001"})
    sent.state(State(lamp=Lamp.LOOKING))
    assert "withdrawn" not in tablet.read("state")["data"]


def test_an_alert_in_the_outbox_is_said_no_more(sent, tablet, clock, make_alert):
    sent.withdraw({"V-001"})
    clock.turn(3)
    assert tablet.read("alert")["id"] == "b"
    sent.alert(make_alert("c"))
    clock.turn(3)
    assert tablet.read("alert")["id"] == "b"


def test_before_anything_was_told_it_waits_for_the_first_state(broker, tablet, ears, make_alert):
    with open_link(
        broker.settings, VAN, ears.decision, ears.see, lambda: SUBJECT.expires_at
    ) as link:
        link.alert(make_alert("a", life_s=9 * 3600))
        tablet.next("alert")
        link.withdraw({"V-001"})
        link.state(State(lamp=Lamp.READY))
        assert withdrawn(tablet) == ["a"]


def test_after_the_end_nothing_is_said_again(sent, tablet, tablet_on, broker, clock, make_alert):
    sent.state(State(lamp=Lamp.OFF, ended=End.REVOKED))
    clock.turn(3)
    with tablet_on(broker.port) as late:
        assert late.read("state")["data"]["ended"] == "revoked"
        sent.state(State(lamp=Lamp.READY))
        sent.alert(make_alert("next"))
        assert late.read("alert")["id"] == "next"


def test_who_comes_after_the_van_has_gone_still_learns_why_it_ended(
    broker, tablet, ears, tablet_on
):
    with open_link(broker.settings, VAN, ears.decision, ears.see) as link:
        link.state(State(lamp=Lamp.OFF, ended=End.BUTTON))
    assert tablet.read("state")["data"]["ended"] == "button"
    assert tablet.read("state")["data"]["lamp"] == "off"
    with tablet_on(broker.port) as late:
        assert late.read("state")["data"]["ended"] == "button"
