"""`lfr bench memory`: does the appliance grow while a film goes round and round?"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.progress import Progress

from appliance.bench.rig import open_rig
from appliance.settings import CameraSettings, VisionSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rich.console import Console

    from appliance.bench.rig import Rig
    from appliance.watch import Watch

STATUS = Path("/proc/self/statm")
SECONDS = 600.0
WARM_UP = 0.1
"""Share of the time after which all buffers have their size, and libraries their caches."""
TICK_S = 1.0


@dataclass(frozen=True)
class Soak:
    """What is to be measured."""

    film: Path
    pack: str = "auto"
    seconds: float = SECONDS
    people: Path | None = None
    """Pictures of people who are listed beside the strangers."""


def soak(wishes: Soak, console: Console) -> Mapping[str, object]:
    """Play a film in real time, in a loop, and measure the memory that is resident.

    Raises:
        ApplianceError: the film or the networks cannot be had, or looking has failed.
    """
    camera = CameraSettings(uri=str(wishes.film), loop=True)
    with open_rig(camera, VisionSettings(pack=wishes.pack), wishes.people) as rig:
        models = f"{rig.eyes.pack.name}: {rig.eyes.pack.title}"
        figures = play(rig, wishes.seconds, console)
    return {"film": wishes.film.name, "models": models, **figures}


def play(rig: Rig, seconds: float, console: Console) -> dict[str, float]:
    """Play the rig's film; give `frames, faces_seen, alerts` and what `growth` gives.

    Raises:
        ApplianceError: looking has failed.
    """
    with rig.watch() as watch, Progress(console=console, transient=True) as bars:
        task = bars.add_task("Soaking", total=seconds)
        watch.start()
        try:
            sizes_mb = _sample(watch, seconds, lambda done: bars.update(task, completed=done))
        finally:
            watch.stop()
    if watch.failure:
        raise watch.failure
    tally = watch.pipeline.tally
    counts = {"frames": tally.frames, "faces_seen": tally.faces_seen, "alerts": tally.alerts}
    return {**counts, **growth(sizes_mb)}


def _sample(watch: Watch[Any], seconds: float, progress: Callable[[float], None]) -> list[float]:
    pause, started, sizes_mb = threading.Event(), time.monotonic(), [resident_mb()]
    while watch.looking and (passed_s := time.monotonic() - started) < seconds:
        progress(passed_s)
        pause.wait(min(TICK_S, seconds - passed_s))
        sizes_mb.append(resident_mb())
    return sizes_mb


def resident_mb(status: Path = STATUS) -> float:
    """Read how much memory of this process is resident, in MB of 1,048,576 bytes."""
    pages = int(status.read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def growth(sizes_mb: Sequence[float]) -> dict[str, float]:
    """Compare the memory after the warm-up with that at the end, a tenth of the time each.

    Args:
        sizes_mb: At regular times, since the start.

    Returns:
        `start_mb`, the first; `warm_mb` and `end_mb`, medians; `growth_mb`, their difference;
        `most_mb`, the largest.
    """
    tenth = max(1, int(len(sizes_mb) * WARM_UP))
    warm, end = np.median(sizes_mb[tenth : 2 * tenth] or sizes_mb), np.median(sizes_mb[-tenth:])
    figures = {
        "start_mb": sizes_mb[0],
        "warm_mb": float(warm),
        "end_mb": float(end),
        "growth_mb": float(end - warm),
        "most_mb": max(sizes_mb),
    }
    return {name: round(value, 2) for name, value in figures.items()}
