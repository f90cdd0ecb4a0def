"""`lfr bench alert`: whether alerts and answers arrive, how soon, and what dies on the way."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.progress import Progress

from appliance.bench.account import held, spread
from appliance.bench.actor import waited
from appliance.bench.storm import LONG_S, Storm, forecast
from appliance.bench.yard import Cast, open_yard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rich.console import Console

    from appliance.bench.yard import Yard

ARRIVE_S = 20.0
CALM_PACE = 5.0
"""Alerts a second."""
WARM = 5
"""Alerts that are not measured: whatever is loaded once has been."""
SHARE = 0.5
"""Of the alerts of the storm that each officer answers."""
COUNTED = ("lost", "missed", "too_short", "duplicates", "expired_shown")
DECIDED = ("decisions_lost", "decisions_twice")
NOTE = (
    "All processes on this machine, Mosquitto with TLS 1.3 and a client certificate for each "
    "tablet, TCP_NODELAY on both ends. wire_ms: from handing an alert to the link, before it is "
    "packed and sealed, to a tablet's client having it; one tablet. seen_to_tablet_ms: from the "
    "capture stamp to the tablet having shown it, each by itself; the pipeline is not in it. "
    "first_shown_ms: of the first tablet alone, with --browser the page: until it is painted, by "
    "the van's clock as the page hears it: behind by as much as a word of the van takes."
)


@dataclass(frozen=True)
class Wishes:
    """What is to be measured."""

    alerts: int = 100
    """Of the storm."""
    kills: int = 10
    seed: int = 1
    tablets: int = 4
    kilobytes: float = 30.0
    """Of an alert's message."""
    pace: float = 2.0
    """Alerts a second of the storm: a van holds 1,024, and more than it holds may be missed."""
    measured: int = 100
    """Alerts whose times are taken, in each of the two calm runs."""
    crowd: int = 8
    """Tablets of the rush."""
    rate: float = 10.0
    """Alerts a second of the rush."""
    seconds: float = 10.0
    """How long the rush is."""
    browser: bool = False
    """Whether the first tablet is the page in Chromium, in the second calm run and the storm."""


FULL: Mapping[str, Any] = {
    "alerts": 1000, "kills": 60, "measured": 500, "crowd": 20, "seconds": 60.0,
}  # fmt: skip
"""The sizes at which the goals stand."""


def bench(wishes: Wishes, console: Console) -> Mapping[str, object]:
    """Measure the calm, count in the storm and in the rush.

    Returns:
        `machine, cores, load, note, lost, missed, too_short, duplicates, expired_shown,
        decisions_lost, decisions_twice, wire_ms, seen_to_tablet_ms, runs`.

    Raises:
        MachineError: Mosquitto is not installed, or somebody does not come.
    """
    began = os.getloadavg()[0]
    with Progress(console=console, transient=True) as bars:
        wire = calm(wishes, 1, bars)
        seen = calm(wishes, wishes.tablets, bars, browser=wishes.browser)
        stormy = storm(wishes, bars)
        rushed = rush(wishes, bars)
    runs = {"wire": wire, "seen": seen, "storm": stormy, "rush": rushed}
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "load": {"before": round(began, 2), "after": round(os.getloadavg()[0], 2)},
        "note": NOTE,
        **{name: sum(run[name] for run in runs.values()) for name in COUNTED},
        **{name: stormy[name] for name in DECIDED},
        "wire_ms": wire["heard_ms"],
        "seen_to_tablet_ms": seen["shown_ms"],
        "runs": runs,
    }


def calm(wishes: Wishes, tablets: int, bars: Progress, *, browser: bool = False) -> dict[str, Any]:
    """Send alerts one by one, and take their times."""
    size_bytes = int(wishes.kilobytes * 1000)
    cast = Cast(tablets, size_bytes, seed=wishes.seed, browser=browser)
    title = f"Calm, {tablets} tablet{'s' * (tablets > 1)}"
    with open_yard(cast) as yard:
        return _steady(yard, wishes.measured + WARM, CALM_PACE, _bar(bars, title))


def rush(wishes: Wishes, bars: Progress) -> dict[str, Any]:
    """Send many alerts to many tablets."""
    cast = Cast(wishes.crowd, int(wishes.kilobytes * 1000), seed=wishes.seed)
    alerts = max(1, int(wishes.rate * wishes.seconds))
    with open_yard(cast) as yard:
        return _steady(yard, alerts + WARM, wishes.rate, _bar(bars, "Rush"))


def storm(wishes: Wishes, bars: Progress) -> dict[str, Any]:
    """Send alerts and tap answers while everybody is killed now and then."""
    size_bytes = int(wishes.kilobytes * 1000)
    cast = Cast(wishes.tablets, size_bytes, SHARE, seed=wishes.seed, browser=wishes.browser)
    with open_yard(cast) as yard:
        names = [tablet.name for tablet in yard.tablets]
        span_s = wishes.alerts / wishes.pace
        kills = forecast(wishes.seed, wishes.kills, span_s, names)
        raging = Storm(yard, _bar(bars, "Storm")(wishes.alerts))
        rested = raging.rage(wishes.alerts, wishes.pace, kills)
        undelivered = {name: count for name, count in yard.account.undelivered.items() if count}
        memory_mb = yard.memory_mb()
        for actor in (*yard.tablets, yard.van):
            actor.end()
        figures = yard.account.figures(names)
        decided = yard.account.settle(held(yard.ledger))
    return {
        "tablets": len(names),
        **figures,
        **decided,
        "kills": raging.kills,
        "rested": rested,
        "undelivered": undelivered,
        "memory_mb": memory_mb,
    }


def _bar(bars: Progress, title: str) -> Callable[[int], Callable[[int], None]]:
    def begin(total: int) -> Callable[[int], None]:
        task = bars.add_task(title, total=total)
        return lambda done: bars.update(task, completed=done)

    return begin


def _steady(
    yard: Yard, alerts: int, rate: float, bar: Callable[[int], Callable[[int], None]]
) -> dict[str, Any]:
    names = [tablet.name for tablet in yard.tablets]
    advance, began_s = bar(alerts), time.monotonic()
    for number in range(alerts):
        time.sleep(max(0.0, began_s + number / rate - time.monotonic()))
        yard.van.order(number=number, life_s=LONG_S)
        advance(number + 1)
    account = yard.account
    waited(lambda: len(account.sights) >= alerts * len(names), ARRIVE_S)
    return {
        "tablets": len(names),
        **account.figures(names),
        "heard_ms": spread(account.spans_ms("heard_ns")[WARM * len(names) :]),
        "shown_ms": spread(account.spans_ms("shown_ns")[WARM * len(names) :]),
        "first_shown_ms": spread(account.spans_ms("shown_ns", names[0])[WARM:]),
        "memory_mb": yard.memory_mb(),
    }
