"""`lfr bench enrol`: pictures a second, beside what the encoder alone does on the same cores."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import partial
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.progress import Progress

from appliance.desk import Optics, open_studio
from appliance.errors import InputError
from provisioning.enrol.gate import Days, Gate, judge
from provisioning.enrol.pictures import STAMPS, decode, read, thumbnail
from provisioning.enrol.sight import Sight
from provisioning.enrol.studio import Answer, Task
from provisioning.enrol.workers import Crew

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from provisioning.enrol.sight import See
    from provisioning.enrol.studio import Studio

BATCHES = (1, 8)
"""The encoder alone is given the size that suits it better: on a processor a batch is no faster."""
FACES = 8
"""Encoded for each answer, in batches or one by one."""
WARM_UP = 0.2
"""Share of a round after which every worker has its buffers."""
STEPS = ("read", "decode", "find", "judge", "encode", "thumbnail")


@dataclass(frozen=True)
class Wishes:
    """What is to be measured."""

    people: Path
    """Portraits: files, or folders of files."""
    pack: str = "auto"
    pictures: int = 2000
    """In each round; the portraits come again and again. Of few, the end of a round, when one core
    has nothing left to do, is too large a part."""
    rounds: int = 3
    workers: int | None = None
    gate: Gate = field(default_factory=Gate)


def bench(wishes: Wishes, console: Console) -> Mapping[str, object]:
    """Enrol and encode in turns, in as many processes as there are cores.

    Raises:
        ApplianceError: the networks are not here, or no picture passes the gate.
    """
    optics = Optics(wishes.pack, None, wishes.gate, STAMPS["large"], _now().date())
    studio = open_studio(optics)
    tasks = _usable(studio, wishes.people)
    workers = wishes.workers or len(os.sched_getaffinity(0))
    spent = breakdown(studio, list(islice(cycle(tasks), max(len(tasks), wishes.pictures // 4))))
    alone_ms, batch = _alone(studio)
    crews = (
        Crew(partial(open_studio, optics), workers),
        Crew(partial(open_encoder, optics, batch), workers),
    )
    enrolled, encoded = _race(crews, list(islice(cycle(tasks), wishes.pictures)), wishes, console)
    return {
        "encoder": studio.see.model_id[:12],
        "workers": workers,
        "portraits": len(tasks),
        "enrolled_per_s": round(enrolled, 1),
        "encoder_per_s": round(encoded, 1),
        "encoder_batch": batch,
        "ratio": round(enrolled / encoded, 3),
        "processor_ratio": round(alone_ms / spent["whole"], 3),
        "processor_limit": round(alone_ms / (alone_ms + spent["decode"] + spent["find"]), 3),
        "encoder_alone_ms": round(alone_ms, 3),
        **{f"{step}_ms": round(time_ms, 3) for step, time_ms in spent.items()},
    }


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _usable(studio: Studio, folder: Path) -> list[Task]:
    """Take the pictures that the gate takes: a refusal is cheaper, and would flatter."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    tasks = [task for task in map(Task, files) if studio(task).template is not None]
    if not tasks:
        raise InputError("No picture passes the gate.", mend="Name a folder of good portraits.")
    return tasks


def _race(
    crews: tuple[Crew, Crew], tasks: Sequence[Task], wishes: Wishes, console: Console
) -> tuple[float, float]:
    """Measure in turns, so that whoever else works here slows both; the median of each."""
    enrolling, encoding = crews
    enrolled, encoded = list[float](), list[float]()
    few = tasks[: max(len(tasks) // FACES, 16)]
    with enrolling, encoding, Progress(console=console, transient=True) as bars:
        for _ in bars.track(range(wishes.rounds), description="Enrolling and encoding"):
            enrolled.append(_rate(enrolling, tasks))
            encoded.append(_rate(encoding, few) * FACES)
    return float(np.median(enrolled)), float(np.median(encoded))


def _rate(crew: Crew, tasks: Sequence[Task]) -> float:
    """Give tasks a second, the first few left out."""
    skipped, began_s = int(len(tasks) * WARM_UP), time.perf_counter()
    for done, _ in enumerate(crew.answers(tasks), start=1):
        if done == skipped:
            began_s = time.perf_counter()
    return (len(tasks) - skipped) / (time.perf_counter() - began_s)


@dataclass(frozen=True)
class EncoderAlone:
    """Answers every task with some faces through the encoder, and with nothing else."""

    run: Callable[[], object]

    def __call__(self, _task: Task) -> Answer:
        """Encode them."""
        self.run()
        return Answer()


def open_encoder(optics: Optics, batch: int) -> EncoderAlone:
    """Open the encoder with a batch of crops.

    Raises:
        ApplianceError: the networks are not here.
    """
    return EncoderAlone(_encoding(open_studio(optics).see, batch))


def _encoding(see: See, batch: int) -> Callable[[], object]:
    if not isinstance(see, Sight):
        raise TypeError("only real networks can be timed")
    sight: Sight[Any] = see
    model = sight.eyes.pack.encoder
    count = min(model.batch or batch, batch)
    shape = (count, 3, model.side, model.side)
    crops = np.random.default_rng(4).uniform(0, 255, shape).astype(np.float32)
    return lambda: [sight.eyes.encoder(crops) for _ in range(FACES // count)]


def _alone(studio: Studio) -> tuple[float, int]:
    """Give the processor time of one face, in milliseconds, and the batch that makes it least."""
    costs = {batch: _face_ms(_encoding(studio.see, batch)) for batch in BATCHES}
    best = min(costs, key=lambda batch: costs[batch])
    return costs[best], best


def _face_ms(run: Callable[[], object]) -> float:
    run()
    return float(np.median([_cost_ms(run) for _ in range(20)])) / FACES


def _cost_ms(run: Callable[[], object]) -> float:
    began_ns = time.thread_time_ns()
    run()
    return (time.thread_time_ns() - began_ns) / 1e6


def breakdown(studio: Studio, tasks: Iterable[Task]) -> dict[str, float]:
    """Give the mean processor time of each step of a picture, in milliseconds; `whole` is all."""
    spent: dict[str, list[float]] = {step: [] for step in (*STEPS, "whole")}
    for task in tasks:
        for step, work in _steps(studio, task).items():
            spent[step].append(_cost_ms(work))
    return {step: float(np.mean(times)) for step, times in spent.items()}


def _steps(studio: Studio, task: Task) -> Mapping[str, Callable[[], object]]:
    """List what a studio does with a picture, so that each can be done alone."""
    data = read(task.file)
    photograph = decode(data, studio.see.enough_px)
    faces = studio.see.find(photograph.pixels)
    days = Days(None, studio.today)
    return {
        "read": partial(read, task.file),
        "decode": partial(decode, data, studio.see.enough_px),
        "find": partial(studio.see.find, photograph.pixels),
        "judge": partial(judge, studio.gate, photograph, faces, studio.see.points, days),
        "encode": partial(studio.see.encode, photograph.pixels, faces),
        "thumbnail": partial(thumbnail, photograph.pixels, faces.boxes[0], studio.stamp),
        "whole": partial(studio, task),
    }
