"""`lfr panel` draws the lamp in a terminal, and says each change to whoever has none."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import threading
from contextlib import contextmanager, suppress

import pytest
from gpiozero.pins.mock import MockPin
from rich.console import Console

from appliance.beacon import Hand
from appliance.command.marquee import BULB, DARK, LIGHT, SAID, STEPS, Marquee, rhythm
from appliance.domain.lamp import Lamp
from appliance.panel import LOOKS
from appliance.settings import Appliance
from appliance.tablets.wire import State
from tests.panel.conftest import OWN, DeadPin
from tests.tablets.conftest import VAN, WAIT_S

HUSHED = ("JOURNAL_STREAM", "NO_COLOR", "COLUMNS", "LINES")
"""What the terminal of whoever runs the tests must not decide."""
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def drawn(marquee, **how):
    console = Console(force_terminal=True, width=100, color_system="truecolor", **how)
    with console.capture() as capture:
        console.print(marquee.draw())
    return capture.get()


@pytest.fixture
def marquee(wired):
    marquee = Marquee(Appliance(van=VAN, panel=OWN))
    marquee.open(wired(MockPin, marquee.turn), Hand())
    return marquee


# -- What it draws


def test_every_state_has_words_and_a_rhythm_that_is_told_apart_in_one_colour():
    assert set(SAID) == set(Lamp)
    assert len({rhythm(look) for look in LOOKS.values()}) == len(Lamp)


def test_a_rhythm_is_written_down_in_tenths_of_a_second():
    assert rhythm(LOOKS[Lamp.OFF], 5) == DARK * 5
    assert rhythm(LOOKS[Lamp.READY], 5) == LIGHT * 5
    assert rhythm(LOOKS[Lamp.ALERT], 7) == "██··██·"
    assert rhythm(LOOKS[Lamp.FAULT], 30) == "██············██············██"
    assert rhythm(LOOKS[Lamp.LOOKING], 31) == LIGHT * 27 + DARK * 3 + LIGHT


@pytest.mark.parametrize("lamp", Lamp)
def test_it_names_the_state_its_meaning_and_its_rhythm_among_all_the_others(marquee, lamp):
    marquee._panel.show(lamp)
    lines = [line.rstrip() for line in ESCAPES.sub("", drawn(marquee)).splitlines()]
    assert lines[1] == f"{lamp.value.upper()}  {SAID[lamp][1]}"
    here = [line for line in lines if line.startswith("▶")]
    assert [line.split()[1:3] for line in here] == [[lamp.value, rhythm(LOOKS[lamp])]]
    for other in Lamp:
        assert any(f" {other.value} " in line and SAID[other][0] in line for line in lines)


@pytest.mark.parametrize(
    ("pins", "colour"),
    [((1, 0, 0), "31"), ((0, 1, 0), "32"), ((0, 0, 1), "94"), ((1, 1, 0), "33"), ((1, 1, 1), "37")],
)
def test_the_lamp_is_drawn_as_its_pins_read_back(marquee, pins, colour):
    marquee._panel._led.value = pins
    assert drawn(marquee).startswith(f"\x1b[{colour}m{LIGHT * BULB}")
    marquee._panel._led.value = (0, 0, 0)
    assert drawn(marquee).startswith(f"\x1b[90m{DARK * BULB}")


def test_between_two_pins_that_are_being_switched_it_is_lit_all_the_same(marquee):
    marquee._panel._led.value = (0, 1, 1)
    assert LIGHT * BULB in drawn(marquee)


def test_a_lamp_that_is_broken_or_closed_or_not_there_yet_is_drawn_dark(wired):
    marquee = Marquee(Appliance(van=VAN, panel=OWN))
    assert DARK * BULB in drawn(marquee)
    for pin_class in (DeadPin, MockPin):
        panel = wired(pin_class, marquee.turn)
        marquee.open(panel, Hand())
        panel.show(Lamp.READY)
        if pin_class is MockPin:
            assert LIGHT * BULB in drawn(marquee)
            panel._led.close()
        assert DARK * BULB in drawn(marquee)


# -- As a newcomer starts it


@pytest.fixture
def tell(link):
    """Say as the van does what the lamp is to show, and again until there is something else."""
    link.listen(print)
    return lambda lamp: link.state(State(lamp=lamp, deployment_id="d-1"))


@contextmanager
def lfr_panel(broker, folder, *more, **streams):
    """Run it against a broker, as the demo says."""
    (folder / "van.toml").write_text("")
    environment = {
        **{name: value for name, value in os.environ.items() if name not in HUSHED},
        "LFR_VAN": VAN,
        "LFR_PANEL__PROCESS": "own",
        "LFR_PANEL__BUTTON": "GPIO5",
        "LFR_TABLETS__PORT": str(broker.port),
        "LFR_SETTINGS": str(folder / "van.toml"),
        "TERM": "xterm-256color",
        **streams.pop("environment", {}),
    }
    command = [sys.executable, "-m", "appliance", "panel", *more]
    with subprocess.Popen(command, env=environment, **streams) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)


def lines_of(broker, listener, tell, folder, *more, **environment):
    """What it says to a pipe while the van says two things."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with lfr_panel(broker, folder, *more, environment=environment, **streams) as process:
        listener.next("panel", lamp="fault", lit=True)
        for lamp in (Lamp.LOOKING, Lamp.LOOKING, Lamp.ALERT):
            tell(lamp)
            listener.next("panel", lamp=lamp.value)
        process.send_signal(signal.SIGINT)
        return process.communicate(timeout=WAIT_S)[0].splitlines()


