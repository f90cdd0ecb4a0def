"""The desk, wired: the networks of the pack, the workers, and the shards they write."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from appliance.app import open_eyes, open_machine
from appliance.settings import Appliance, VisionSettings
from engines.packs import resolve
from provisioning.enrol.enrolment import Enrolment
from provisioning.enrol.gate import Gate, gate_for
from provisioning.enrol.merge import Enrolled, gather
from provisioning.enrol.pictures import STAMPS, stamp_for
from provisioning.enrol.shards import Shard, ShardWriter
from provisioning.enrol.sight import Sight
from provisioning.enrol.studio import Studio
from provisioning.enrol.table import open_table
from provisioning.enrol.workers import Crew, look_here

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from datetime import date, datetime
    from pathlib import Path

    from rich.console import Console

    from appliance.vision.eyes import Eyes
    from appliance.vision.models import Pack
    from provisioning.enrol.enrolment import Count
    from provisioning.enrol.pictures import Stamp
    from provisioning.enrol.studio import Answer, Task
    from provisioning.enrol.terms import Terms

    Answering = Callable[[Iterable[Task]], Iterator[Answer]]

WORTH_A_CORE = 32
"""People for whom it pays to open the networks once more."""

__all__ = ["EnrolWishes", "Enrolled", "enrol", "enrol_shard", "gather"]


@dataclass(frozen=True)
class EnrolWishes:
    """What is to be enrolled, and how."""

    source: Path = field(repr=False)
    """A folder of pictures, or a table as CSV."""
    folder: Path
    """Where the shards are written, encrypted; what an earlier try left of this one is replaced."""
    recipient: str
    """The desk's own one-time recipient for this list (`age1...`)."""
    terms: Terms | None = field(repr=False)
    """What holds for everybody in a folder; in a table each line says its own."""
    made_at: datetime
    """The desk's time: ages are reckoned from it."""
    pack: str = "auto"
    models: Path | None = None
    gate: Gate = field(default_factory=Gate)
    thumbnails: Literal["auto", "large", "medium", "small"] = "auto"
    workers: int | None = None
    """None: one a core; 0: this process alone."""
    shard: tuple[int, int] = (1, 1)
    """The third of sixteen is (3, 16)."""
    eyes: Eyes[Any] | None = field(default=None, repr=False)
    """Networks that are open already: then this process looks with them, whatever their machine."""


def enrol(wishes: EnrolWishes, identity: str, console: Console) -> Enrolled:
    """Enrol everybody on this computer, and gather what came of it.

    Args:
        wishes: What, and how.
        identity: Opens what is encrypted to `wishes.recipient`.
        console: Where progress is shown.

    Returns:
        Perhaps nobody: the report then says why, and `seal` refuses.

    Raises:
        ApplianceError: the table cannot be read, or the networks are not here.
    """
    enrol_shard(wishes, console)
    return gather(wishes.folder, identity)


def enrol_shard(wishes: EnrolWishes, console: Console) -> Count:
    """Enrol one shard only, for a job runner: nothing here can open what it writes.

    Raises:
        ApplianceError: as `enrol`.
    """
    table = open_table(wishes.source, wishes.terms, wishes.made_at)
    pack = wishes.eyes.pack if wishes.eyes else _pack(wishes)
    shard = Shard(*wishes.shard, table.digest, pack.model_id, pack.encoder.dimension)
    writer = ShardWriter(wishes.folder, wishes.recipient, shard)
    span = shard.span(len(table))
    people = islice(table, span.start, span.stop)
    with _looking(wishes, pack.name, len(table)) as look, _bar(console, len(span)) as show:
        return Enrolment(look, writer, show).run(people)


def _pack(wishes: EnrolWishes) -> Pack:
    return resolve(wishes.pack, wishes.models, fetch=False, notify=_unheard).pack


def _unheard(_line: str) -> None:
    """Nothing is fetched here, so that there is nothing to tell."""


@dataclass(frozen=True)
class Optics:
    """What a worker is sent, to open a studio of its own."""

    pack: str
    models: Path | None
    gate: Gate
    stamp: Stamp
    today: date


def open_studio(optics: Optics) -> Studio:
    """Open the networks on an ordinary computer.

    Raises:
        ApplianceError: they are not here.
    """
    vision = VisionSettings(pack=optics.pack, models=optics.models)
    eyes = open_eyes(open_machine(Appliance()), vision)
    return _studio(eyes, optics)


def _studio(eyes: Eyes[Any], optics: Optics) -> Studio:
    gate = gate_for(optics.gate, eyes.pack.detector.family)
    return Studio(Sight(eyes), gate, optics.stamp, optics.today)


@contextmanager
def _looking(wishes: EnrolWishes, pack: str, people: int) -> Generator[Answering]:
    """Start whoever looks at the pictures."""
    size = wishes.thumbnails
    stamp = stamp_for(people) if size == "auto" else STAMPS[size]
    optics = Optics(pack, wishes.models, wishes.gate, stamp, wishes.made_at.date())
    if wishes.eyes is not None:
        yield partial(look_here, _studio(wishes.eyes, optics))
        return
    workers = _cores(people) if wishes.workers is None else wishes.workers
    if workers == 0:
        yield partial(look_here, open_studio(optics))
        return
    with Crew(partial(open_studio, optics), workers) as crew:
        yield crew.answers


def _cores(people: int) -> int:
    """Take every core, but none for which there would be nothing to do."""
    return max(1, min(len(os.sched_getaffinity(0)), -(-people // WORTH_A_CORE)))


@contextmanager
def _bar(console: Console, people: int) -> Generator[Callable[[Count], None]]:
    """Show how far it is."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("people, {task.fields[pictures]} pictures, {task.fields[taken]} taken"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("Enrolling", total=people, pictures=0, taken=0)
        yield lambda count: progress.update(
            bar, completed=count.people, pictures=count.pictures, taken=count.taken
        )
