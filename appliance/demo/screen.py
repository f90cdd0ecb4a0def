"""What the demo shows in the terminal: the lamp, a status line, each alert, and the tally."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from appliance.domain.lamp import Lamp

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from appliance.domain.alert import Alert
    from appliance.domain.decision import Decision
    from appliance.domain.tally import Tally

COLOURS = {
    Lamp.OFF: "dim",
    Lamp.READY: "green",
    Lamp.LOOKING: "bright_blue",
    Lamp.ALERT: "bright_red",
    Lamp.DEGRADED: "yellow",
    Lamp.FAULT: "red",
    Lamp.UPDATING: "white",
}
MEANINGS = {True: ", true", False: ", FALSE", None: ""}


class Screen:
    """A terminal, or whatever standard output is."""

    def __init__(self, console: Console, *, headless: bool) -> None:
        self.console = console
        self.live = console.is_terminal and not headless
        self.lamp = Lamp.OFF
        self.quiet = console if self.live else Console(quiet=True)
        """For those who draw bars of their own: a headless demo writes lines alone."""

    def show_lamp(self, lamp: Lamp) -> None:
        """Remember the lamp; a headless demo writes it down when it changes."""
        if not self.live and lamp is not self.lamp:
            self.console.print(_lamp(lamp))
        self.lamp = lamp

    def say(self, line: str, style: str = "") -> None:
        """Print a line above whatever is live."""
        self.console.print(Text(line, style), soft_wrap=True)

    def alert(self, alert: Alert, true: bool | None) -> None:
        """Print an alert as it is published. Everybody in a demo is a volunteer."""
        clock = alert.taken_at.astimezone().strftime("%H:%M:%S")
        likeness = f"{alert.candidate.band.value} likeness to {alert.subject.reference}"
        self.say(f"{clock}  ALERT  {likeness} on {alert.camera}{MEANINGS[true]}", "bold red")

    def decision(self, decision: Decision) -> None:
        """Print what an officer made of an alert."""
        clock = decision.decided_at.astimezone().strftime("%H:%M:%S")
        self.say(f"{clock}  DECISION  {decision.word.replace('_', ' ')}", "bold green")

    @contextmanager
    def progress(self, what: str) -> Generator[Callable[..., None]]:
        """Show a bar while something takes long; tell it how much is done, and of how much."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(
            *columns, console=self.console, transient=True, disable=not self.live
        ) as bars:
            task = bars.add_task(what, total=None)
            yield lambda done, total=None: bars.update(task, completed=done, total=total)

    @contextmanager
    def status(self) -> Generator[Status]:
        """Show a line that is renewed while the van looks."""
        if not self.live:
            yield Status(self, None)
            return
        with Live(console=self.console, refresh_per_second=4, transient=True) as live:
            yield Status(self, live)

    def tally(self, document: Mapping[str, object], recognised: Mapping[str, int]) -> None:
        """Print the end of the demo."""
        table = Table(title="Tally", show_header=False, title_justify="left")
        for name, value in document.items():
            table.add_row(name.replace("_", " "), _cell(value))
        names = ", ".join(f"{who} ({count})" for who, count in recognised.items())
        table.add_row("recognised", names or "nobody")
        self.console.print(table)


class Status:
    """The line that tells how it goes."""

    def __init__(self, screen: Screen, live: Live | None) -> None:
        self._screen = screen
        self._live = live

    def show(self, tally: Tally, fps: float) -> None:
        """Renew the line."""
        if self._live is None:
            return
        median_ms = tally.seen_to_tablet_ms.summary()["p50"]
        latency = "-" if median_ms is None else f"{median_ms:.0f} ms"
        line = Text.assemble(
            _lamp(self._screen.lamp),
            f"  {fps:5.1f} frames/s   {tally.faces_seen} faces seen   {tally.erased} erased   "
            f"{tally.alerts} alerts   seen to tablet {latency}",
        )
        self._live.update(line)


def _lamp(lamp: Lamp) -> Text:
    return Text(f"● {lamp.value.upper():<8}", COLOURS[lamp])


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return "   ".join(f"{name} {_number(part)}" for name, part in value.items())
    return _number(value)


def _number(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.1f}" if isinstance(value, float) else str(value)
