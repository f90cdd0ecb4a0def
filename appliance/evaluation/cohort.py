"""All the pictures looked at: a template of each, or why there is none."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from appliance.errors import InputError
from appliance.evaluation.gaze import FAILURES, UNREADABLE, Optics, open_gaze
from appliance.evaluation.looking import Lookout, failure_of, look_over, looking, sum_of
from appliance.evaluation.progress import counted
from appliance.evaluation.shelf import Look, Shelf
from provisioning.enrol.studio import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt
    from rich.console import Console

    from appliance.evaluation.roll import Roll
    from provisioning.enrol.studio import Answer

UNIT = 1e-3
"""How far from 1 the length of a template may be."""


@dataclass(frozen=True)
class Cohort:
    """P pictures of S subjects, those of one subject together."""

    templates: npt.NDArray[np.float32] = field(repr=False)
    """(P, D), rows of length 1; zero where there is none."""
    owners: npt.NDArray[np.int64] = field(repr=False)
    """(P,), ascending: the number of the subject."""
    acquired: npt.NDArray[np.bool_] = field(repr=False)
    """(P,): whether there is a template."""
    subjects: int
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    """By characteristic: what each subject has declared; empty where nothing."""
    failures: Mapping[str, int] = field(default_factory=dict)
    """How many pictures gave no template, by what failed."""
    crowded: int = 0
    """Pictures with more than one face, of which the foremost was taken."""
    eyes_px: tuple[float, float, float] | None = None
    """Between the eyes, in pixels: a quarter below, the median, a quarter above."""


@dataclass(frozen=True)
class Means:
    """What looks, and where templates are kept."""

    optics: Optics
    shelf: Shelf
    workers: int | None = None
    """None: one a core; 0: this process alone."""


def gather(roll: Roll, means: Means, console: Console) -> Cohort:
    """Look at every picture of the roll, or remember what came of it.

    Raises:
        ApplianceError: the networks are not here, or no picture gave a template.
    """
    with counted(console, "Looking at pictures", len(roll.pictures)) as step:
        looks = _looks([picture.file for picture in roll.pictures], means, step)
    cohort = _cohort(roll, looks)
    if not cohort.acquired.any():
        raise InputError("None of the pictures gave a template.", mend="Check the folder.")
    return cohort


def _looks(files: Sequence[Path], means: Means, step: Callable[[], None]) -> list[Look]:
    """Give a look for each file, in order."""
    sums = [sum_of(file) for file in files]
    tasks, missing = [Task(file) for file in files], means.shelf.missing(sums)
    with looking(partial(open_gaze, means.optics), means.workers, missing) as look:
        lookout = Lookout(look, partial(_look, means.shelf.dimension), step)
        return look_over(tasks, sums, means.shelf, lookout)


def _look(dimension: int, answer: Answer) -> Look:
    """Read what a worker says, with mistrust: a picture may have taken it over."""
    template = answer.template
    if answer.fault or template is None:
        return Look(failure_of(answer))
    if len(template) != dimension or not abs(float(np.linalg.norm(template)) - 1) < UNIT:
        return Look(UNREADABLE)
    told = answer.measures
    return Look(None, int(told.get("faces", 1)), told.get("eyes_px", 0.0), template)


def _cohort(roll: Roll, looks: Sequence[Look]) -> Cohort:
    good = [look for look in looks if look.template is not None]
    dimension = len(good[0].template) if good and good[0].template is not None else 1
    templates = np.zeros((len(looks), dimension), np.float32)
    for row, look in zip(templates, looks, strict=True):
        row[:] = 0 if look.template is None else look.template
    eyes = np.percentile([look.eyes_px for look in good], (25, 50, 75)) if good else None
    return Cohort(
        templates,
        np.array([picture.subject for picture in roll.pictures], np.int64),
        np.array([look.template is not None for look in looks], np.bool_),
        roll.subjects,
        roll.groups,
        {kind: Counter(look.failure for look in looks)[kind] for kind in FAILURES},
        sum(look.faces > 1 for look in good),
        None if eyes is None else (float(eyes[0]), float(eyes[1]), float(eyes[2])),
    )
