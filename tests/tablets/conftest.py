"""Alerts to send, a clock to turn, and a link over a real broker to a tablet."""

from __future__ import annotations

import queue
import tempfile
import time
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from appliance.domain.alert import Alert, Place
from appliance.domain.candidate import Band, Candidate
from appliance.domain.lamp import Lamp
from appliance.domain.watchlist import Ground, ListImage, Subject
from appliance.tablets.broker import open_link
from appliance.tablets.strongbox import Strongbox
from appliance.tablets.wire import State
from provisioning.broker import open_broker
from provisioning.desk.certificates import Authority
from provisioning.trial import make_roster
from tests.tablets.signing import VIABLE, Pen
from tests.tablets.talk import VAN, WAIT_S, mosquitto, say_ack, tablet_on

NOON = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
SUBJECT = Subject(
    reference="V-001",
    ground=Ground.VOLUNTEER,
    reason="Takes part in the recall test",
    power="None",
    images=(
        ListImage(jpeg=b"\xff\xd8\xff list\xfb\xff", taken_on=date(2024, 1, 31), source="the desk"),
        ListImage(jpeg=b"\xff\xd8\xff older", source="the desk"),
    ),
    reviewer="DS 1177",
    expires_at=NOON + timedelta(hours=8),
)
ALERT = Alert(
    id="alert-1",
    subject=SUBJECT,
    candidate=Candidate(subject=0, score=0.71, runner_up=0.1, band=Band.LIKELY, threshold=0.506),
    crop_jpeg=b"\xff\xd8\xff crop \xfb\xff",
    place=Place(0.1, 0.2, 0.05, 0.1),
    camera="mast-1",
    taken_at=NOON,
    expires_at=NOON + timedelta(seconds=60),
    watchlist_id="list-7",
    model_id="sha256-0",
    deployment_id="deployment-3",
)


def make_alert(alert_id="alert-1", life_s=60.0, **changes):
    """Make an alert that is over so many seconds after noon, and open for a minute."""
    expires_at = NOON + timedelta(seconds=life_s)
    times = {"taken_at": expires_at - timedelta(seconds=60), "expires_at": expires_at}
    return replace(ALERT, id=alert_id, taken_ns=time.monotonic_ns(), **{**times, **changes})


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


@pytest.fixture(scope="session")
def force():
    """Who says which tablets are its own."""
    return Authority.create(clock=lambda: NOON)


@pytest.fixture(scope="session")
def say_decision(force):
    """Make an answer as the first tablet says and signs it."""
    pen = Pen("tablet-7", force.issue_signing("tablet-7"))

    def say(alert_id="alert-1", answer=VIABLE, **changes):
        return pen.decide(answer, alert_id, **changes)

    return say


@pytest.fixture
def pens(broker, force):
    """The pens of two tablets whose answers the broker's van believes."""
    trial = make_roster(broker.settings.roster.parent, ["tablet-7", "tablet-8"], force)
    return {name: Pen(name, tablet.signing) for name, tablet in trial.tablets.items()}


@pytest.fixture
def pen(pens):
    return pens["tablet-7"]


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


@pytest.fixture
def memory():
    """A folder that lies in memory, as every Linux has one."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder) / "outbox"


@pytest.fixture
def reopen(memory):
    """Open the box, and the next time as a process would that follows one that was killed."""
    boxes = []

    def reopen():
        for box in boxes:
            box.close()
        boxes[:] = [Strongbox.open(memory)]
        assert boxes[0] is not None
        return boxes[0]

    yield reopen
    boxes.pop().close()


@pytest.fixture
def box(reopen):
    return reopen()
