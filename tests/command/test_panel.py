"""`lfr panel` and `lfr run` as two processes, which die, hang and come back one without the other.

A lamp is asserted as its own process reads it back from the pins and says it over the broker.
"""

import json
import os
import queue
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager

import pytest

from appliance import lamp as room
from appliance.domain.lamp import Lamp
from appliance.errors import MachineError
from appliance.settings import PanelSettings
from appliance.van import Ears, open_van
from tests.tablets.conftest import tablet_on

pytestmark = pytest.mark.timeout(300)
START_S = 60
"""A van loads its networks first, on a machine that may have other work."""
END_S = 30


class Listener:
    """Waits for what the lamp's process says."""

    def __init__(self, tablet, van):
        self.tablet, self.topic = tablet, f"lfr/1/{van}/panel"

    def next(self, lamp, lit=True):
        while True:
            message = self.tablet.heard.get(timeout=START_S)
            if message.topic == self.topic:
                data = json.loads(message.payload)["data"]
                if (data["lamp"], data["lit"]) == (lamp, lit):
                    return message


@pytest.fixture
def listener(van):
    with tablet_on(van.port) as tablet:
        yield Listener(tablet, van.settings.van)


@pytest.fixture
def lfr(van):
    """Run a command of a van whose lamp is a process of its own."""
    with ExitStack() as stack:

        def start(command, **environment):
            environment = {**os.environ, "LFR_PANEL__PROCESS": "own", **environment}
            process = subprocess.Popen(
                [sys.executable, "-m", "appliance", command, "--settings", str(van.file)],
                stderr=subprocess.PIPE, text=True, env=environment,
            )  # fmt: skip
            stack.callback(end, process)
            return process

        yield start


def end(process):
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.kill()
    process.communicate()


@pytest.fixture
def pair(lfr, listener):
    """A lamp and a van that looks."""
    lamp = lfr("panel")
    van = lfr("run")
    listener.next("looking")
    return lamp, van


def test_a_van_that_is_killed_leaves_a_lamp_at_fault_and_may_come_back(pair, lfr, listener):
    _, van = pair
    van.kill()
    listener.next("fault")
    lfr("run")
    listener.next("looking")


def test_a_van_that_hangs_leaves_a_lamp_at_fault(pair, listener):
    _, van = pair
    van.send_signal(signal.SIGSTOP)
    listener.next("fault")


def test_a_van_that_is_stopped_in_good_order_leaves_a_dark_lamp(pair, listener):
    _, van = pair
    van.terminate()
    listener.next("off", lit=False)
    assert van.wait(END_S) == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP])
def test_when_the_lamp_dies_stops_or_hangs_the_van_looks_no_more(pair, listener, number):
    lamp, van = pair
    lamp.send_signal(number)
    _, said = van.communicate(timeout=END_S)
    assert van.returncode == 1
    assert "The lamp is dark." in said.splitlines()[-1]
    if number != signal.SIGSTOP:
        listener.next("off", lit=False)


def test_a_lamp_that_comes_back_lights_nothing_for_a_van_that_has_not_asked(pair, lfr, listener):
    lamp, van = pair
    lamp.kill()
    lfr("panel")
    assert van.wait(END_S) == 1
    listener.next("fault")


def test_told_to_stop_the_lamp_ends_in_good_order(lfr, listener):
    lamp = lfr("panel")
    listener.next("fault")
    lamp.terminate()
    listener.next("off", lit=False)
    _, said = lamp.communicate(timeout=END_S)
    assert lamp.returncode == 0, said


def test_a_lamp_that_the_van_drives_itself_is_refused_in_one_line(lfr):
    lamp = lfr("panel", LFR_PANEL__PROCESS="within")
    _, said = lamp.communicate(timeout=END_S)
    assert lamp.returncode == 78
    assert said.count("\n") == 1
    assert "panel.process" in said


@contextmanager
def distant(van, ears, monkeypatch):
    monkeypatch.setattr(room, "LIGHT_S", 0.2)
    panel = PanelSettings(process="own")
    with open_van(van.settings.model_copy(update={"panel": panel}), ears) as opened:
        yield opened


def test_without_a_lamp_nothing_is_looked_at(van, monkeypatch):
    shown = queue.Queue()
    with (
        pytest.raises(MachineError, match="does not say that its lamp is lit"),
        distant(van, Ears(lamp=shown.put), monkeypatch),
    ):
        pytest.fail("it looks")
    assert [shown.get(timeout=END_S) for _ in range(2)] == [Lamp.READY, Lamp.OFF]
    assert shown.empty()


def look(van):
    """What `lfr check` finds, while other processes do what they do."""
    environment = {**os.environ, "LFR_PANEL__PROCESS": "own"}
    command = [sys.executable, "-m", "appliance", "check", "--json", "--settings", str(van.file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    return {finding["name"]: finding for finding in json.loads(done.stdout)}


def test_a_check_has_the_lamp_s_process_light_it(van, lfr, listener):
    lfr("panel")
    listener.next("fault")
    found = look(van)
    assert found["lamp"]["ok"], found["lamp"]
    assert found["camera mast-1"]["ok"], found["camera mast-1"]


def test_a_check_leaves_a_van_on_duty_alone(van, pair, listener):
    found = look(van)
    assert "on duty" in found["lamp"]["what"]
    assert "on duty" in found["camera mast-1"]["what"]
    listener.next("looking")
    assert [process.poll() for process in pair] == [None, None]
