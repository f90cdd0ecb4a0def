"""From pictures to the figures of `lfr evaluate degradation`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from appliance.evaluation.degradation import cohort_of
from appliance.evaluation.document import Document, Model, acquired
from appliance.evaluation.endurance import Measure, degrade
from appliance.evaluation.fusing import weigh
from appliance.evaluation.gaze import Optics
from appliance.evaluation.resample import Resample
from appliance.evaluation.roll import read_roll
from appliance.evaluation.shelf import Shelf, name_of
from appliance.evaluation.sightings import NUMBERS
from appliance.evaluation.trials import Chosen, Means, Plan, Trials, choose
from appliance.evaluation.worse import facts
from appliance.settings import VisionSettings
from engines.calibrated import calibrated
from engines.packs import resolve

if TYPE_CHECKING:
    import numpy.typing as npt
    from rich.console import Console

    from appliance.evaluation.degradation import Lists
    from appliance.evaluation.wishes import Wishes
    from appliance.vision.models import Pack

    Floats = npt.NDArray[np.float32]


def degradation(wishes: Wishes, plan: Plan, lists: Lists, console: Console) -> Document:
    """Spoil pictures, and measure what is left.

    Raises:
        ApplianceError: the pictures, the networks or their calibration are not there.
    """
    roll = read_roll(wishes.source, wishes.pictures)
    pack = resolve(wishes.pack, wishes.models, fetch=False, notify=lambda _: None).pack
    threshold = wishes.threshold
    if threshold is None:
        threshold = calibrated(pack).threshold
    chosen, bootstrap = choose(roll, plan), wishes.bootstrap
    drawn = Resample(chosen.subjects, bootstrap.rounds, bootstrap.seed)
    settings = _settings(plan)
    by = Measure(chosen, pack, settings, threshold, lists, drawn, plan.width_px)
    with Trials(chosen, plan, _means(wishes, pack, settings)).open(console) as (plain, trials):
        result = degrade(plain, trials, by)
    model = Model.of(pack, threshold)
    told = bootstrap.rounds, bootstrap.seed
    seen = acquired(cohort_of(chosen, plain))
    return Document("degradation", model, seen, *told, result, told=tuple(facts(result)))


def weights(wishes: Wishes, pack: Pack, console: Console) -> Floats:
    """Look at all pictures as they are, and weigh them as the van weighs shots: (P,).

    Raises:
        ApplianceError: the pictures or networks are not there.
    """
    roll = read_roll(wishes.source, wishes.pictures)
    owners = np.array([picture.subject for picture in roll.pictures], np.int64)
    chosen = Chosen(tuple(picture.file for picture in roll.pictures), owners, roll.subjects)
    settings = VisionSettings()
    with Trials(chosen, Plan(()), _means(wishes, pack, settings)).open(console) as (plain, _):
        return weigh(plain, pack.landmarks, settings)


def _settings(plan: Plan) -> VisionSettings:
    settings = VisionSettings()
    return settings if plan.closer else settings.model_copy(update={"closer_px": 0.0})


def _means(wishes: Wishes, pack: Pack, settings: VisionSettings) -> Means:
    dimension = pack.encoder.dimension
    name = f"{name_of(pack, settings)}-{settings.closer_px:g}"

    def shelf(step: str) -> Shelf:
        return Shelf(wishes.cache, f"{name}-{step}", dimension + NUMBERS)

    optics = Optics(pack.name, wishes.models, closer=settings.closer_px > 0)
    return Means(optics, pack.landmarks, dimension, shelf, wishes.workers)
