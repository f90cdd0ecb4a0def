"""A tablet without a screen goes by the van's time, and gives up what the van will never take."""

import queue
from datetime import datetime, timedelta, timezone

import pytest

from appliance.bench.actor import waited
from appliance.bench.likeness import Maker
from appliance.domain.decision import Verdict
from appliance.domain.lamp import Lamp
from appliance.tablets import say
from appliance.tablets.broker import open_link
from appliance.tablets.clock import Clock
from appliance.tablets.given import VerdictGiven
from appliance.tablets.handheld import KEPT, Handheld, Look
from appliance.tablets.pen import Notebook, Signer
from appliance.tablets.wire import State
from provisioning.trial import make_roster
from tests.tablets.talk import VAN, WAIT_S

VIABLE = VerdictGiven(stage="verdict", verdict=Verdict.VIABLE)
GOING = State(lamp=Lamp.LOOKING, deployment_id="bench")
make = Maker.of(3000)


def ago(seconds):
    return datetime.now(timezone.utc) - timedelta(seconds=seconds)


@pytest.fixture
def trial(broker):
    return make_roster(broker.settings.roster.parent, ["tablet-1"])


@pytest.fixture
def sights():
    return queue.Queue()


@pytest.fixture
def carry(broker, trial, sights):
    """Carry a tablet whose own clock is so many seconds slow."""

    def carried(slow_s=0.0, notebook=None):
        signing = trial.tablets["tablet-1"].signing
        signer = Signer(signing.der, signing.key)
        ours = Handheld(broker.settings, VAN, "tablet-1", signer, notebook, sights.put)
        ours.clock = Clock(lambda: ago(slow_s))
        return ours

    return carried


@pytest.fixture
def van(broker, trial, ears):
    with open_link(broker.settings, VAN, ears.decision, ears.see) as link:
        yield link


def slow_s(ours):
    return (datetime.now(timezone.utc) - ours.clock.now()).total_seconds()


def knows_the_time(ours):
    return waited(lambda: abs(slow_s(ours)) < WAIT_S, WAIT_S)


def is_told_the_time(ours, van):
    """A van says it again and again: the first may come before the tablet has asked for it."""
    return waited(lambda: van.state(GOING) or abs(slow_s(ours)) < WAIT_S, WAIT_S)


def look(sights):
    return sights.get(timeout=WAIT_S).look


@pytest.mark.parametrize("off_s", [300, -300], ids=["slow", "fast"])
def test_an_alert_is_live_or_over_by_the_van_s_time(van, carry, sights, tablet, off_s):
    with carry(off_s) as ours:
        assert is_told_the_time(ours, van)
        van.alert(make(1, 60))
        live = tablet.read("alert")
        assert look(sights) is Look.NEW
        over = {"taken_at": ago(61).isoformat(), "expires_at": ago(1).isoformat()}
        data = {**live["data"], **over}
        tablet.say("alert", {**live, "id": "late", "data": data})
        assert look(sights) is Look.EXPIRED
        assert ours.showing == (live["id"],)


def test_an_answer_is_dated_by_the_van_s_time(van, carry, sights, ears):
    with carry(300) as ours:
        assert is_told_the_time(ours, van)
        alert = make(1, 60)
        van.alert(alert)
        look(sights)
        ours.decide(alert.id, VIABLE)
        assert abs(ears.next_decision().decided_at - ago(0)) < timedelta(seconds=WAIT_S)


def test_what_a_broker_has_kept_and_a_will_say_no_time(carry, tablet):
    state, topic = say.pack_state(GOING, VAN), f"lfr/1/{VAN}/state"
    tablet._client.publish(topic, state, qos=1, retain=True)
    tablet.next("state")
    with carry(300) as ours:

        def heard():
            # The first may come before the tablet has asked for it.
            tablet.say("state", say.pack_will(VAN))
            tablet.say("withdrawal", b"{}")
            return ours.refused > 1

        assert waited(heard, WAIT_S)
        assert slow_s(ours) == pytest.approx(300, abs=WAIT_S)
        tablet.say("state", say.pack_state(GOING, VAN))
        assert knows_the_time(ours)


@pytest.mark.usefixtures("van")
def test_an_answer_that_the_van_refuses_for_good_is_given_up(carry, ears):
    with carry() as ours:
        decision_id = ours.decide("never-sent", VIABLE)
        assert waited(lambda: ours.lost, WAIT_S)
        assert ours.lost == {decision_id: "unknown_alert"}
        assert ours.undelivered == 0
    assert ears.decisions.empty()


def test_a_refusal_of_another_s_answer_loses_nothing(carry, tablet):
    with carry() as ours:
        ours.decide("alert-1", VIABLE)
        said = tablet.read("decision/tablet-1")
        data = {"decision_id": "another", "alert_id": "alert-1", "refused": "unproven"}
        kind = "uk.police.lfr.decision-ack.v1"
        receipt = {**said, "source": f"lfr/{VAN}", "type": kind, "data": data}
        del receipt["certificate"], receipt["signature"]
        tablet.say("decision/ack/tablet-1", receipt)
        tablet.say("decision/ack/tablet-1", b"{}")
        assert waited(lambda: ours.refused, WAIT_S)
        assert (ours.lost, ours.undelivered) == ({}, 1)


def test_an_answer_that_found_no_van_for_a_day_is_given_up_for_good(carry, tmp_path):
    notes = tmp_path / "notes"
    earlier = carry(KEPT.total_seconds() + 60, Notebook(notes))
    decision_id = earlier.decide("alert-1", VIABLE)
    with carry(notebook=Notebook(notes)) as ours:
        assert waited(lambda: ours.lost, WAIT_S)
        assert ours.lost == {decision_id: "too_old"}
    assert not Notebook(notes).pending
