"""`lfr bench pipeline`: the whole pipeline as fast as it can, on one core, beside its peers."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.progress import Progress

from appliance.bench.core import one_core
from appliance.bench.loop import frames_in
from appliance.bench.ours import Ours, allocations
from appliance.bench.peers import open_peers
from appliance.bench.race import ROUNDS, figures, race, times_slower
from appliance.bench.rig import open_rig
from appliance.bench.stopwatch import means, medians
from appliance.settings import CameraSettings, VisionSettings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rich.console import Console

    from appliance.bench.loop import Peer
    from appliance.bench.race import Round
    from appliance.bench.rig import Rig

NOTE = (
    "One process on one core, one thread for each library. ms and fps are by processor time; "
    "wall_ms counts whoever else was at work. Peers run the networks in their published form and "
    "look at every frame; ours looks detect_hz times a second, as on the van (0: at every frame)."
)


@dataclass(frozen=True)
class Wishes:
    """What is to be measured."""

    film: Path
    pack: str = "auto"
    peers: bool = True
    seconds: float | None = None
    """Of the film, from its beginning; None: all of it. The same frames for every contestant."""
    people: Path | None = None
    """Pictures of people who are listed beside the strangers."""
    rounds: int = ROUNDS
    every_frame: bool = False
    """Look at every frame, as the peers do, and not only as often as on the van."""


def bench(wishes: Wishes, console: Console) -> Mapping[str, object]:
    """Measure; `measure` tells what is given.

    Raises:
        ApplianceError: the film or the networks cannot be had, or nobody can be enrolled.
    """
    camera = CameraSettings(uri=str(wishes.film), paced=False)
    vision = VisionSettings(pack=wishes.pack)
    if wishes.every_frame:
        vision = vision.model_copy(update={"detect_hz": 0.0})
    with one_core(), open_rig(camera, vision, wishes.people) as rig:
        most = frames_in(wishes.film, wishes.seconds)
        peers = open_peers(rig, wishes.film, most) if wishes.peers else {}
        return measure(rig, peers, wishes, console)


def measure(
    rig: Rig, peers: Mapping[str, Peer], wishes: Wishes, console: Console
) -> Mapping[str, object]:
    """Race the appliance against its peers, in turn.

    Returns:
        `film, machine, models, detect_hz, note, gallery, frames, fps, ms, wall_ms, faces,
        stages_ms, stages_mean_ms, passings, faces_seen, unencoded, shots, peers,
        allocations_per_frame`.
        Counts are of one round. A stage's median is over the frames that went through it. Each
        peer has `fps, ms, wall_ms, faces, times_slower, models`.
    """
    ours = Ours(rig, frames_in(wishes.film, wishes.seconds))
    contestants = {"ours": ours.play, **{name: peer.play for name, peer in peers.items()}}
    with Progress(console=console, transient=True) as bars:
        task = bars.add_task("Racing", total=wishes.rounds * len(contestants))
        played = race(contestants, wishes.rounds, lambda done: bars.update(task, completed=done))
    return {
        **_title(rig, wishes.film.name),
        **_counts(ours, played["ours"]),
        "peers": {name: _beside(peer, played, name) for name, peer in peers.items()},
        "allocations_per_frame": allocations(rig),
    }


def _title(rig: Rig, film: str) -> dict[str, object]:
    return {
        "film": film,
        "machine": f"{rig.machine.name}: {platform.machine()}, 1 of {os.cpu_count()} cores",
        "models": f"{rig.eyes.pack.name}: {rig.eyes.pack.title}",
        "detect_hz": rig.settings.vision.detect_hz,
        "note": NOTE,
        "gallery": sum(len(entry.templates) for entry in rig.entries),
    }


def _counts(ours: Ours, rounds: list[Round]) -> dict[str, object]:
    ledger = ours.ledger
    return {
        "frames": ledger.frames,
        **figures(rounds),
        "stages_ms": medians(ours.laps),
        "stages_mean_ms": means(ours.laps),
        "passings": ledger.passings,
        "faces_seen": ledger.faces_seen,
        "unencoded": ledger.unencoded,
        "shots": ledger.shots,
    }


def _beside(peer: Peer, played: Mapping[str, list[Round]], name: str) -> dict[str, object]:
    rounds = played[name]
    ratio = times_slower(rounds, played["ours"])
    return {**figures(rounds), "times_slower": ratio, "models": peer.looker.models}
