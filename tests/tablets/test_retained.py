"""What a tablet has the broker keep is not heard, and is erased; what it says now is heard."""

import queue
from contextlib import contextmanager

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from appliance.tablets.broker import open_link
from provisioning.access import SERVICES, TABLETS, write_access
from provisioning.trial import make_roster
from tests.tablets.bureau import Bureau
from tests.tablets.signing import VIABLE, Pen
from tests.tablets.talk import VAN, WAIT_S, free_port, mosquitto, say_hello

PLACES = [f"lfr/1/{VAN}/{place}" for place in ("decision", "alert/ack", "hello")]


class Mouth:
    """A tablet under its name, that hears what is kept in its own places where it may."""

    def __init__(self, port, name=None):
        self.heard, self._done = queue.Queue(), queue.Queue()
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        if name:
            self._client.username_pw_set(name)
        self._client.on_publish = self._client.on_subscribe = lambda *said: self._done.put(said)
        self._client.on_message = lambda _client, _data, message: self.heard.put(message)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def say(self, topic, payload, *, retain=False):
        self._client.publish(topic, payload, qos=1, retain=retain)
        return not self._done.get(timeout=WAIT_S)[3].is_failure

    def hear(self, *topics):
        for topic in topics:
            self._client.subscribe(topic, qos=1)
            self._done.get(timeout=WAIT_S)

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()
        self._client._reset_sockets()


@contextmanager
def mouth(port, name=None):
    mouth = Mouth(port, name)
    try:
        yield mouth
    finally:
        mouth.close()


@pytest.fixture
def doors(tmp_path):
    """A broker that lets each do what they may on a van; gives it, and the tablets' port."""
    write_access(tmp_path / "access", VAN)
    services, tablets = (f"acl_file {tmp_path}/access/{name}" for name in (SERVICES, TABLETS))
    port = free_port()
    lines = [
        "per_listener_settings true", "allow_anonymous true", services,
        f"listener {port} 127.0.0.1", "allow_anonymous true", tablets,
    ]  # fmt: skip
    with mosquitto(tmp_path, lines) as broker:
        yield broker, port


def kept(broker):
    """Name the places of tablets in which the broker keeps something."""
    with mouth(broker.port) as ear:
        ear.hear(*(f"{place}/+" for place in PLACES), f"lfr/1/{VAN}/state")
        ear.say(f"lfr/1/{VAN}/state", b"end")
        topics = []
        while (message := ear.heard.get(timeout=WAIT_S)).payload != b"end":
            topics += [message.topic] if message.retain and message.payload else []
        return [topic for topic in topics if not topic.endswith("/state")]


def test_of_what_was_left_with_the_broker_nothing_is_left_when_a_van_has_come(doors, ears, clock):
    broker, port = doors
    with mouth(port, "tablet-7") as tablet:
        for place in PLACES:
            assert tablet.say(f"{place}/tablet-7", b"x" * 60_000, retain=True)
    assert len(kept(broker)) == len(PLACES)
    with open_link(broker.settings, VAN, ears.decision, ears.see, clock) as link:
        while kept(broker):
            pass
    assert link.refused == len(PLACES)


@pytest.fixture
def bureau(tmp_path, clock, trial):
    bureau = Bureau(tmp_path, clock)
    bureau.send()
    return bureau


@pytest.fixture
def trial(tmp_path, force):
    return make_roster(tmp_path, ["tablet-7"], force)


@pytest.fixture
def answer(trial):
    return Pen("tablet-7", trial.tablets["tablet-7"].signing).decide(VIABLE, id="d-1")


def test_a_good_answer_that_the_broker_kept_is_not_heard_until_it_is_said(bureau, answer, caplog):
    bureau.line.bring("decision", answer, retain=True)
    assert (bureau.decisions, bureau.answers.refused) == ([], 1)
    assert bureau.line.said == [("decision/tablet-7", True, 1)]
    assert "A tablet had the broker keep a word." in caplog.text
    bureau.line.bring("decision", answer)
    assert [decision.id for decision in bureau.decisions] == ["d-1"]


def test_the_vans_own_empty_word_is_no_fault_of_the_tablet_and_one_of_the_tablets_is(bureau):
    bureau.line.bring("hello", b"", retain=True)
    bureau.line.bring("hello", b"")
    assert bureau.answers.refused == 1
    bureau.line.bring("hello", b"")
    assert bureau.answers.refused == 2


def test_whoever_leaves_much_fills_no_log(bureau, caplog):
    for _ in range(50):
        bureau.line.bring("hello", say_hello(), retain=True)
    assert bureau.answers.refused == 50
    assert caplog.text.count("A tablet had the broker keep a word.") == 1