WORDS = ["OFF", "FAULT", "LOOKING", "ALERT", "OFF"]


def test_to_a_pipe_it_says_each_change_in_a_line(broker, listener, tell, tmp_path):
    lines = lines_of(broker, listener, tell, tmp_path)
    assert [line.split()[1] for line in lines] == WORDS
    for line, word in zip(lines, WORDS, strict=True):
        assert re.fullmatch(r"\d\d:\d\d:\d\d", line.split()[0])
        assert line.endswith(": ".join(SAID[Lamp(word.lower())]))


def test_to_a_program_it_says_each_change_as_json(broker, listener, tell, tmp_path):
    said = [json.loads(line) for line in lines_of(broker, listener, tell, tmp_path, "--json")]
    assert [each["lamp"].upper() for each in said] == WORDS
    assert said[2].items() >= {"van": VAN, "colour": [0, 0, 1], "on_s": 2.7, "off_s": 0.3}.items()


def test_under_systemd_the_journal_has_it_once(broker, listener, tell, tmp_path):
    assert lines_of(broker, listener, tell, tmp_path, JOURNAL_STREAM="8:1") == []


class Terminal:
    """What a person sees, and types."""

    def __init__(self):
        self._ours, self.theirs = pty.openpty()
        self._seen, self._changed = "", threading.Condition()
        # Read without a pause: a terminal that nobody reads stops whoever writes.
        threading.Thread(target=self._read, daemon=True).start()

    def wait(self, words):
        """Wait until these words have been shown, and forget what came before them."""
        with self._changed:
            assert self._changed.wait_for(lambda: words in self._seen, WAIT_S), self._seen[-500:]
            self._seen = self._seen.partition(words)[2]

    def press(self, key):
        os.write(self._ours, key)

    @property
    def echoes(self):
        return bool(termios.tcgetattr(self.theirs)[3] & termios.ECHO)

    def close(self):
        os.close(self.theirs)

    def _read(self):
        # The end of the other side is an error here.
        with suppress(OSError):
            while shown := os.read(self._ours, 65536):
                with self._changed:
                    self._seen = ESCAPES.sub("", self._seen + shown.decode("utf-8", "ignore"))
                    self._changed.notify_all()
        os.close(self._ours)


@pytest.fixture
def terminal():
    terminal = Terminal()
    yield terminal
    terminal.close()


def test_in_a_terminal_it_is_drawn_and_keys_stand_for_the_button(
    broker, listener, tell, tmp_path, terminal
):
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), terminal.theirs)
    with lfr_panel(broker, tmp_path, **streams) as process:
        listener.next("panel", lamp="fault", lit=True)
        terminal.wait("FAULT  ")
        tell(Lamp.ALERT)
        terminal.wait("ALERT  a likeness")
        assert not terminal.echoes
        terminal.press(b"a")
        while not listener.next("panel", lamp="alert")["data"]["acknowledged"]:
            pass
        terminal.press(b"?c")
        assert listener.next("panel", close=True)
        process.send_signal(signal.SIGINT)
        assert process.wait(WAIT_S) == 0
        assert terminal.echoes


def test_in_a_terminal_without_colours_it_says_each_change_in_a_line(
    broker, tell, listener, tmp_path, terminal
):
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), terminal.theirs)
    with lfr_panel(broker, tmp_path, environment={"NO_COLOR": "1"}, **streams):
        listener.next("panel", lamp="fault", lit=True)
        tell(Lamp.LOOKING)
        terminal.wait(": ".join(SAID[Lamp.LOOKING]))
    assert STEPS * LIGHT not in terminal._seen
