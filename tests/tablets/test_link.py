"""The link to the tablets, over a real broker that dies and comes back."""

import json
import logging
import socket
from concurrent.futures import wait
from contextlib import contextmanager
from threading import Event

import pytest

from appliance.domain.lamp import Lamp
from appliance.errors import MachineError
from appliance.settings import TabletSettings
from appliance.tablets import outbox
from appliance.tablets.broker import open_link, probe
from appliance.tablets.wire import State, Tally

VAN = "van-1"
WAIT_S = 20


@pytest.fixture
def gone():
    """An event that comes when the link says that the broker is gone."""
    event = Event()

    class Watcher(logging.Handler):
        def emit(self, record):
            if "gone" in record.getMessage():
                event.set()

    watcher, log = Watcher(), logging.getLogger("appliance.tablets.broker")
    log.addHandler(watcher)
    yield event
    log.removeHandler(watcher)


@pytest.fixture
def outage(broker, gone):
    """Kill the broker for the length of a block that begins when the link has noticed."""

    @contextmanager
    def outage():
        broker.kill()
        assert gone.wait(WAIT_S)
        yield
        broker.start()

    return outage


def test_an_alert_reaches_the_tablet_whole_and_with_its_expiry(link, tablet, make_alert):
    link.alert(make_alert())
    message = tablet.next("alert")
    assert json.loads(message.payload)["id"] == "alert-1"
    assert message.qos == 1
    assert 0 < message.properties.MessageExpiryInterval <= 60
    assert message.properties.ContentType == "application/cloudevents+json; charset=utf-8"


def test_the_first_word_of_any_tablet_is_timed_and_the_second_is_not(
    link, tablet, ears, make_alert
):
    link.alert(make_alert("a"))
    link.alert(make_alert("b"))
    tablet.acknowledge("a")
    tablet.acknowledge("a")
    tablet.acknowledge("b")
    seen = [ears.next_seen(), ears.next_seen()]
    assert [alert_id for alert_id, _ in seen] == ["a", "b"]
    assert all(0 < seconds < WAIT_S for _, seconds in seen)


def test_an_alert_that_no_tablet_acknowledges_is_said_again_to_a_late_one(
    link, broker, make_alert, clock, tablet_on
):
    link.alert(make_alert())
    with tablet_on(broker.port) as late:
        clock.turn(3)
        assert late.read("alert")["id"] == "alert-1"


def test_an_alert_is_never_retained_and_the_state_is(link, tablet, broker, make_alert, tablet_on):
    link.state(State(lamp=Lamp.LOOKING, subjects=3))
    link.alert(make_alert("first"))
    tablet.next("alert")
    with tablet_on(broker.port) as late:
        state = late.next("state")
        link.alert(make_alert("second"))
        assert state.retain
        assert json.loads(state.payload)["data"]["lamp"] == "looking"
        assert late.read("alert")["id"] == "second"


def test_the_state_ends_with_off(broker, tablet, ears):
    with open_link(broker.settings, VAN, ears.decision, ears.see) as link:
        link.state(State(lamp=Lamp.READY))
    assert [tablet.read("state")["data"]["lamp"] for _ in range(2)] == ["ready", "off"]


def test_the_state_ends_with_fault_when_the_van_fails(broker, tablet, ears):
    with pytest.raises(MachineError), open_link(broker.settings, VAN, ears.decision, ears.see):
        raise MachineError("The camera is gone.", mend="Look at its cable.")
    assert tablet.read("state")["data"]["lamp"] == "fault"


def test_the_last_will_says_fault_and_the_link_comes_back_by_itself(link, tablet):
    link.state(State(lamp=Lamp.LOOKING))
    assert tablet.read("state")["data"]["lamp"] == "looking"
    link._says._client.socket().shutdown(socket.SHUT_RDWR)
    will = tablet.read("state")
    # It was written long before: nobody may take its time for the van's.
    assert (will["data"]["lamp"], will["time"]) == ("fault", None)
    assert tablet.read("state")["data"]["lamp"] == "looking"
    assert link.connected
    assert link.failure is None


def test_an_acknowledgement_of_an_unknown_alert_changes_nothing(link, tablet, ears, make_alert):
    link.alert(make_alert())
    tablet.acknowledge("another")
    tablet.acknowledge("alert-1")
    assert ears.next_seen()[0] == "alert-1"
    assert ears.seen.empty()


def test_an_unacknowledged_alert_is_said_again_after_the_broker_was_killed(
    link, tablet, ears, outage, make_alert, clock
):
    link.alert(make_alert())
    assert tablet.read("alert")["id"] == "alert-1"
    with outage():
        assert not link.connected
    tablet.ready()
    clock.turn(3)
    assert tablet.read("alert")["id"] == "alert-1"
    tablet.acknowledge("alert-1")
    assert ears.next_seen()[0] == "alert-1"


