"""A tablet without a screen shows, remembers and answers as the page does."""

import queue
from datetime import datetime, timedelta, timezone

import pytest

from appliance.bench.actor import waited
from appliance.bench.likeness import Maker
from appliance.domain.decision import Engagement, Verdict
from appliance.domain.lamp import Lamp
from appliance.errors import InputError, MachineError
from appliance.tablets import handheld
from appliance.tablets.broker import open_link
from appliance.tablets.given import EngagementGiven, VerdictGiven
from appliance.tablets.handheld import Handheld, Look
from appliance.tablets.pen import Notebook, Signer
from appliance.tablets.wire import State
from provisioning.trial import make_roster
from tests.tablets.talk import VAN, WAIT_S

VIABLE = VerdictGiven(stage="verdict", verdict=Verdict.VIABLE)
LOST = EngagementGiven(stage="engagement", engagement=Engagement.LOST)
GOING = State(lamp=Lamp.LOOKING, deployment_id="bench")
make = Maker.of(3000)


@pytest.fixture
def trial(broker):
    return make_roster(broker.settings.roster.parent, ["tablet-1"])


@pytest.fixture
def signer(trial):
    signing = trial.tablets["tablet-1"].signing
    return Signer(signing.der, signing.key)


@pytest.fixture
def van(broker, trial, ears):
    with open_link(broker.settings, VAN, ears.decision, ears.see) as link:
        link.state(GOING)
        yield link


@pytest.fixture
def sights():
    return queue.Queue()


@pytest.fixture
def carry(broker, signer, sights):
    """Carry a tablet, with or without what it knew before."""

    def carried(notebook=None):
        return Handheld(broker.settings, VAN, "tablet-1", signer, notebook, sights.put)

    return carried


def ago(seconds):
    return (datetime.now(timezone.utc) - timedelta(seconds=seconds)).isoformat()


def next_look(sights):
    sighting = sights.get(timeout=WAIT_S)
    assert sighting.heard_ns <= sighting.shown_ns
    return sighting.alert.id, sighting.look


def settled(met):
    assert waited(met, WAIT_S)


def test_an_alert_is_shown_and_the_van_is_told(van, carry, sights, ears):
    alert = make(1, 60)
    with carry() as tablet:
        van.alert(alert)
        assert next_look(sights) == (alert.id, Look.NEW)
        assert ears.next_seen()[0] == alert.id
        assert tablet.showing == (alert.id,)


def test_an_alert_that_was_sent_before_it_came_is_shown_to_whoever_says_hello(van, carry, sights):
    alert = make(1, 60)
    van.alert(alert)
    with carry():
        assert next_look(sights) == (alert.id, Look.NEW)


def test_an_answer_is_signed_believed_and_confirmed(van, carry, sights, ears):
    alert = make(1, 60)
    with carry() as tablet:
        van.alert(alert)
        next_look(sights)
        decision_id = tablet.decide(alert.id, VIABLE)
        decision = ears.next_decision()
        assert (decision.id, decision.answer) == (decision_id, Verdict.VIABLE)
        settled(lambda: not tablet.undelivered)


def test_after_its_death_an_alert_is_not_new_and_an_answer_is_said_again(
    van, carry, sights, ears, tmp_path
):
    alert, notes = make(1, 60), tmp_path / "notes"
    with carry(Notebook(notes)) as tablet:
        van.alert(alert)
        next_look(sights)
    decision_id = tablet.decide(alert.id, VIABLE)
    with notes.open("ab") as file:
        file.write(b'{"new": "torn')
    with carry(Notebook(notes)) as tablet:
        assert next_look(sights) == (alert.id, Look.AGAIN)
        assert ears.next_decision().id == decision_id
        settled(lambda: not tablet.undelivered)
    assert not Notebook(notes).pending


def test_an_answer_is_said_again_until_it_is_confirmed(broker, tablet, carry, monkeypatch):
    monkeypatch.setattr(handheld, "AGAIN_S", 0.0)
    with carry() as ours:
        decision_id = ours.decide("alert-1", VIABLE)
        said = [tablet.read("decision/tablet-1")["id"] for _ in range(3)]
    assert said == [decision_id] * 3


def test_it_comes_back_with_its_broker(broker, van, carry, sights):
    alert = make(1, 60)
    with carry():
        broker.kill()
        van.alert(alert)
        broker.start()
        assert next_look(sights) == (alert.id, Look.NEW)


def test_it_can_be_put_away_while_the_broker_is_gone(broker, carry):
    with carry():
        broker.kill()
    with pytest.raises(MachineError):
        carry().__enter__()
    broker.start()


def test_an_alert_that_comes_too_late_is_shown_as_expired_and_not_acknowledged(
    van, carry, sights, tablet
):
    with carry() as ours:
        van.alert(make(1, 60))
        live = tablet.read("alert")
        next_look(sights)
        times = {"taken_at": ago(61), "expires_at": ago(1)}
        late = {**live, "id": "late", "data": {**live["data"], **times}}
        tablet.say("alert", late)
        assert next_look(sights) == ("late", Look.EXPIRED)
        assert ours.showing == (live["id"],)
    assert tablet.read("alert/ack/tablet-1")["data"]["alert_id"] == live["id"]


def test_what_another_has_answered_is_closed_and_open_again_where_it_is_undone(
    carry, sights, tablet, van
):
    with carry() as ours:
        van.alert(make(1, 60))
        alert_id, _ = next_look(sights)
        told = {"alert_id": alert_id, "reason": "decided", "tablet": "tablet-2"}
        tablet.say("withdrawal", event("withdrawal", told))
        settled(lambda: not ours.showing)
        tablet.say("withdrawal", event("withdrawal", {**told, "reason": "undone"}))
        settled(lambda: ours.showing)


def test_all_that_was_taken_back_meanwhile_is_closed(carry, sights, tablet, van):
    with carry() as ours:
        for seed in (1, 2):
            van.alert(make(seed, 60))
        ids = [next_look(sights)[0] for _ in range(2)]
        told = [{"alert_id": each, "reason": "no_longer_listed"} for each in ids]
        tablet.say("withdrawn", event("withdrawn", {"withdrawn": told}))
        settled(lambda: not ours.showing)


def test_whoever_is_off_the_list_is_off_the_tablet(carry, sights, van):
    with carry() as ours:
        van.alert(make(1, 60))
        next_look(sights)
        van.withdraw(["B-001"])
        settled(lambda: not ours.showing)


def test_what_is_no_message_is_counted(carry, tablet):
    with carry() as ours:

        def refused():
            # The first may come before the tablet has asked for it.
            tablet.say("withdrawal", b"{}")
            return ours.refused > 0

        settled(refused)


def test_without_a_key_it_cannot_decide(broker):
    with pytest.raises(InputError, match="no key"):
        Handheld(broker.settings, VAN, "tablet-1").decide("alert-1", LOST)


def test_without_a_file_a_notebook_lasts_as_long_as_its_tablet(van, broker, signer, ears):
    alert = make(1, 60)
    with Handheld(broker.settings, VAN, "tablet-1", signer) as tablet:
        van.alert(alert)
        ears.next_seen()
        assert tablet.showing == (alert.id,)


def event(kind, data):
    return {
        "specversion": "1.0",
        "id": "w-1",
        "source": f"lfr/{VAN}",
        "type": f"uk.police.lfr.{kind}.v1",
        "data": data,
    }
