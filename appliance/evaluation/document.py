"""An evaluation as a document: what was measured with what, for a program and for the report."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from appliance.errors import InputError
from appliance.evaluation.ablation import ablate
from appliance.evaluation.comparisons import compare
from appliance.evaluation.groups import by_group
from appliance.evaluation.identification import Identification, identify
from appliance.evaluation.resample import Resample
from appliance.evaluation.verification import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from appliance.evaluation.ablation import Ablation, Cast
    from appliance.evaluation.cohort import Cohort
    from appliance.evaluation.endurance import Degradation
    from appliance.evaluation.groups import Characteristic
    from appliance.evaluation.identification import Plan
    from appliance.evaluation.verification import Verification
    from appliance.vision.models import Pack

    Step = Callable[[int, int], None]

SCOPE = (
    "These figures hold for these pictures, with this network at this threshold. They say nothing "
    "certain of another place, camera or crowd."
)


@dataclass(frozen=True)
class Model:
    """The networks that were measured."""

    pack: str
    title: str
    model_id: str
    detector: str
    """sha256, as here used."""
    encoder: str
    threshold: float
    """In operation: of the calibration, or as was asked for."""

    @classmethod
    def of(cls, pack: Pack, threshold: float) -> Model:
        """Name a pack."""
        files = pack.detector.cpu.sha256, pack.encoder.cpu.sha256
        return cls(pack.name, pack.title, pack.model_id, *files, threshold)


@dataclass(frozen=True)
class Acquired:
    """What came of the pictures."""

    pictures: int
    subjects: int
    failures: Mapping[str, int]
    failure_to_acquire: float
    subjects_without: int
    """Subjects of whom no picture gave a template."""
    crowded: int
    eyes_px: tuple[float, float, float] | None


@dataclass(frozen=True)
class Document:
    """Everything that an evaluation says."""

    kind: Literal["verification", "identification", "ablation", "degradation"]
    model: Model
    acquired: Acquired
    rounds: int
    seed: int
    result: Verification | Identification | Ablation | Degradation
    groups: tuple[Characteristic, ...] = ()
    scope: str = field(default=SCOPE)
    told: tuple[str, ...] = ()
    """What belongs on a card, in whole sentences."""

    def record(self) -> dict[str, Any]:
        """Give it for JSON; of subjects there are numbers of them only."""
        result = self.result
        if isinstance(result, Identification):
            result = replace(result, counts=None)
        written = asdict(replace(self, result=result))
        written["result"].pop("counts", None)
        return written


@dataclass(frozen=True)
class Bootstrap:
    """How often subjects are drawn anew, and from which seed."""

    rounds: int = 1_000
    seed: int = 1


def verification(cohort: Cohort, model: Model, bootstrap: Bootstrap, step: Step) -> Document:
    """Compare all pictures with all others.

    Raises:
        InputError: there is nothing to compare.
    """
    found = compare(cohort, model.threshold, step)
    drawn = Resample(cohort.subjects, bootstrap.rounds, bootstrap.seed)
    result = verify(found, model.threshold, drawn)
    groups = by_group(cohort, drawn, model.threshold, found=found)
    told = bootstrap.rounds, bootstrap.seed
    return Document("verification", model, acquired(cohort), *told, result, groups)


def identification(
    cohort: Cohort, model: Model, plan: Plan, bootstrap: Bootstrap, step: Step
) -> Document:
    """Search pictures in lists drawn from the others."""
    drawn = Resample(cohort.subjects, bootstrap.rounds, bootstrap.seed)
    result = identify(cohort, plan, model.threshold, drawn, step)
    groups = by_group(cohort, drawn, model.threshold, counts=result.counts)
    told = bootstrap.rounds, bootstrap.seed
    return Document("identification", model, acquired(cohort), *told, result, groups)


def ablation(cast: Cast, model: Model, bootstrap: Bootstrap, step: Step) -> Document:
    """Try ways of making a score beside each other.

    Raises:
        InputError: none of them can be tried.
    """
    cohort = cast.cohort
    drawn = Resample(cohort.subjects, bootstrap.rounds, bootstrap.seed)
    result = ablate(cast, drawn, step)
    if not result.parts:
        fault = f"There are too few people for lists of {cast.size:,}."
        raise InputError(fault, mend="Give pictures of more people, or ask for a shorter --size.")
    told = bootstrap.rounds, bootstrap.seed
    return Document("ablation", model, acquired(cohort), *told, result)


def acquired(cohort: Cohort) -> Acquired:
    """Count what gave a template, and what did not."""
    pictures, failed = len(cohort.owners), int((~cohort.acquired).sum())
    people = len(set(cohort.owners[cohort.acquired].tolist()))
    return Acquired(
        pictures,
        cohort.subjects,
        dict(cohort.failures),
        failed / pictures,
        cohort.subjects - people,
        cohort.crowded,
        cohort.eyes_px,
    )
