"""Who plays: a broker, the van, and a tablet."""

from __future__ import annotations

import json
import queue
import secrets
import shutil
import socket
import subprocess
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import expect

from provisioning.broker import QUIET
from tests.page.said import VAN, make_alert, make_event, make_state, make_withdrawal

OFFICER = "demo-officer"
TABLET = "tablet-7"
WAIT_S = 20
HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def until(page, true):
    """Wait in the page until something is true there; a wait by text would break its own rules.

    The page lets no text become code, and whoever asks again and again by text does just that.
    """
    page.evaluate(
        f"() => new Promise(done => {{ const look = () => ({true}) ? done()"
        " : requestAnimationFrame(look); look(); })"
    )


def free_port():
    """Name a port that nobody holds, and that no outgoing connection is given meanwhile."""
    while True:
        port = secrets.choice(QUIET)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Broker:
    """Mosquitto on two loopback ports that stay the same when it is started again."""

    def __init__(self, folder):
        self.port, self.web_port = free_port(), free_port()
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\n"
            f"listener {self.web_port} 127.0.0.1\nprotocol websockets\n"
            "allow_anonymous true\npersistence false\nlog_dest stderr\n"
        )
        self._process = None

    def start(self):
        binary = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
        assert binary, "Install mosquitto."
        self._process = subprocess.Popen(
            [binary, "-c", str(self._config)], stderr=subprocess.PIPE, text=True
        )
        assert any("running" in line for line in self._process.stderr)

    def stop(self):
        self._process.terminate()
        self._process.communicate()


class Van:
    """What the van's process does at the broker: sends, and hears the tablets."""

    def __init__(self, port):
        self._heard = {topic: queue.Queue() for topic in ("alert/ack", "decision", "hello")}
        self._known = set()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._listening = queue.Queue()
        self._state, self._withdrawn = make_state()["data"], ()
        self.greets = True
        """Whether it says its state to a page that has just come."""
        self._client.on_connect = self._subscribe
        self._client.on_subscribe = lambda *_: self._listening.put(True)
        self._client.on_message = self._hear
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self.ready()

    def ready(self):
        """Wait until this connection, or the next one, is there."""
        self._listening.get(timeout=WAIT_S)

    def _subscribe(self, client, *_):
        client.subscribe([(f"lfr/1/{VAN}/{topic}/+", 1) for topic in self._heard])

    def _hear(self, _client, _userdata, message):
        topic, _, tablet = message.topic.removeprefix(f"lfr/1/{VAN}/").rpartition("/")
        event = json.loads(message.payload)
        assert event["source"] == f"lfr/tablet/{tablet}"
        if self.greets and topic == "hello":
            self._greet(comes=not event["data"]["holds"])
        self._heard[topic].put(event)

    def _greet(self, *, comes):
        # A real van says both every second; a page that has just come waits for that.
        if self._withdrawn:
            told = json.dumps(make_event("withdrawn.v1", {"withdrawn": self._withdrawn}))
            self._client.publish(f"lfr/1/{VAN}/withdrawn", told, qos=1)
        if comes:
            message = json.dumps(make_event("state.v1", self._state))
            self._client.publish(f"lfr/1/{VAN}/state", message, qos=1)

    def send(self, topic, message, retain=False):
        payload = message if isinstance(message, bytes) else json.dumps(message).encode()
        sent = self._client.publish(f"lfr/1/{VAN}/{topic}", payload, qos=1, retain=retain)
        sent.wait_for_publish(WAIT_S)

    def alert(self, *args, **changes):
        """Send an alert, and give its id."""
        message = make_alert(*args, **changes)
        self.send("alert", message)
        return message["id"]

    def state(self, withdrawn=(), **changes):
        """Say what is taken back, and what the van is doing: that the broker keeps for others."""
        message = make_state(**changes)
        self._state, self._withdrawn = message["data"], withdrawn
        if withdrawn:
            self.send("withdrawn", make_event("withdrawn.v1", {"withdrawn": withdrawn}))
        self.send("state", message, retain=True)

    def withdraw(self, alert_id, **changes):
        """Say at once that an alert is decided, undone or off the list, and give what was said."""
        data = make_withdrawal(alert_id, **changes)
        self.send("withdrawal", make_event("withdrawal.v1", data))
        return data

    def next(self, topic):
        event = self._heard[topic].get(timeout=WAIT_S)
        self._known.add(event["id"])
        return event

    def decision(self):
        """Hear the next answer that is new: the page says each one until it is received."""
        known = set(self._known)
        while (said := self.next("decision"))["id"] in known:
            pass
        return said

    def answer(self, stage):
        """Hear what the page says again and again until it gives an answer of this stage."""
        while (said := self.next("decision"))["data"]["answer"]["stage"] != stage:
            pass
        return said

    def has_heard(self, topic):
        return not self._heard[topic].empty()

    def receive(self, decision, refused=None):
        """Say that an answer has arrived, or that it is refused for good."""
        alert_id = decision["data"]["alert_id"]
        data = {"decision_id": decision["id"], "alert_id": alert_id, "refused": refused}
        tablet = decision["source"].rpartition("/")[2]
        self.send(f"decision/ack/{tablet}", make_event("decision-ack.v1", data))

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()
        self._client._reset_sockets()  # not left to the collector, which may come amid another test


class Tablet:
    """The page in a browser, and what the browser said of it."""

    def __init__(self, page):
        self.page = page
        self.errors, self.hosts, self.sockets = [], Counter(), []
        page.on(
            "console", lambda said: self.errors.append(said.text) if said.type == "error" else None
        )
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.hosts.update([request.url.split("/")[2]]))
        page.on("websocket", lambda opened: self.sockets.append(opened.url))
        self.cards = page.locator(".card")
        self.link = page.locator("#link")

    def open(self, url):
        """Load the page; its officer is in the address unless the address says something else."""
        self.page.goto(url if "?" in url else f"{url}?officer={OFFICER}")
        expect(self.link).to_have_text("Connected")

    def meet_van(self, url):
        """Load the page, and wait for the van's word: its time may say that a clock is wrong."""
        self.open(url)
        expect(self.page.locator("#lamp")).not_to_have_text("Not known")

    def stop_clock(self):
        """Let the page's time stand, a little ahead: it cannot be turned back on a slow machine."""
        self.page.clock.pause_at(datetime.now(timezone.utc) + timedelta(seconds=10))

    def hide(self, *, hidden=True):
        """Let the page believe that nobody sees it, or that somebody does again."""
        self.page.evaluate(HIDE, hidden)

    def tap(self, answer):
        self.page.get_by_role("button", name=answer, exact=True).click()

    def memory(self):
        """Read every string that the page's own memory holds, after its rubbish is gone."""
        talk, pieces = self.page.context.new_cdp_session(self.page), []
        talk.on("HeapProfiler.addHeapSnapshotChunk", lambda said: pieces.append(said["chunk"]))
        talk.send("HeapProfiler.collectGarbage")
        talk.send("HeapProfiler.takeHeapSnapshot")
        return json.loads("".join(pieces))["strings"]

    def screenshot(self, file):
        """Take a picture of the page as an officer sees it."""
        self.page.screenshot(path=file)
