"""The pictures of a roll, spoilt in every step of a plan: what the networks make of each."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from appliance.errors import InputError
from appliance.evaluation.gaze import UNREADABLE, Optics
from appliance.evaluation.looking import Lookout, failure_of, look_over, looking, sum_of
from appliance.evaluation.progress import counted
from appliance.evaluation.search import PROBES
from appliance.evaluation.shelf import Look, Shelf
from appliance.evaluation.sightings import NUMBERS, Trial, open_trying, read_spot, unroll
from appliance.evaluation.spoil import KINDS, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt
    from rich.console import Console

    from appliance.evaluation.roll import Roll
    from appliance.evaluation.sightings import Sightings
    from appliance.vision.models import Landmarks
    from provisioning.enrol.studio import Answer

    Ints = npt.NDArray[np.int64]

EACH = PROBES + 1
"""Most pictures of one subject: who has hundreds would be most of the result."""
UNIT = 1e-3
"""How far from 1 the length of a template may be."""


@dataclass(frozen=True)
class Plan:
    """What is done to which pictures."""

    steps: tuple[Step, ...]
    most: int | None = None
    """Subjects at the most, those with several pictures first; None: all."""
    width_px: float | None = None
    """Faces are brought to this width before all else."""
    seed: int = 1
    closer: bool = True
    """Whether small faces are looked at once more, as the van does."""


@dataclass(frozen=True)
class Means:
    """What looks, and where rows are kept."""

    optics: Optics
    landmarks: Landmarks
    dimension: int
    shelves: Callable[[str], Shelf]
    """By the name of a step."""
    workers: int | None = None


@dataclass(frozen=True)
class Chosen:
    """P pictures of S subjects, those of one subject together."""

    files: tuple[Path, ...] = field(repr=False)
    owners: Ints = field(repr=False)
    """(P,), ascending."""
    subjects: int


def steps_of(kinds: Sequence[str]) -> tuple[Step, ...]:
    """Give every step of some ways, or of all where none is named.

    Raises:
        InputError: there is no such way.
    """
    for kind in kinds:
        if kind not in KINDS:
            fault = f"{kind} is no way of spoiling a picture."
            raise InputError(fault, mend=f"There are {', '.join(KINDS)}.")
    return tuple(Step(kind, level) for kind in kinds or KINDS for level in KINDS[kind].levels)


def choose(roll: Roll, plan: Plan) -> Chosen:
    """Choose whose pictures are tried, and which of them: by chance, and the same for the same."""
    generator = np.random.default_rng(plan.seed)
    pictures = generator.permutation(len(roll.pictures))
    owners = np.array([roll.pictures[place].subject for place in pictures], np.int64)
    counts = np.bincount(owners, minlength=roll.subjects)
    mixed = generator.permutation(roll.subjects)
    ranked = mixed[np.argsort(counts[mixed] < 2, kind="stable")]  # noqa: PLR2004 - one and another
    number = np.full(roll.subjects, -1)
    taken = ranked[: plan.most]
    number[taken] = np.arange(len(taken))
    kept: list[list[int]] = [[] for _ in taken]
    for place, owner in zip(pictures.tolist(), number[owners].tolist(), strict=True):
        if owner >= 0 and len(kept[owner]) < EACH:
            kept[owner].append(place)
    files = tuple(roll.pictures[place].file for places in kept for place in places)
    return Chosen(files, np.repeat(np.arange(len(kept)), [len(k) for k in kept]), len(kept))


class Trials:
    """Looks at the chosen pictures as they are, and then in every step."""

    def __init__(self, chosen: Chosen, plan: Plan, means: Means) -> None:
        self.chosen = chosen
        self.plan = plan
        self.means = means
        self._sums = [sum_of(file) for file in chosen.files]
        self._shelves = {step: means.shelves(self._name(step)) for step in (None, *plan.steps)}

    @contextmanager
    def open(
        self, console: Console
    ) -> Generator[tuple[Sightings, Iterator[tuple[Step, Sightings]]]]:
        """Give what came of the pictures as they are, and then of each step as it is asked for.

        Raises:
            ApplianceError: the networks are not here, or no picture gave a template.
        """
        means, looks = self.means, len(self.chosen.files) * len(self._shelves)
        factory = partial(open_trying, means.optics)
        with (
            looking(factory, means.workers, self._missing()) as look,
            counted(console, "Spoiling and looking", looks) as step,
        ):
            lookout = Lookout(look, partial(_look, means.dimension), step)
            plain = self._see(None, [Trial(file) for file in self.chosen.files], lookout)
            if not plain.found.any():
                raise InputError("None of the pictures gave a template.", mend="Check the folder.")
            yield (
                plain,
                (
                    (one, self._see(one, self._tasks(one, plain), lookout))
                    for one in self.plan.steps
                ),
            )

    def _missing(self) -> int:
        """Count the looks that are still to be had; where nothing was found, nothing is spoilt."""
        plain = self._shelves[None]
        known = [plain.find(sha256) if sha256 else None for sha256 in self._sums]
        tried = [
            None if look and look.failure else s for s, look in zip(self._sums, known, strict=True)
        ]
        return sum(shelf.missing(tried) for shelf in self._shelves.values())

    def _tasks(self, step: Step, plain: Sightings) -> list[Trial | None]:
        plan, found = self.plan, plain.found
        return [
            Trial(
                file,
                None,
                step,
                read_spot(plain, place, self.means.landmarks),
                plan.width_px,
                plan.seed,
            )
            if found[place]
            else None
            for place, file in enumerate(self.chosen.files)
        ]

    def _see(self, step: Step | None, tasks: Sequence[Trial | None], lookout: Lookout) -> Sightings:
        rows = np.zeros((len(tasks), self.means.dimension + NUMBERS), np.float32)
        places = [place for place, task in enumerate(tasks) if task]
        sums = [self._sums[place] for place in places]
        looks = look_over([task for task in tasks if task], sums, self._shelves[step], lookout)
        for place, look in zip(places, looks, strict=True):
            rows[place] = 0 if look.template is None else look.template
        return unroll(rows, self.means.dimension)

    def _name(self, step: Step | None) -> str:
        if step is None:
            return "plain"
        width = f"-at{self.plan.width_px:g}" if self.plan.width_px is not None else ""
        return f"{step.kind}{step.level:g}{width}-{self.plan.seed}"


def _look(dimension: int, answer: Answer) -> Look:
    """Read what a worker says, with mistrust: a picture may have taken it over."""
    row = answer.template
    if answer.fault or row is None:
        return Look(failure_of(answer))
    whole = len(row) == dimension + NUMBERS and bool(np.isfinite(row).all())
    if not whole or not abs(float(np.linalg.norm(row[:dimension])) - 1) < UNIT:
        return Look(UNREADABLE)
    return Look(None, template=row)
