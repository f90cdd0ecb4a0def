"""`lfr bench gpu`: what a GPU does with each stage, beside what its memory could do.

Everything is called as the pipeline calls it: the verbs of the machine and its gallery. What a
machine lacks is written down as missing, and a result that is wrong as wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.progress import Progress

from appliance.app import now, open_machine
from appliance.bench.page import page
from appliance.bench.rows import SIZES
from appliance.bench.screen import show
from appliance.bench.sheet import Sheet
from appliance.bench.stages import Stages, dimensions, find_eyes, open_galleries
from appliance.bench.stand import Stand
from appliance.bench.whole import Whole
from appliance.errors import InputError, MachineError
from appliance.oversight.document import claim, write
from appliance.settings import Appliance, GpuSettings, PanelSettings, VisionSettings
from engines.packs import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from rich.console import Console

    from appliance.vision.eyes import Eyes
    from appliance.workshop import Meter

RUNS = 20
GB = 1e9
NOT_A_GPU = "stand-in"
"""In the name of what only pretends to be one, for the tests."""
NOTE = (
    "GPU: its own time, by events in its stream; all is enqueued before the first begins, and the "
    "caches are cold. Caller: until the call comes back; of search, gauge, jpeg and erase that is "
    "the result, of the others only the enqueuing. Share: the bytes that must cross the memory, in "
    "sectors of 32, in the GPU's time, as a part of what a copy reached in the same run."
)


@dataclass(frozen=True)
class Wishes:
    """What is to be measured."""

    settings: Appliance | None = None
    """The van's own; None: those of a van that has nothing but a GPU."""
    pack: str = "auto"
    """Which networks, where there are no settings."""
    cache: Path | None = None
    """Where kernels and plans lie, where there are no settings; None: where the demo has them."""
    film: Path | None = None
    """For the whole pipeline."""
    camera: str | None = field(default=None, repr=False)
    """For capture: an address, which may hold a password."""
    people: Path | None = None
    """Pictures of people who are listed for the film."""
    rows: int = SIZES[-1]
    """The longest list."""
    runs: int = RUNS
    large: bool = True
    """Also batches that only serve to fill a large GPU."""
    json_file: Path | None = None
    page_file: Path | None = None


def report(wishes: Wishes, console: Console, open_meter: Callable[[Appliance], Meter[Any]]) -> None:
    """Measure, print, and write both files.

    Raises:
        InputError: a file cannot be written.
        MachineError: there is no GPU, or a stage was wrong; then the files are written first.
    """
    files = [file for file in (wishes.json_file, wishes.page_file) if file]
    for file in files:
        claim(file)
    document = bench(wishes, console, open_meter)
    show(document, console)
    if wishes.json_file:
        write(wishes.json_file, document)
    if wishes.page_file:
        _keep(wishes.page_file, page(document))
    if wrong := document["wrong"]:
        raise MachineError(
            f"Wrong results: {', '.join(wrong)}.",
            mend="Do not use this machine before `lfr check` and its tests pass.",
        )


def _keep(file: Path, text: str) -> None:
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise InputError(f"{file.name} cannot be written.", mend="Name another file.") from error


def bench(
    wishes: Wishes, console: Console, open_meter: Callable[[Appliance], Meter[Any]]
) -> dict[str, Any]:
    """Measure everything that there is.

    Returns:
        `bench, version, date, machine, gpu, facts, note, runs, pack, copy_gb_s, stages, pipeline,
        capture, not_measured, wrong`.

    Raises:
        MachineError: there is no GPU.
    """
    settings = wishes.settings or draft(wishes.pack, wishes.cache)
    machine, meter, sheet = open_machine(settings), open_meter(settings), Sheet()
    copies = meter.copy(wishes.runs)
    stand = Stand(machine, meter, float(np.median(copies)), wishes.runs, wishes.large)
    eyes = find_eyes(stand, settings, sheet)
    stages = Stages(stand, eyes, open_galleries(settings), dimensions(settings.vision), wishes.rows)
    _fill(sheet, stages, console)
    parts = _whole(wishes, Whole(settings, machine, eyes), sheet)
    return {**_title(wishes, meter.facts(), copies, eyes), **sheet.tables(), **parts}


def draft(pack: str, cache: Path | None = None) -> Appliance:
    """Write down the settings of a van that has nothing but a GPU."""
    return Appliance(
        machine="jetson",
        # Real pins: nothing looks without a lamp, not even on a bench.
        panel=PanelSettings(factory="jetson", red="BOARD29", green="BOARD31", blue="BOARD33"),
        gpu=GpuSettings(cache=cache or cache_folder() / "engines"),
        vision=VisionSettings(pack=pack),
    )


def _fill(sheet: Sheet, stages: Stages, console: Console) -> None:
    every = list(stages.every())
    with Progress(console=console, transient=True) as bars:
        task = bars.add_task("", total=len(every))
        for name, measure in every:
            bars.update(task, description=name)
            sheet.fill(name, measure)
            bars.advance(task)


def _whole(wishes: Wishes, whole: Whole, sheet: Sheet) -> dict[str, object]:
    film, camera = wishes.film, wishes.camera
    played: list[dict[str, object]] | None = None
    captured: dict[str, object] | None = None
    if film:
        played = sheet.attempt("pipeline", lambda: whole.play(film, wishes.people))
    else:
        sheet.miss("pipeline", "No film was given: name one with --film.")
    if camera:
        captured = sheet.attempt("capture", lambda: whole.capture(camera))
    else:
        sheet.miss("capture", "No camera was given: name one with --camera.")
    return {"pipeline": played or [], "capture": captured}


def _version() -> str:
    try:
        return version("lfr-appliance")
    except PackageNotFoundError:
        return "not installed"


def _title(
    wishes: Wishes, facts: Mapping[str, str], copies: list[float], eyes: Eyes[Any] | None
) -> dict[str, Any]:
    speeds = {"median": np.median(copies), "least": min(copies), "most": max(copies)}
    return {
        "bench": "lfr bench gpu",
        "version": _version(),
        "date": now().isoformat(timespec="seconds"),
        "machine": facts["name"],
        "gpu": NOT_A_GPU not in facts["name"].lower(),
        "facts": dict(facts),
        "note": NOTE,
        "runs": wishes.runs,
        "pack": f"{eyes.pack.name}: {eyes.pack.title}" if eyes else None,
        "copy_gb_s": {name: round(float(speed) / GB, 2) for name, speed in speeds.items()},
    }
