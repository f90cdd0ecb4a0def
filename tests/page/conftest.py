"""A real broker, a real browser, and the van's side of the talk."""

from __future__ import annotations

import base64
import io
import json
import queue
import secrets
import shutil
import socket
import subprocess
from collections import Counter
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta, timezone
from uuid import uuid4

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from PIL import Image, ImageDraw
from playwright.sync_api import expect, sync_playwright

from provisioning.broker import QUIET
from provisioning.page import open_page, page_files

VAN = "van-1"
WAIT_S = 20
JPEG = ("/9j/", "data:image/jpeg;base64,/9j/")
"""How a picture begins, as it comes and as it is shown."""
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
expect.set_options(timeout=WAIT_S * 1000)


def free_port():
    """Name a port that nobody holds, and that no outgoing connection is given meanwhile."""
    while True:
        port = secrets.choice(QUIET)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def portrait(shade):
    picture = Image.new("RGB", (160, 200), (70, 90, 110))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((40, 40, 120, 150), fill=(shade, shade - 30, shade - 50))
    draw.ellipse((60, 80, 70, 88), fill="black")
    draw.ellipse((90, 80, 100, 88), fill="black")
    jpeg = io.BytesIO()
    picture.save(jpeg, "JPEG")
    return base64.b64encode(jpeg.getvalue()).decode()


def iso(moment):
    return moment.isoformat().replace("+00:00", "Z")


def make_alert(alert_id=None, life_s=60.0, age_s=0.0, **changes):
    """Make an alert as the van sends it."""
    taken_at = datetime.now(timezone.utc) - timedelta(seconds=age_s)
    data = {
        "subject": "V-001",
        "ground": "volunteer",
        "reason": "Takes part in today's recall test",
        "power": "None: a volunteer is thanked, not stopped",
        "images": [{"jpeg": portrait(200), "taken_on": "2024-01-31"}],
        "crop": portrait(180),
        "band": "likely",
        "threshold": 0.506,
        "camera": "mast-1",
        "place": {"left": 0.1, "top": 0.1, "width": 0.1, "height": 0.2},
        "taken_at": iso(taken_at),
        "expires_at": iso(taken_at + timedelta(seconds=life_s)),
        "watchlist_id": "demo",
        "model_id": "sha256-0",
        "deployment_id": "demo-1",
    }
    return make_event("alert.v1", data | changes, alert_id)


def make_event(kind, data, event_id=None):
    return {
        "specversion": "1.0",
        "id": event_id or str(uuid4()),
        "source": f"lfr/{VAN}",
        "type": f"uk.police.lfr.{kind}",
        "time": iso(datetime.now(timezone.utc)),
        "datacontenttype": "application/json",
        "data": data,
    }


def make_state(**changes):
    """Make the van's state as it stands while it looks."""
    later = datetime.now(timezone.utc) + timedelta(hours=1)
    data = {
        "lamp": "looking",
        "watchlist_id": "demo",
        "subjects": 3,
        "list_expires_at": iso(later),
        "deployment_id": "demo-1",
        "authority_ends_at": iso(later),
        "ended": None,
        "withdrawn": [],
    }
    return make_event("state.v1", data | changes)


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
        self._heard = {"alert/ack": queue.Queue(), "decision": queue.Queue()}
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._listening = queue.Queue()
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
        client.subscribe([(f"lfr/1/{VAN}/{topic}", 1) for topic in self._heard])

    def _hear(self, _client, _userdata, message):
        topic = message.topic.removeprefix(f"lfr/1/{VAN}/")
        self._heard[topic].put(json.loads(message.payload))

    def send(self, topic, message, retain=False):
        payload = message if isinstance(message, bytes) else json.dumps(message).encode()
        sent = self._client.publish(f"lfr/1/{VAN}/{topic}", payload, qos=1, retain=retain)
        sent.wait_for_publish(WAIT_S)

    def alert(self, *args, **changes):
        """Send an alert, and give its id."""
        message = make_alert(*args, **changes)
        self.send("alert", message)
        return message["id"]

    def state(self, **changes):
        self.send("state", make_state(**changes), retain=True)

    def next(self, topic):
        return self._heard[topic].get(timeout=WAIT_S)

    def has_heard(self, topic):
        return not self._heard[topic].empty()

    def receive(self, decision):
        data = {"decision_id": decision["id"], "alert_id": decision["data"]["alert_id"]}
        self.send("decision/ack", make_event("decision-ack.v1", data))

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()


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
        self.page.goto(url)
        expect(self.link).to_have_text("Connected")

    def stop_clock(self):
        """Let the page's time stand, a little ahead: it cannot be turned back on a slow machine."""
        self.page.clock.pause_at(datetime.now(timezone.utc) + timedelta(seconds=10))

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


@pytest.fixture
def draft():
    """Make an alert that is not sent."""
    return make_alert


@pytest.fixture(scope="session")
def files(pytestconfig):
    return page_files(pytestconfig.cache.mkdir("page"))


@pytest.fixture(scope="session")
def chromium():
    binary = shutil.which("chromium")
    assert binary, "Install chromium."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=binary, args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def broker(tmp_path):
    broker = Broker(tmp_path)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def van(broker):
    van = Van(broker.port)
    yield van
    van.close()


@pytest.fixture
def url(files, broker):
    with open_page(files, broker.web_port, VAN) as url:
        yield url


@pytest.fixture
def open_tablet(chromium, url):
    """Open another tablet: give its page before it is loaded, or load it at once."""
    with ExitStack() as stack:

        @contextmanager
        def page(**options):
            context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}} | options)
            yield Tablet(context.new_page())
            context.close()

        yield lambda **options: stack.enter_context(page(**options))


@pytest.fixture
def tablet(open_tablet, url):
    tablet = open_tablet()
    tablet.open(url)
    return tablet
