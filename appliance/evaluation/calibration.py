"""What the scores of a pack mean, reckoned from strangers: the worst declared group binds."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from appliance.errors import InputError
from appliance.evaluation.comparisons import compare
from appliance.evaluation.document import Acquired, Model, acquired
from appliance.evaluation.groups import members_of
from appliance.evaluation.resample import Resample
from appliance.evaluation.tails import Curve, curve
from appliance.matching.calibration import Calibration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from appliance.evaluation.cohort import Cohort
    from appliance.evaluation.comparisons import Comparisons
    from appliance.evaluation.document import Bootstrap
    from appliance.vision.models import Pack

    Step = Callable[[int, int], None]

FLOOR, THRESHOLD, LIKELY, STRONG = 1e-4, 1e-5, 1e-6, 1e-7
"""Shares of strangers, within the worst group, that reach floor, threshold and the bands."""
EVERYTHING = 1.0
"""A threshold that keeps no more of the comparisons than their highest."""
CAUTION = "No body that is independent has tested it; other cameras and crowds have other rates."


@dataclass(frozen=True)
class Part:
    """The strangers of one declared group."""

    name: str
    """Its column and what is declared there."""
    curve: Curve | None
    """None: too few to be calibrated by themselves."""
    times: float | None
    """How many times as often as everybody they reach the score that one pair of everybody in
    10,000 reaches."""


@dataclass(frozen=True)
class Calibrated:
    """A calibration, and what it was reckoned from."""

    model: Model
    calibration: Calibration
    acquired: Acquired
    everybody: Curve
    parts: tuple[Part, ...]
    binding: Curve

    def record(self) -> dict[str, Any]:
        """Give it for JSON; nobody is in it."""
        parts = [
            {
                "name": part.name,
                "subjects": part.curve.subjects if part.curve else None,
                "comparisons": part.curve.comparisons if part.curve else None,
                "times": part.times,
            }
            for part in self.parts
        ]
        counted = [point.counted for point in self.binding.points]
        told = self.calibration.model_dump(mode="json")
        return {
            "kind": "calibration",
            "model": asdict(self.model),
            "told": self.told(),
            "calibration": told,
            "counted": counted,
            "groups": parts,
        }

    def told(self) -> list[str]:
        """Say what belongs on a card of the pack."""
        said = self.calibration
        levels = (
            f"By default the van alerts from {said.threshold} on, which one of 100,000 strangers "
            f"reaches, and no setting goes below {said.floor}, one of 10,000; a longer list or "
            "fewer false alerts that are wished raise it."
        )
        return [said.source, levels]


def calibrate(cohort: Cohort, pack: Pack, of: str, bootstrap: Bootstrap, step: Step) -> Calibrated:
    """Reckon what scores mean.

    Args:
        cohort: People of whom it is known who is who.
        pack: The networks that have made the templates.
        of: The pictures' name, for whoever reads the calibration.
        bootstrap: How intervals are drawn.
        step: Is told how far it is.

    Raises:
        InputError: there are too few strangers for any rate.
    """
    found = compare(cohort, EVERYTHING, step)
    drawn = Resample(cohort.subjects, bootstrap.rounds, bootstrap.seed)
    everybody = curve(found, drawn)
    if everybody is None:
        fault = f"{found.non_mated:,} comparisons of strangers are too few for a calibration."
        raise InputError(fault, mend="Give pictures of 450 people and more.")
    parts = tuple(_parts(cohort, found, drawn, everybody))
    worst = max(parts, key=lambda part: part.times or 0.0, default=None)
    binds = worst if worst and worst.curve and (worst.times or 0.0) > 1 else None
    binding = binds.curve if binds and binds.curve else everybody
    told = acquired(cohort)
    source = _source(of, told, (everybody, binding), parts, binds)
    made = _written(pack, binding, source, binds.name if binds else None)
    return Calibrated(Model.of(pack, made.threshold), made, told, everybody, parts, binding)


def _parts(cohort: Cohort, found: Comparisons, drawn: Resample, everybody: Curve) -> Iterator[Part]:
    for column, values in cohort.groups.items():
        for value, within in members_of(values).items():
            theirs = curve(found, drawn, within)
            times = None
            if theirs is not None:
                score = _score(everybody, FLOOR)
                times = theirs.rate_at(score) / everybody.rate_at(score)
            yield Part(f"{column} {value}", theirs, times)


def _score(of: Curve, rate: float) -> float:
    return next(point.score for point in of.points if (point.rate.value or 1.0) <= rate)


def _written(pack: Pack, binding: Curve, source: str, group: str | None) -> Calibration:
    points = binding.points
    fields: dict[str, Any] = {
        "pack": pack.name,
        "model_id": pack.model_id,
        "preprocessing": pack.preprocessing,
        "source": source,
        "measured": True,
        "points": [(point.score, _short(point.rate.value)) for point in points],
        "intervals": [(_short(point.rate.low), _short(point.rate.high)) for point in points],
        "counted_to": max(point.score for point in points if point.counted),
        "group": group,
    }
    known = Calibration(**fields, floor=-1, threshold=0, likely_from=0, strong_from=1)
    names = {"floor": FLOOR, "threshold": THRESHOLD, "likely_from": LIKELY, "strong_from": STRONG}
    fields |= {name: _up(known.score_of(rate) or 1.0) for name, rate in names.items()}
    return Calibration(**fields)


def _up(score: float) -> float:
    """Give a score with three decimals, rather higher than lower."""
    return min(math.ceil(score * 1e3 - 1e-9) / 1e3, 1.0)


def _short(rate: float | None) -> float:
    """Give a rate with four figures; more would claim what nobody knows."""
    return float(f"{rate or 0.0:.4g}")


def _source(
    of: str,
    told: Acquired,
    curves: tuple[Curve, Curve],
    parts: tuple[Part, ...],
    binds: Part | None,
) -> str:
    everybody, binding = curves
    looked = (
        f"`lfr evaluate calibrate` on {of}: {told.pictures:,} pictures of {told.subjects:,} "
        f"people, {everybody.comparisons:,} comparisons of strangers."
    )
    said = [looked]
    if binds:
        said.append(
            f"The worst group binds, {binds.name}: {binding.subjects:,} people, "
            f"{binding.comparisons:,} comparisons, {binds.times:.1f} times everybody's rate."
        )
    few = [part.name for part in parts if part.curve is None]
    if few:
        said.append(f"Too few to be calibrated by themselves: {', '.join(few)}.")
    if not parts:
        said.append("No groups are declared: for some the rate may be many times as high.")
    last = [point for point in binding.points if point.counted][-1]
    said.append(
        f"Counted down to {last.counted} pairs, at {last.score:.4f}; drawn on from there, as a "
        f"straight line of logarithms. {CAUTION}"
    )
    return " ".join(said)
