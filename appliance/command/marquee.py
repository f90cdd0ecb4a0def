"""`lfr panel` for whoever reads along: the lamp drawn in a terminal, or a line for each change.

What is drawn is what the pins read back, and each rhythm beside it as one colour shows it.
"""

from __future__ import annotations

import json
import os
import select
import sys
import termios
import tty
from contextlib import contextmanager, nullcontext, suppress
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Final

import typer
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from appliance import beacon, log
from appliance.domain.lamp import Lamp
from appliance.errors import MachineError
from appliance.panel import LOOKS

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from rich.console import Console

    from appliance.beacon import Hand
    from appliance.panel import Look, Panel
    from appliance.settings import Appliance

SAID: Final[Mapping[Lamp, tuple[str, str]]] = {
    Lamp.OFF: ("dark", "nothing looks"),
    Lamp.READY: ("green, steady", "nothing looks yet"),
    Lamp.LOOKING: ("blue, with short gaps", "the van looks"),
    Lamp.ALERT: ("red, flashing fast", "a likeness was found; the van looks on"),
    Lamp.DEGRADED: ("yellow, on and off", "something is missing; the van may look on"),
    Lamp.FAULT: ("red, short and seldom", "the van has failed, or is not heard"),
    Lamp.UPDATING: ("white, slow", "a new list comes in; the van may look on"),
}
"""What each look is, and what it means."""
COLOURS: Final = {
    (0, 0, 0): "bright_black",
    (1, 0, 0): "red",
    (0, 1, 0): "green",
    (0, 0, 1): "bright_blue",
    (1, 1, 0): "yellow",
    (1, 1, 1): "white",
}
STEP_MS: Final = 100
"""What one character of a rhythm stands for; every look is made of such steps."""
STEPS: Final = 40
BULB: Final = 12
"""How wide the lamp itself is drawn."""
FRAMES_PER_S: Final = 15
LIGHT, DARK = "█", "·"
PRESS, HOLD = b"a", b"c"


def serve(settings: Appliance, console: Console, *, as_json: bool = False) -> None:
    """Show what the van says, on the lamp and here, until somebody says stop.

    Raises:
        ApplianceError: as `beacon.serve` does.
    """
    plain = console.no_color or console.is_dumb_terminal or not console.is_terminal
    if as_json or plain:
        log.start(settings.log_level)
        said = partial(_say_json, settings.van) if as_json else partial(_say, console)
        # Under systemd the journal has each change already.
        silent = "JOURNAL_STREAM" in os.environ and not as_json
        beacon.serve(settings, _nothing if silent else said)
        return
    marquee = Marquee(settings)
    with marquee.shown(console):
        # Only now, so that a line of the log goes above the drawing.
        log.start(settings.log_level)
        beacon.serve(settings, marquee.turn, marquee.open)


def rhythm(look: Look, steps: int = STEPS) -> str:
    """Write down how a look begins, a character for each tenth of a second."""
    on, off = (round(span_s * 1000 / STEP_MS) for span_s in (look.on_s, look.off_s))
    if not any(look.colour):
        return DARK * steps
    return "".join(LIGHT if step % (on + off) < on else DARK for step in range(steps))


class Marquee:
    """The lamp as a terminal shows it."""

    def __init__(self, settings: Appliance) -> None:
        self._settings = settings
        self._lamp = Lamp.OFF
        self._panel: Panel | None = None
        self._hand: Hand | None = None
        # A van whose panel has no button, such as the demo's, listens to none.
        drawn = settings.panel.factory == "mock" and settings.panel.button is not None
        self._keys = drawn and sys.stdin.isatty()

    def turn(self, lamp: Lamp) -> None:
        """Show a state from now on."""
        self._lamp = lamp

    def open(self, panel: Panel, hand: Hand) -> None:
        """Show these pins; a key stands for a hand at a button that nobody can touch."""
        self._panel, self._hand = panel, hand

    @contextmanager
    def shown(self, console: Console) -> Generator[None]:
        """Draw until the context ends."""
        drawing = Live(console=console, get_renderable=self.draw, refresh_per_second=FRAMES_PER_S)
        with _keys() if self._keys else nullcontext(), drawing:
            yield

    def draw(self) -> Group:
        """Draw everything as it is at this moment."""
        self._feel()
        words = Text.assemble((self._lamp.value.upper(), "bold"), f"  {SAID[self._lamp][1]}")
        table = Table.grid(padding=(0, 1))
        for lamp, look in LOOKS.items():
            here, colour = lamp is self._lamp, COLOURS[look.colour]
            name = Text(lamp.value, "bold" if here else "")
            about = Text(SAID[lamp][0], "" if here else "dim")
            table.add_row("▶" if here else " ", name, Text(rhythm(look), colour), about)
        return Group(self._bulb(), words, "", table, "", Text(self._hint(), "dim"))

    def _bulb(self) -> Text:
        colour = self._colour()
        return Text((LIGHT if any(colour) else DARK) * BULB, COLOURS[colour])

    def _colour(self) -> tuple[int, int, int]:
        with suppress(MachineError):
            colour = self._panel.colour if self._panel else (0, 0, 0)
            # Pins are switched one after the other.
            return colour if colour in COLOURS else (1, 1, 1)
        return 0, 0, 0

    def _hint(self) -> str:
        keys = " a presses the button, c holds it until the deployment closes;" * self._keys
        return f"{self._settings.van}, each mark is {STEP_MS} ms.{keys} Ctrl-C ends the lamp."

    def _feel(self) -> None:
        while self._keys and self._hand and select.select([sys.stdin], [], [], 0)[0]:
            key = os.read(sys.stdin.fileno(), 1)
            if key == PRESS:
                self._hand.pressed.set()
            elif key == HOLD:
                self._hand.held.set()
            self._keys = bool(key)


def _nothing(_lamp: Lamp) -> None:
    """Say nothing."""


def _say(console: Console, lamp: Lamp) -> None:
    look, meaning = SAID[lamp]
    clock = f"{datetime.now():%H:%M:%S}"  # noqa: DTZ005 - for whoever stands beside it
    with suppress(OSError):
        console.print(Text(f"{clock}  {lamp.value.upper():<8}  {look}: {meaning}"), soft_wrap=True)


def _say_json(van: str, lamp: Lamp) -> None:
    look = LOOKS[lamp]
    told = {
        "time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        "van": van,
        "lamp": lamp.value,
        "colour": look.colour,
        "on_s": look.on_s,
        "off_s": look.off_s,
    }
    # A reader who has gone must not take the lamp along.
    with suppress(OSError):
        typer.echo(json.dumps(told))


@contextmanager
def _keys() -> Generator[None]:
    """Have each key at once, and not on the screen."""
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    tty.setcbreak(terminal)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
