"""The appliance as a contestant."""

from __future__ import annotations

import tracemalloc
from array import array
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from appliance.bench.ledger import Ledger
from appliance.bench.race import Clock, Round
from appliance.bench.stopwatch import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from appliance.bench.rig import Rig
    from appliance.watch import Watch

WARM_FRAMES = 25
"""Buffers have their size by then."""


@dataclass
class Ours:
    """Plays the film through the whole pipeline."""

    rig: Rig
    most: int | None
    """Frames that are played; None: all."""
    laps: list[Mapping[str, float]] = field(default_factory=list)
    """Milliseconds of each stage, of all frames of all rounds."""
    ledger: Ledger = field(default_factory=Ledger)
    """Of the last round."""

    def play(self) -> Round:
        """Play the film once."""
        with self.rig.watch() as watch:
            stopwatch, clock = Stopwatch(), Clock()
            stopwatch.attach(watch.pipeline, watch.cameras[0])
            for _ in islice(turns(watch), self.most):
                stopwatch.lap()
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
    """Look at the film frame by frame to its end; give the number of frames so far."""
    tally = watch.pipeline.tally
    while not all(camera.ended for camera in watch.cameras):
        before = tally.frames
        watch.turn()
        if tally.frames > before:
            yield tally.frames


def allocations(rig: Rig) -> dict[str, int]:
    """Measure what Python and numpy allocate, in bytes, in a round of its own.

    Returns:
        `peak`: what a frame holds at its height beyond what was held before it (median); `kept`:
        what it leaves behind (mean). Networks and FFmpeg allocate by themselves, unseen here.
    """
    peaks, held = array("q"), array("q", [0])
    with rig.watch() as watch:
        tracemalloc.start()
        for _ in turns(watch):
            now, peak = tracemalloc.get_traced_memory()
            peaks.append(peak - held[-1])
            held.append(now)
            tracemalloc.reset_peak()
        tracemalloc.stop()
    warm = min(WARM_FRAMES, len(peaks) // 2)
    frames = max(len(peaks) - warm, 1)
    kept = (held[-1] - held[min(warm + 1, len(peaks))]) // frames
    return {"peak": int(np.median(peaks[warm:] or [0])), "kept": kept}
