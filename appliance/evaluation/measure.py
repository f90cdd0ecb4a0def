"""An evaluation from the pictures to the document: what `lfr evaluate` does."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TextColumn

from appliance.evaluation import calibration, document
from appliance.evaluation.ablation import Cast
from appliance.evaluation.cohort import Means, gather
from appliance.evaluation.cost import cost
from appliance.evaluation.degrading import weights
from appliance.evaluation.document import Model
from appliance.evaluation.gaze import Optics
from appliance.evaluation.rivals import Rival, Rivals, contrasts
from appliance.evaluation.roll import read_roll
from appliance.evaluation.search import Beside
from appliance.evaluation.shelf import Shelf, name_of
from appliance.evaluation.way import unit
from appliance.settings import VisionSettings
from engines.calibrated import calibrated
from engines.packs import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from rich.console import Console

    from appliance.evaluation.calibration import Calibrated
    from appliance.evaluation.cohort import Cohort
    from appliance.evaluation.document import Document
    from appliance.evaluation.identification import Plan
    from appliance.evaluation.wishes import Wishes
    from appliance.vision.models import Pack


def verify(wishes: Wishes, console: Console) -> Document:
    """Measure verification.

    Raises:
        ApplianceError: the pictures, the networks or their calibration are not there.
    """
    model, cohort = _seen(wishes, console)
    with bar(console, "Comparing") as step:
        return document.verification(cohort, model, wishes.bootstrap, step)


def identify(wishes: Wishes, plan: Plan, console: Console) -> Document:
    """Measure identification.

    Raises:
        ApplianceError: the pictures, the networks or their calibration are not there.
    """
    model, cohort = _seen(wishes, console)
    with bar(console, "Searching") as step:
        return document.identification(cohort, model, plan, wishes.bootstrap, step)


def ablate(wishes: Wishes, plan: Plan, console: Console) -> Document:
    """Measure what each part of a decision is worth, on lists of the plan's first length.

    Raises:
        ApplianceError: the pictures, the networks or their calibration are not there, or there are
            too few people.
    """
    model, cohort = _seen(wishes, console)
    _, turned = _seen(wishes, console, mirrored=True)
    encode_ms = cost(model.pack, wishes.models).encode_ms
    both = unit(cohort.templates + turned.templates)
    beside = Beside(cohort.templates, both, weights(wishes, _pack(wishes), console))
    cast = Cast(cohort, beside, encode_ms, plan.sizes[0], plan.draws, plan.seed)
    with bar(console, "Trying") as step:
        return document.ablation(cast, model, wishes.bootstrap, step)


def contest(
    wishes: Wishes,
    packs: tuple[str, str],
    thresholds: tuple[float | None, float | None],
    plan: Plan,
    console: Console,
    *,
    timed: bool,
) -> Rivals:
    """Put two packs side by side.

    Args:
        wishes: What is to be measured; its pack and threshold do not count.
        packs: The names of both.
        thresholds: In operation, of each; None: that of its calibration.
        plan: Which lists.
        console: Where progress is shown.
        timed: Whether both are timed on this computer, too.

    Raises:
        ApplianceError: the pictures, the networks or their calibration are not there.
    """
    rivals: list[tuple[Rival, Cohort]] = []
    for name, threshold in zip(packs, thresholds, strict=True):
        model, cohort = _seen(replace(wishes, pack=name, threshold=threshold), console)
        pack = resolve(name, wishes.models, fetch=False, notify=lambda _: None).pack
        spent = cost(name, wishes.models) if timed else None
        rivals.append((Rival.of(pack, model, cohort, spent), cohort))
    (first, ours), (second, theirs) = rivals
    at = first.model.threshold, second.model.threshold
    with bar(console, "Comparing") as step:
        found = contrasts((ours, theirs), at, plan, wishes.bootstrap, step)
    return Rivals(first, second, found, wishes.bootstrap.rounds, wishes.bootstrap.seed)


def calibrate(wishes: Wishes, of: str, console: Console) -> Calibrated:
    """Reckon what scores mean; that nobody has done so before is no fault.

    Raises:
        ApplianceError: the pictures or the networks are not there, or are too few.
    """
    pack = _pack(wishes)
    cohort = _gathered(wishes, pack, console)
    with bar(console, "Comparing") as step:
        return calibration.calibrate(cohort, pack, of, wishes.bootstrap, step)


def _seen(wishes: Wishes, console: Console, *, mirrored: bool = False) -> tuple[Model, Cohort]:
    pack, threshold = _pack(wishes), wishes.threshold
    if threshold is None:
        threshold = calibrated(pack).threshold
    return Model.of(pack, threshold), _gathered(wishes, pack, console, mirrored=mirrored)


def _pack(wishes: Wishes) -> Pack:
    return resolve(wishes.pack, wishes.models, fetch=False, notify=lambda _: None).pack


def _gathered(wishes: Wishes, pack: Pack, console: Console, *, mirrored: bool = False) -> Cohort:
    roll = read_roll(wishes.source, wishes.pictures)
    name = name_of(pack, VisionSettings(), mirrored=mirrored)
    shelf = Shelf(wishes.cache, name, pack.encoder.dimension)
    means = Means(Optics(pack.name, wishes.models, mirrored), shelf, wishes.workers)
    return gather(roll, means, console)


@contextmanager
def bar(console: Console, what: str) -> Generator[Callable[[int, int], None]]:
    """Show how far it is."""
    columns = (TextColumn("{task.description}"), BarColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, count: progress.update(task, completed=done, total=count)
