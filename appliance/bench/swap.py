"""`lfr bench swap`: how soon a new list is searched, and whether a frame waits for it."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import cv2
from rich.progress import Progress

from appliance.app import now, open_eyes, open_machine, open_match, open_pipeline
from appliance.bench.force import deployment, open_force
from appliance.bench.gaps import Gaps
from appliance.bench.memory import resident_mb
from appliance.bench.noted import NotedGallery, NotedPipeline
from appliance.custody import Law
from appliance.errors import InputError, LapsedError, MachineError
from appliance.panel import open_panel
from appliance.settings import Appliance, CameraSettings, VisionSettings
from appliance.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from rich.console import Console

    from appliance.bench.force import Force
    from appliance.domain.alert import Alert
    from appliance.machine import Machine
    from appliance.panel import Lit
    from appliance.vision.eyes import Eyes
    from appliance.watchlist.opening import Opened

ROWS = (20_000, 1_000_000)
SECONDS = 20.0
TICK_S = 0.02
LONGEST_S = 300.0
LAST_S = 1.0
"""After all is done, so that the gap in which it was done has an end."""
NEW = "the-new-list"
SECOND = 2
"""The new one among the lists that are searched."""
PARTS = ("update", "open", "stage", "erase")
"""Of a swap, one after another."""
GOAL = 2
"""Frame intervals: no gap may be longer."""
NOTE = (
    "From the start of `lfr update` in a process of its own, over the child that verifies and "
    "opens the list, to the end of the first search of it. A gap is the time between two frames "
    "that were taken up, in the same run without a swap (before) and from the notice until the old "
    "rows were overwritten and the old list erased (swap). Both contain the search itself. Not in "
    "it: the word over the broker that starts `lfr update`, and the glance, every 0.2 s, by which "
    "`lfr run` sees what has come."
)


@dataclass(frozen=True)
class Wishes:
    """What is to be measured."""

    film: Path
    pack: str = "auto"
    rows: tuple[int, ...] = ROWS
    """Templates of the old list and of the new one."""
    seconds: float = SECONDS
    """How long the film is watched without a swap."""
    folder: Path | None = None
    """Where repository and store lie meanwhile; None: among the computer's temporary files."""


@dataclass(frozen=True)
class Stand:
    """A van on the bench, without a list."""

    settings: Appliance
    machine: Machine[Any]
    eyes: Eyes[Any]
    lit: Lit
    bars: Progress


@dataclass
class Swap:
    """One change of lists, on its way."""

    watch: Watch[Any]
    gaps: Gaps
    force: Force
    held: Opened
    memory_mb: list[float] = field(default_factory=list)

    def rest(self, seconds: float, done: Callable[[], bool] = lambda: False) -> None:
        """Let the van look for a while, or until something is done.

        Raises:
            ApplianceError: looking has failed.
        """
        pause, until_s = threading.Event(), time.monotonic() + seconds
        while not done() and time.monotonic() < until_s:
            pause.wait(TICK_S)
            self.memory_mb.append(resident_mb())
            if not self.watch.looking:
                raise self.watch.failure or LapsedError("The film has ended.", mend="Loop it.")

    def measure(self) -> dict[str, Any]:
        """Change the list, and sum up what became of the frames meanwhile; see `bench`."""
        notice_s, dropped = time.monotonic(), self._dropped()
        told = self.change(NEW)
        return {
            **told,
            "swap": self.gaps.figures(notice_s, time.monotonic()),
            "dropped": self._dropped() - dropped,
            "most_mb": round(max(self.memory_mb)),
        }

    def _dropped(self) -> int:
        return sum(camera.dropped for camera in self.watch.cameras)

    def change(self, name: str) -> dict[str, object]:
        """Fetch, open and search the list that was published.

        Returns:
            `update_s, open_s, stage_s, erase_s, notice_to_search_s`; of each part `longest_gap_ms`,
            and `without_search_ms`, where the searches in it do not count.

        Raises:
            ApplianceError: it was refused, or looking has failed.
        """
        notice_s = time.monotonic()
        self.force.update()
        updated_s = time.monotonic()
        opened = self.force.open(self.held.bundle_sha256)
        opened_s = time.monotonic()
        if opened.watchlist is None or opened.watchlist.id != name:
            raise MachineError("The new list is not in force.", mend=opened.refused or "Report it.")
        handover = self.watch.pipeline.handover
        handover.offer(opened.watchlist, deployment(opened))
        self.rest(LONGEST_S, lambda: self.gaps.first(SECOND) is not None)
        first_s = self.gaps.first(SECOND)
        if first_s is None:
            raise InputError("Nobody was seen in the film.", mend="Take one with people.")
        handover.settle()
        self.rest(LONGEST_S, lambda: self.gaps.swept == SECOND)
        self.rest(LAST_S)
        marks = (notice_s, updated_s, opened_s, first_s, time.monotonic())
        parts = dict(zip(PARTS, pairwise(marks), strict=True))
        told = {f"{name}_s": round(end - start, 2) for name, (start, end) in parts.items()}
        seen = {name: self.gaps.figures(*part) for name, part in parts.items()}
        gaps = {name: figures["longest_gap_ms"] for name, figures in seen.items()}
        others = {name: figures["without_search_ms"] for name, figures in seen.items()}
        told["notice_to_search_s"] = round(first_s - notice_s, 2)
        return {**told, "longest_gap_ms": gaps, "without_search_ms": others}


