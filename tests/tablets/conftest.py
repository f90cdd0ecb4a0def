"""A real broker that can be killed, a tablet that keeps what it hears, and a clock to turn."""

from __future__ import annotations

import json
import queue
import secrets
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from uuid import uuid4

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from appliance.domain.alert import Alert, Place
from appliance.domain.candidate import Band, Candidate
from appliance.domain.lamp import Lamp
from appliance.domain.watchlist import Ground, ListImage, Subject
from appliance.settings import TabletSettings
from appliance.tablets.broker import open_link
from appliance.tablets.wire import State
from provisioning.broker import QUIET, open_broker

VAN = "van-1"
WAIT_S = 20
NOON = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
SUBJECT = Subject(
    reference="V-001",
    ground=Ground.VOLUNTEER,
    reason="Takes part in the recall test",
    power="None",
    images=(
        ListImage(jpeg=b"\xff\xd8list\xfb\xff", taken_on=date(2024, 1, 31), source="the desk"),
        ListImage(jpeg=b"\xff\xd8older", source="the desk"),
    ),
    reviewer="DS 1177",
    expires_at=NOON + timedelta(hours=8),
)
ALERT = Alert(
    id="alert-1",
    subject=SUBJECT,
    candidate=Candidate(subject=0, score=0.71, runner_up=0.1, band=Band.LIKELY, threshold=0.506),
    crop_jpeg=b"\xff\xd8crop\xfb\xff",
    place=Place(0.1, 0.2, 0.05, 0.1),
    camera="mast-1",
    taken_at=NOON,
    expires_at=NOON + timedelta(seconds=60),
    watchlist_id="list-7",
    model_id="sha256-0",
    deployment_id="deployment-3",
)


def make_alert(alert_id="alert-1", life_s=60.0, **changes):
    expires_at = NOON + timedelta(seconds=life_s)
    return replace(
        ALERT, id=alert_id, expires_at=expires_at, taken_ns=time.monotonic_ns(), **changes
    )


def say(kind, data, **changes):
    """Make an event as a tablet says it, without any of our own code."""
    event = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": "lfr/tablet/pc%20456",
        "type": f"uk.police.lfr.{kind}.v1",
        "time": "2026-06-01T12:00:05.000Z",
        "datacontenttype": "application/json",
        "data": data,
    }
    return {**event, **changes}


def say_ack(alert_id="alert-1", **changes):
    return say("ack", {"alert_id": alert_id, "received_at": "2026-06-01T12:00:05Z"}, **changes)


def say_decision(alert_id="alert-1", verdict="viable", **changes):
    data = {
        "alert_id": alert_id,
        "verdict": verdict,
        "officer": "PC 456",
        "decided_at": "2026-06-01T13:00:09+01:00",
    }
    return say("decision", data, **changes)


class Clock:
    """Stands still until a test turns it."""

    def __init__(self):
        self.time = NOON

    def __call__(self):
        return self.time

    def turn(self, seconds):
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


def free_port():
    """Name a port that nobody holds, and that no outgoing connection is given meanwhile."""
    while True:
        port = secrets.choice(QUIET)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Mosquitto:
    """The real broker, on one port, that can die and come back."""

    def __init__(self, folder, lines=()):
        self.port = free_port()
        self.settings = TabletSettings(port=self.port)
        self._config = folder / "mosquitto.conf"
        listener = [f"listener {self.port} 127.0.0.1", "persistence false", "user root"]
        self._config.write_text("\n".join([*listener, *(lines or ["allow_anonymous true"])]))
        self._process = None

    def start(self):
        path = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
        assert path, "these tests need Mosquitto"
        self._process = subprocess.Popen(
            [path, "-c", str(self._config)], stderr=subprocess.PIPE, text=True
        )
        running = any("running" in line for line in self._process.stderr)
        assert running, "Mosquitto did not start"

    def freeze(self):
        """Have it read and say nothing, without closing a line."""
        self._process.send_signal(signal.SIGSTOP)

    def kill(self):
        self._process.kill()
        self._process.communicate()


@contextmanager
def mosquitto(folder, lines=()):
    broker = Mosquitto(folder, lines)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


@pytest.fixture
def broker(tmp_path):
    with mosquitto(tmp_path) as broker:
        yield broker


@pytest.fixture(scope="session")
def old_broker(tmp_path_factory, pytestconfig):
    """A real broker that has no MQTT 5; pip brings it the first time."""
    cache = pytestconfig.cache.mkdir("brokers")
    with open_broker(tmp_path_factory.mktemp("amqtt"), cache, ["amqtt"]) as broker:
        yield broker


class Tablet:
    """Keeps what it hears, and says what it is told to."""

    def __init__(self, port, protocol=MQTTProtocolVersion.MQTTv5):
        self.heard = queue.Queue()
        self._subscribed = queue.Queue()
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=protocol)
        self._client.on_connect = lambda *_: self._client.subscribe("lfr/1/#", qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.put(True)
        self._client.on_message = lambda _client, _data, message: self.heard.put(message)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self.ready()

    def ready(self):
        """Wait until this connection, or the next one, hears everything."""
        self._subscribed.get(timeout=WAIT_S)

    def next(self, leaf):
        """Wait for the next message on one of the van's topics."""
        while True:
            message = self.heard.get(timeout=WAIT_S)
            if message.topic == f"lfr/1/{VAN}/{leaf}":
                return message

    def read(self, leaf):
        return json.loads(self.next(leaf).payload)

    def say(self, leaf, message):
        payload = message if isinstance(message, bytes) else json.dumps(message)
        self._client.publish(f"lfr/1/{VAN}/{leaf}", payload, qos=1)

    def acknowledge(self, alert_id):
        self.say("alert/ack", say_ack(alert_id))

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def tablet_on(port, protocol=MQTTProtocolVersion.MQTTv5):
    tablet = Tablet(port, protocol)
    try:
        yield tablet
    finally:
        tablet.close()


@pytest.fixture
def tablet(broker):
    with tablet_on(broker.port) as tablet:
        yield tablet


@pytest.fixture(scope="session", name="make_alert")
def _make_alert():
    return make_alert


@pytest.fixture(scope="session", name="say_ack")
def _say_ack():
    return say_ack


@pytest.fixture(scope="session", name="say_decision")
def _say_decision():
    return say_decision


@pytest.fixture(scope="session", name="mosquitto")
def _mosquitto():
    return mosquitto


@pytest.fixture(scope="session", name="tablet_on")
def _tablet_on():
    return tablet_on


class Ears:
    """Hears what the link tells the van."""

    def __init__(self):
        self.decisions = queue.Queue()
        self.seen = queue.Queue()

    def decision(self, decision):
        self.decisions.put(decision)

    def see(self, alert_id, seconds):
        self.seen.put((alert_id, seconds))

    def next_seen(self):
        return self.seen.get(timeout=WAIT_S)

    def next_decision(self):
        return self.decisions.get(timeout=WAIT_S)


@pytest.fixture
def ears():
    return Ears()


@pytest.fixture
def link(broker, tablet, ears, clock):
    """A link that has been heard by a tablet, so that the broker knows both."""
    with open_link(broker.settings, VAN, ears.decision, ears.see, clock) as link:
        link.state(State(lamp=Lamp.READY))
        assert tablet.read("state")["data"]["lamp"] == "ready"
        yield link
