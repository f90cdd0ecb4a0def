"""`lfr bench pipeline`: the whole pipeline as fast as it can, on one core, beside its peers."""

from __future__ import annotations

import os
import platform
import tracemalloc
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.progress import Progress

from appliance.bench.core import one_core
from appliance.bench.crowd import STRANGERS
from appliance.bench.ledger import Ledger
from appliance.bench.peers import open_peers
from appliance.bench.race import ROUNDS, Clock, Round, figures, race, times_slower
from appliance.bench.rig import open_rig
from appliance.bench.stopwatch import Stopwatch, means, medians
from appliance.settings import CameraSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from rich.console import Console

    from appliance.bench.peers import Peer
    from appliance.bench.rig import Rig
    from appliance.watch import Watch

NOTE = (
    "One process on one core, one thread for each library. ms is processor time, as is fps; "
    "wall_ms counts whoever else was at work. Peers are fed the networks in their published form."
)
WARM_FRAMES = 25
"""Buffers have their size by then."""


@dataclass(frozen=True)
class Wishes:
    """What is to be measured."""

    film: Path
    pack: str = "auto"
    peers: bool = True
    seconds: float | None = None
    """Most that a contestant plays in a round; None: the whole film."""
    people: Path | None = None
    """Pictures of people who are listed beside the strangers."""
    rounds: int = ROUNDS


@dataclass
class Ours:
    """The appliance as a contestant."""

    rig: Rig
    seconds: float | None
    laps: list[Mapping[str, float]] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    """Of the last round."""

    def play(self) -> Round:
        """Take the film through the pipeline, once."""
        with self.rig.watch() as watch:
            stopwatch, clock = Stopwatch(), Clock(self.seconds)
            stopwatch.attach(watch.pipeline, watch.cameras[0])
            for _ in turns(watch):
                stopwatch.lap()
                if clock.over:
                    break
            watch.pipeline.close()
            self.laps += stopwatch.laps
            self.ledger = _ledger(watch)
            return clock.stop(self.ledger.frames, self.ledger.sights)


def _ledger(watch: Watch[Any]) -> Ledger:
    tally = watch.pipeline.tally
    if not isinstance(tally, Ledger):
        raise TypeError("the rig gives every pipeline a ledger")
    return tally


def turns(watch: Watch[Any]) -> Iterator[int]:
    """Look at the film frame by frame, to its end; give the number of frames so far."""
    tally, before = watch.pipeline.tally, -1
    while tally.frames > before or not all(camera.ended for camera in watch.cameras):
        before = tally.frames
        watch.turn()
        if tally.frames > before:
            yield tally.frames


def bench(wishes: Wishes, console: Console) -> Mapping[str, object]:
    """Measure.

    Raises:
        ApplianceError: the film or the networks cannot be had.
    """
    camera = CameraSettings(uri=str(wishes.film), paced=False)
    with one_core(), open_rig(camera, wishes.pack, wishes.people) as rig:
        peers = open_peers(rig, wishes.film, wishes.seconds) if wishes.peers else {}
        ours = Ours(rig, wishes.seconds)
        contestants = {"ours": ours.play, **{name: peer.play for name, peer in peers.items()}}
        with Progress(console=console, transient=True) as bars:
            task = bars.add_task("Racing")
            played = race(
                contestants,
                wishes.rounds,
                lambda done, total: bars.update(task, completed=done, total=total),
            )
        return _document(wishes, ours, played, peers) | {"allocations_per_frame": allocations(rig)}


def allocations(rig: Rig) -> dict[str, int]:
    """Measure what Python and numpy allocate, in bytes, with tracemalloc in a round of its own.

    Returns:
        `peak`: median of what a frame holds at its height on top of what is always held; `kept`:
        what a frame leaves behind, on average after the first.
    """
    peaks: list[int] = []
    held: list[int] = []
    with rig.watch() as watch:
        tracemalloc.start()
        for _ in turns(watch):
            now, peak = tracemalloc.get_traced_memory()
            peaks.append(peak - (held[-1] if held else 0))
            held.append(now)
            tracemalloc.reset_peak()
        tracemalloc.stop()
    warm = min(WARM_FRAMES, len(held) // 2)
    return {
        "peak": int(np.median(peaks[warm:])),
        "kept": (held[-1] - held[warm]) // max(len(held) - warm, 1),
    }


def _document(
    wishes: Wishes, ours: Ours, played: Mapping[str, list[Round]], peers: Mapping[str, Peer]
) -> dict[str, object]:
    pack, ledger = ours.rig.eyes.pack, ours.ledger
    return {
        "film": wishes.film.name,
        "machine": f"{ours.rig.machine.name}: {platform.machine()}, 1 of {os.cpu_count()} cores",
        "models": f"{pack.name}: {pack.title}",
        "note": NOTE,
        "gallery": STRANGERS,
        "frames": ledger.frames,
        **figures(played["ours"]),
        "stages_ms": medians(ours.laps),
        "stages_mean_ms": means(ours.laps),
        "passings": ledger.passings,
        "faces_seen": ledger.faces_seen,
        "unencoded": ledger.unencoded,
        "shots": ledger.shots,
        "peers": {
            name: {
                **figures(played[name]),
                "times_slower": times_slower(played[name], played["ours"]),
                "models": peer.looker.models,
            }
            for name, peer in peers.items()
        },
    }
