"""What came of each labelled pass, and of everybody else who went by."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from appliance.evaluation.film.listing import reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.evaluation.film.labels import Labels, Pass
    from appliance.evaluation.film.theatre import Shown
    from appliance.evaluation.film.witness import Went


@dataclass(frozen=True)
class Near:
    """How near somebody must come, and for how long."""

    eyes_px: float = 50.0
    seconds: float = 0.5


@dataclass(frozen=True)
class Outcome:
    """One listed person in one film."""

    film: int
    subject: int
    passings: int
    """As which the van saw it: whoever turns away and back passes twice."""
    seen: int
    """Of these, the ones with a sight good enough to encode."""
    found: int
    """Of these, the ones that were reported as this person."""
    seconds: float
    """In view."""
    eyes_px: float
    """The widest between the eyes."""
    near: bool
    """Whether it came near enough for long enough."""
    after_s: float | None = None
    """From the first sight to the first alert; None where there is none."""
    at_px: float | None = None
    """Between the eyes at the first alert."""


@dataclass(frozen=True)
class Others:
    """Everybody in one film who is somebody else than whom the alert names."""

    film: int
    seen: int
    """Passings of whoever is not listed that are faces seen."""
    false_alerts: int
    """Of these..."""
    mistaken: int
    """...and of listed people who were taken for another."""


def outcomes(
    labels: Labels, shown: Sequence[Shown], near: Near
) -> tuple[list[Outcome], list[Others]]:
    """Sort out who was who.

    Args:
        labels: Who is where.
        shown: Of each film.
        near: What counts as near.
    """
    told: list[Outcome] = []
    others: list[Others] = []
    for film, one in enumerate(shown):
        here = [label for label in labels.passes if label.film == film]
        owners = [_owner(went, here) for went in one.went]
        listed = [label for label in here if label.counted and label.subject in labels.listed]
        for label in listed:
            mine = [w for w, owner in zip(one.went, owners, strict=True) if owner is label]
            told.append(_outcome(label, mine, near))
        mates = {id(label): reference(label.subject) for label in listed}
        counted = [
            (went, mates.get(id(owner)))
            for went, owner in zip(one.went, owners, strict=True)
            if owner is None or owner.counted
        ]
        others.append(_others(film, counted))
    return told, others


def _owner(went: Went, labels: Sequence[Pass]) -> Pass | None:
    """Give the label in whose window a passing spends more than half of itself, and the most."""
    best, most = None, len(went.sights) / 2
    for label in labels:
        inside = sum(label.window.holds(s.at_s, s.x, s.y) for s in went.sights)
        if inside > most:
            best, most = label, inside
    return best


def _outcome(label: Pass, mine: Sequence[Went], near: Near) -> Outcome:
    name = reference(label.subject)
    calls = [went.call for went in mine if went.call and went.call.subject == name]
    first = min(calls, key=lambda call: call.at_s, default=None)
    began_s = min((went.sights[0].at_s for went in mine), default=0.0)
    return Outcome(
        label.film,
        label.subject,
        len(mine),
        sum(went.gated for went in mine),
        len(calls),
        sum(went.sights[-1].at_s - went.sights[0].at_s for went in mine),
        max((sight.eyes_px for went in mine for sight in went.sights), default=0.0),
        max((_near_s(went, near.eyes_px) for went in mine), default=-1.0) >= near.seconds,
        first.at_s - began_s if first else None,
        first.eyes_px if first else None,
    )


def _near_s(went: Went, eyes_px: float) -> float:
    """Add up the time for which a passing was so near."""
    return sum(
        after.at_s - before.at_s
        for before, after in pairwise(went.sights)
        if min(before.eyes_px, after.eyes_px) >= eyes_px
    )


def _others(film: int, went: Sequence[tuple[Went, str | None]]) -> Others:
    strange = [one for one, mate in went if mate is None]
    mistaken = sum(
        one.call is not None and one.call.subject != mate for one, mate in went if mate is not None
    )
    return Others(
        film,
        sum(one.gated for one in strange),
        sum(one.call is not None for one in strange),
        mistaken,
    )