def bench(wishes: Wishes, console: Console) -> Mapping[str, object]:
    """Change lists of each length while a film is watched in real time.

    Returns:
        `film, machine, models, note, interval_ms, swaps`; each swap has `templates, bundle_mb,
        most_mb` (of the process that looks), `dropped, kept` (whether no gap was longer than the
        goal), what `Swap.change` gives and, `before` and during the `swap`, what `Gaps.figures`
        gives.

    Raises:
        ApplianceError: film or networks cannot be had, or a list was refused.
    """
    interval_ms = _interval_ms(wishes.film)
    camera = CameraSettings(uri=str(wishes.film), loop=True)
    settings = Appliance(camera=(camera,), vision=VisionSettings(pack=wishes.pack))
    with open_panel(settings.panel) as panel, Progress(console=console, transient=True) as bars:
        machine = open_machine(settings)
        eyes = open_eyes(machine, settings.vision)
        stand = Stand(settings, machine, eyes, panel.light(), bars)
        swaps = [swap(stand, wishes, rows, interval_ms) for rows in wishes.rows]
    return {
        "film": wishes.film.name,
        "machine": machine.name,
        "models": f"{eyes.pack.name}: {eyes.pack.title}",
        "note": NOTE,
        "interval_ms": interval_ms,
        "goal_ms": GOAL * interval_ms,
        "swaps": swaps,
    }


def swap(stand: Stand, wishes: Wishes, rows: int, interval_ms: float) -> dict[str, object]:
    """Change one list of so many templates for another; see `bench`."""
    task = stand.bars.add_task(f"{rows:,}: making two lists", total=4)
    with TemporaryDirectory(dir=wishes.folder, prefix="lfr-bench-") as folder:
        force = open_force(Path(folder), stand.eyes.pack)
        force.publish("old-list", rows)
        force.update()
        stand.bars.advance(task)
        with watching(stand, force) as running:
            sent_bytes = force.publish(NEW, rows)
            stand.bars.update(task, advance=1, description=f"{rows:,}: looking")
            began_s = time.monotonic()
            running.rest(wishes.seconds)
            before = running.gaps.figures(began_s, time.monotonic())
            stand.bars.update(task, advance=1, description=f"{rows:,}: swapping")
            told = running.measure()
        stand.bars.advance(task)
    kept = told["swap"]["longest_gap_ms"] <= GOAL * interval_ms
    size_mb = round(sent_bytes / 1e6, 1)
    return {"templates": rows, "bundle_mb": size_mb, "before": before, **told, "kept": kept}


@contextmanager
def watching(stand: Stand, force: Force) -> Generator[Swap]:
    """Open the list that was installed, and look with it until the block ends."""
    opened = force.open()
    if opened.watchlist is None:
        raise MachineError("There is no list.", mend="Report it.")
    law, gaps = Law(opened.watchlist, deployment(opened)), Gaps()
    machine = replace(stand.machine, gallery=NotedGallery(stand.machine.gallery, gaps))
    match = open_match(machine, stand.eyes, law, stand.settings.matching, now)
    (camera_settings,) = stand.settings.camera
    with machine.open_camera(camera_settings, stand.lit) as camera:
        pipeline = open_pipeline(stand.settings, stand.eyes, match, [camera], _unheard)
        watch = Watch(NotedPipeline.of(pipeline, gaps), [camera])
        watch.start()
        try:
            yield Swap(watch, gaps, force, opened)
        finally:
            watch.stop()


def _unheard(_alert: Alert) -> None:
    """Send nothing: the bench has no tablets."""


def _interval_ms(film: Path) -> float:
    opened = cv2.VideoCapture(str(film))
    fps = opened.get(cv2.CAP_PROP_FPS)
    opened.release()
    if not fps > 0:
        raise InputError("The film cannot be read.", mend="Give one that OpenCV reads.")
    return round(1000 / fps, 2)
