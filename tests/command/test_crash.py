"""A van that crashes or hangs leaves a lamp at fault: the real `lfr run`, a real broker, mock pins.

How soon stands in the constants, not in a measurement: a crash is the broker's last will, which it
says as soon as the line breaks; a hang is silence, which the lamp's own process notices.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from gpiozero import RGBLED
from gpiozero.pins.mock import MockFactory, MockPin

from appliance.beacon import SILENCE_S, Beacon, Hand
from appliance.domain.lamp import Lamp
from appliance.panel import LOOKS, Panel
from appliance.settings import PanelSettings
from appliance.tablets.connection import TICK_S

pytestmark = pytest.mark.timeout(300)
START_S = 90
"""A van loads its networks first, on a machine that may have other work."""
PROMISE_S = 5
PINS = ("GPIO17", "GPIO27", "GPIO22")


class Pins:
    """Three pins in whose changes a test waits for what the lamp does."""

    def __init__(self):
        self.changes = queue.Queue()
        self.now = dict.fromkeys(PINS, 0)

        class Pin(MockPin):
            def _change_state(pin, value):  # noqa: N805 - the test is already `self`
                changed = super()._change_state(value)
                if changed:
                    self.changes.put((pin.info.name, int(pin.state)))
                return changed

        self.factory = MockFactory(pin_class=Pin)

    def await_(self, colour):
        """Wait until exactly these pins are high."""
        while tuple(self.now.values()) != colour:
            self._take()

    def blink(self, colour, times):
        """Wait until the lamp has gone dark and come back so often; it shows no other colour."""
        self.await_(colour)
        for _ in range(times):
            self.await_((0, 0, 0))
            while tuple(self.now.values()) != colour:
                self._take()
                assert not any(
                    high > wanted for high, wanted in zip(self.now.values(), colour, strict=True)
                )

    def _take(self):
        name, level = self.changes.get(timeout=START_S)
        self.now[name] = level


@contextmanager
def lamp_at(van, pins):
    """The lamp's process, as a thread on pins to look at."""
    shown, stop = queue.Queue(), threading.Event()
    own = PanelSettings(process="own")
    with RGBLED(*PINS, pwm=False, pin_factory=pins.factory) as led:
        beacon = Beacon(van.settings.van, Panel(led, shown.put), own, Hand())
        thread = threading.Thread(target=beacon.run, args=(van.settings.tablets, stop))
        thread.start()
        try:
            yield shown
        finally:
            stop.set()
            thread.join()
    pins.factory.close()


def await_state(shown, lamp):
    while shown.get(timeout=START_S) is not lamp:
        pass


@pytest.fixture
def pins():
    return Pins()


@pytest.fixture
def shown(van, pins):
    with lamp_at(van, pins) as shown:
        yield shown


@pytest.fixture
def duty(van, shown):
    """`lfr run`, which looks."""
    command = [sys.executable, "-m", "appliance", "run", "--settings", str(van.file)]
    environment = {**os.environ, "LFR_PANEL__PROCESS": "own"}
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment) as process:
        try:
            await_state(shown, Lamp.LOOKING)
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["crash", "hang"])
def test_after_a_crash_or_a_hang_the_pins_flash_fault(duty, shown, pins, number):
    pins.await_(LOOKS[Lamp.LOOKING].colour)
    duty.send_signal(number)
    await_state(shown, Lamp.FAULT)
    pins.blink(LOOKS[Lamp.FAULT].colour, times=2)


def test_a_hang_is_noticed_in_time():
    """The van's last word may just have come, and silence is looked for between two turns."""
    assert SILENCE_S + TICK_S < PROMISE_S
