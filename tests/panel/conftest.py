"""A real broker, a van that only talks, and a lamp in a thread of its own, on pins to look at."""

from __future__ import annotations

import math
import queue
import threading
from contextlib import contextmanager

import pytest
from gpiozero import RGBLED
from gpiozero.pins.mock import MockFactory, MockPin

from appliance import panel as room
from appliance.beacon import Beacon, Hand
from appliance.panel import Panel
from appliance.settings import PanelSettings
from appliance.tablets import publisher
from appliance.tablets.broker import open_link
from tests.tablets.conftest import VAN, WAIT_S, mosquitto, tablet_on

OWN = PanelSettings(process="own")


class DeadPin(MockPin):
    """A pin whose lamp is broken: it never goes high."""

    def _change_state(self, value):
        return super()._change_state(False)


class Seconds:
    """A monotonic clock that stands still until a test turns it."""

    def __init__(self):
        self.now_s = 1000.0

    def __call__(self):
        return self.now_s

    def turn(self, seconds):
        self.now_s += seconds


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def broker(tmp_path):
    with mosquitto(tmp_path) as broker:
        yield broker


class Listener:
    """Hears everything that is said over a broker, and waits for what it wants to hear."""

    def __init__(self, tablet):
        self.tablet = tablet
        self.ready = tablet.ready

    def next(self, leaf, **wanted):
        """Wait for a message on a topic whose data has these values."""
        while True:
            event = self.tablet.read(leaf)
            if wanted.items() <= event["data"].items():
                return event

    def say(self, leaf, payload, retain=False):
        self.tablet._client.publish(f"lfr/1/{VAN}/{leaf}", payload, qos=1, retain=retain)


@pytest.fixture
def listener(broker):
    with tablet_on(broker.port) as tablet:
        yield Listener(tablet)


@pytest.fixture
def link(broker, monkeypatch):
    """The van's line, without the van, which would tell its state once a second."""
    monkeypatch.setattr(publisher, "HANGS_S", math.inf)
    with open_link(broker.settings, VAN, print, print) as link:
        yield link


class Bench:
    """A lamp at work."""

    def __init__(self, panel, beacon, shown, hand):
        self.panel, self.beacon, self._shown, self.hand = panel, beacon, shown, hand
        self.stop = threading.Event()

    def next(self, lamp):
        """Wait until the lamp shows a state."""
        while self._shown.get(timeout=WAIT_S) is not lamp:
            pass


@contextmanager
def beacon_at(broker, clock, pin_class=MockPin):
    shown = queue.Queue()
    factory = MockFactory(pin_class=pin_class)
    with RGBLED("GPIO17", "GPIO27", "GPIO22", pwm=False, pin_factory=factory) as led:
        panel, hand = Panel(led, shown.put), Hand()
        bench = Bench(panel, Beacon(VAN, panel, OWN, hand, clock), shown, hand)
        thread = threading.Thread(target=bench.beacon.run, args=(broker.settings, bench.stop))
        thread.start()
        try:
            yield bench
        finally:
            bench.stop.set()
            thread.join(WAIT_S)
            factory.close()
    assert not thread.is_alive()


@pytest.fixture
def bench(broker, listener, seconds):
    """A lamp that has found the broker, and has not heard of the van."""
    with beacon_at(broker, seconds) as bench:
        # Its first word may come before gpiozero's thread has lit the pins.
        while not listener.next("panel", lamp="fault")["data"]["lit"]:
            seconds.turn(1)
        yield bench


@pytest.fixture(name="beacon_at")
def _beacon_at():
    return beacon_at


@pytest.fixture(name="tablet_on")
def _tablet_on():
    return tablet_on


@pytest.fixture
def wired():
    """Build a panel on pins of a given kind."""
    opened = []

    def build(pin_class, watch=None):
        factory = MockFactory(pin_class=pin_class)
        led = RGBLED("GPIO17", "GPIO27", "GPIO22", pwm=False, pin_factory=factory)
        opened.append((led, factory))
        return Panel(led, watch)

    yield build
    for led, factory in opened:
        led.close()
        factory.close()


PIN = "GPIO5"


def with_button(hold_s=0.05, **changes):
    """Settings with a button; a test has no second to hold it."""
    return PanelSettings(button=PIN, **changes).model_copy(update={"hold_s": hold_s})


class Held:
    """Counts how often somebody was told."""

    def __init__(self):
        self.told = queue.Queue()

    def __call__(self):
        self.told.put(True)

    def wait(self):
        return self.told.get(timeout=WAIT_S)

    @property
    def never(self):
        return self.told.empty()


@pytest.fixture
def held():
    return Held()


@pytest.fixture
def pressed():
    return Held()


@pytest.fixture
def pin(monkeypatch):
    """The button's pin, before anything is opened: it rests high."""
    factory = MockFactory()
    monkeypatch.setattr(room, "_open_factory", lambda _: factory)
    pin = factory.pin(PIN)
    pin.pull = "up"
    return pin