def test_alerts_of_an_outage_are_said_after_it_and_expired_ones_never(
    link, tablet, outage, make_alert, clock
):
    link.alert(make_alert("old", life_s=10))
    assert tablet.read("alert")["id"] == "old"
    with outage():
        link.alert(make_alert("new", life_s=60))
        link.state(State(lamp=Lamp.DEGRADED))
        clock.turn(11)
    tablet.ready()
    assert tablet.read("state")["data"]["lamp"] == "degraded"
    clock.turn(3)
    assert tablet.read("alert")["id"] == "new"
    assert link.unseen == 1


def test_a_link_can_be_closed_while_the_broker_is_down(broker, ears, outage):
    with open_link(broker.settings, VAN, ears.decision, ears.see) as link, outage():
        pass
    assert link.failure is None


def test_alerts_wait_in_bounded_number_while_the_broker_is_down(
    link, outage, make_alert, monkeypatch
):
    monkeypatch.setattr(outbox, "LIMIT", 64)
    with outage():
        for number in range(100):
            link.alert(make_alert(f"alert-{number}"))
        assert link.unseen == 36


def test_a_failure_in_the_vans_own_ears_is_not_swallowed(
    broker, tablet, ears, pen, make_alert, clock
):
    def fail(_decision):
        raise RuntimeError("the record is full")

    with open_link(broker.settings, VAN, fail, ears.see, clock) as link:
        link.state(State(lamp=Lamp.READY))
        tablet.next("state")
        link.alert(make_alert())
        tablet.decide(pen.decide())
        wait([link._talk], WAIT_S)
        assert tablet.read("state")["data"]["lamp"] == "fault"
        assert isinstance(link.failure, RuntimeError)
        assert not link.connected


def test_small_messages_do_not_wait_for_company(link):
    sock = link._says._client.socket()
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_the_tally_is_retained_and_told_again_only_when_it_changes(link, tablet, broker, tablet_on):
    for alerts in (1, 1, 2):
        link.tally(Tally(deployment_id="deployment-3", faces_seen=40, alerts=alerts))
    told = [tablet.next("tally") for _ in range(2)]
    assert [json.loads(message.payload)["data"]["alerts"] for message in told] == [1, 2]
    with tablet_on(broker.port) as late:
        message = late.next("tally")
        assert message.retain
        assert json.loads(message.payload)["data"]["faces_seen"] == 40


def test_state_and_tally_come_back_with_the_broker(link, tablet, outage):
    link.tally(Tally(alerts=7))
    tablet.next("tally")
    with outage():
        pass
    tablet.ready()
    assert tablet.read("state")["data"]["lamp"] == "ready"
    assert tablet.read("tally")["data"]["alerts"] == 7


def test_an_alert_that_no_tablet_would_take_is_logged_and_counted_and_the_next_one_goes(
    link, tablet, make_alert, caplog
):
    link.alert(make_alert("too-large", crop_jpeg=b"\xff\xd8\xff" + bytes(300_000)))
    link.alert(make_alert("next"))
    assert tablet.read("alert")["id"] == "next"
    assert link.unseen == 1
    assert link.counts("deployment-3")["alert"] == 1
    (record,) = (one for one in caplog.records if one.levelname == "ERROR")
    assert record.getMessage() == "An alert reaches no officer."
    assert "V-001" not in caplog.text


def test_what_is_taken_back_during_an_outage_is_told_after_it(link, tablet, outage, make_alert):
    link.alert(make_alert())
    tablet.next("alert")
    with outage():
        link.withdraw(["V-001"])
    tablet.ready()
    assert tablet.read("withdrawn")["data"]["withdrawn"][0]["alert_id"] == "alert-1"
    assert tablet.read("withdrawal")["data"]["reason"] == "no_longer_listed"


def test_where_nobody_listens_the_error_says_what_to_do(ears):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    settings = TabletSettings(port=port)
    with (
        pytest.raises(MachineError, match=f"127.0.0.1:{port} cannot be reached") as nobody,
        open_link(settings, VAN, ears.decision, ears.see),
    ):
        pass
    assert "Mosquitto" in nobody.value.mend


@pytest.mark.parametrize("host", ["a..b", "no-such-host.invalid"])
def test_a_host_that_is_none_is_an_error_and_not_a_traceback(host):
    with pytest.raises(MachineError, match="cannot be reached"):
        probe(TabletSettings(host=host))
