"""A real broker that can be killed, and a tablet that keeps what it hears."""

from __future__ import annotations

import json
import queue
import secrets
import shutil
import signal
import socket
import subprocess
from contextlib import contextmanager, suppress
from uuid import uuid4

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from appliance.settings import TabletSettings
from provisioning.broker import QUIET

VAN = "van-1"
WAIT_S = 20


def say(kind, data, tablet="tablet-7", **changes):
    """Make an event as a tablet says it, without any of our own code."""
    event = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": f"lfr/tablet/{tablet}",
        "type": f"uk.police.lfr.{kind}.v1",
        "time": "2026-06-01T12:00:05.000Z",
        "datacontenttype": "application/json",
        "data": data,
    }
    return {**event, **changes}


def say_ack(alert_id="alert-1", tablet="tablet-7", *, shown=True, **changes):
    shown_at = "2026-06-01T12:00:06Z" if shown else None
    data = {"alert_id": alert_id, "received_at": "2026-06-01T12:00:05Z", "shown_at": shown_at}
    return say("ack", data, tablet, **changes)


def say_hello(*holds, tablet="tablet-7", **changes):
    return say("hello", {"holds": list(holds)}, tablet, **changes)


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
        self.settings = TabletSettings(
            port=self.port,
            roster=folder / "van",
            outbox=folder / "outbox",
            ledger=folder / "ledger",
        )
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

    def acknowledge(self, alert_id, tablet="tablet-7", **said):
        self.say(f"alert/ack/{tablet}", say_ack(alert_id, tablet, **said))

    def greet(self, *holds, tablet="tablet-7"):
        self.say(f"hello/{tablet}", say_hello(*holds, tablet=tablet))

    def decide(self, event):
        """Say a signed answer where its tablet says it."""
        self.say(f"decision/{event['source'].rpartition('/')[2]}", event)

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()
        self._client._reset_sockets()  # not left to the collector, which may come amid another test


@contextmanager
def tablet_on(port, protocol=MQTTProtocolVersion.MQTTv5):
    tablet = Tablet(port, protocol)
    try:
        yield tablet
    finally:
        tablet.close()
