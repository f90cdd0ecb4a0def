"""A withdrawal reaches every tablet, over a real broker, and those that were away as well."""

import json
from dataclasses import replace

import pytest

from appliance.domain.ending import End
from appliance.domain.lamp import Lamp
from appliance.tablets.broker import open_link
from appliance.tablets.wire import State
from tests.tablets.conftest import SUBJECT, VAN

OTHER = SUBJECT.model_copy(update={"reference": "V-002"})


@pytest.fixture
def sent(link, tablet, make_alert):
    """Two alerts of two subjects that are on the tablet."""
    for alert in (make_alert("a"), replace(make_alert("b"), subject=OTHER)):
        link.alert(alert)
        assert tablet.read("alert")["id"] == alert.id
    return link


def ids(told):
    assert {each["reason"] for each in told} == {"no_longer_listed"}
    return [each["alert_id"] for each in told]


def withdrawn(tablet):
    return ids(tablet.read("state")["data"]["withdrawn"])


def test_it_is_said_at_once_for_each_alert_and_kept_by_nobody(sent, tablet):
    sent.withdraw(["V-002", "V-001"])
    said = [tablet.next("withdrawal") for _ in range(2)]
    assert ids([json.loads(message.payload)["data"] for message in said]) == ["a", "b"]
    assert not any(message.retain for message in said)


def test_it_is_told_in_every_state_that_follows(sent, tablet):
    sent.withdraw(["V-001"])
    assert withdrawn(tablet) == ["a"]
    sent.state(State(lamp=Lamp.LOOKING))
    assert withdrawn(tablet) == ["a"]
    sent.withdraw(["V-002"])
    assert withdrawn(tablet) == ["a", "b"]


def test_where_it_takes_nothing_back_the_state_is_told_all_the_same(sent, tablet):
    sent.withdraw(["V-009"])
    assert tablet.read("state")["data"]["withdrawn"] == []


def test_a_tablet_that_was_away_learns_it_from_what_the_broker_kept(
    sent, tablet, tablet_on, broker
):
    sent.withdraw({"V-001"})
    withdrawn(tablet)
    with tablet_on(broker.port) as late:
        message = late.next("state")
        assert message.retain
        assert ids(json.loads(message.payload)["data"]["withdrawn"]) == ["a"]


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
