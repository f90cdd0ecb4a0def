"""What the likeness test found, in the words of the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.domain.candidate import Band
    from provisioning.report.likeness import Concern, Kind, Likeness, Rules

TITLES: dict[Kind, str] = {
    "lamb": "Is like too many people",
    "duplicate": "Two references, one face",
    "mixed": "A picture that is unlike the others",
    "look_alike": "Two people who look alike",
}
REASONS: dict[Kind, str] = {
    "lamb": "More strangers come near this picture than near any sound one.",
    "duplicate": "The two pictures show one person, or twins.",
    "mixed": "It is like none of the other pictures under its reference.",
    "look_alike": "The van may take the one for the other.",
}
MENDS: dict[Kind, str] = {
    "lamb": "Choose a better picture.",
    "duplicate": "Keep one reference: who is withdrawn under one would stay under the other.",
    "mixed": "Make sure that it shows the same person, or take it away.",
    "look_alike": "Make sure that each picture stands under the right reference.",
}
LEFT_OUT = "Left out, unless a reviewer accepts it by name and says why."
CONCERNS: dict[Concern, str] = {
    "quarantined": LEFT_OUT,
    "review": "On the list. Somebody must look before it is signed.",
}


@dataclass(frozen=True)
class Acceptance:
    """Somebody's word that an entry stands all the same."""

    reviewer: str = field(repr=False)
    reason: str = field(repr=False)


Accepted = Mapping[str, Acceptance]
"""By reference."""


@dataclass(frozen=True)
class Flag:
    """One finding, ready to be told."""

    kind: Kind
    concern: Concern
    references: tuple[str, ...] = field(repr=False)
    """One, or two that are alike."""
    rows: tuple[int, ...] = field(repr=False)
    """The pictures to look at, as numbers of templates."""
    title: str
    reason: str
    mend: str
    outcome: str = field(repr=False)
    """What becomes of the entry."""
    band: Band | None = None
    score: float = field(default=0.0, repr=False)
    count: int = 0


def flag(one: Likeness, references: Sequence[str], rules: Rules, accepted: Accepted) -> Flag:
    """Say what was found of whom, and what becomes of it."""
    two = one.other is not None and one.other != one.subject
    numbers = (one.subject, one.other) if two else (one.subject,)
    named = tuple(references[number] for number in numbers if number is not None)
    alike = one.kind in {"duplicate", "look_alike"}
    return Flag(
        one.kind,
        one.concern,
        named,
        tuple(row for row in (one.row, one.other_row) if row is not None),
        TITLES[one.kind],
        _counted(one) or REASONS[one.kind],
        MENDS[one.kind],
        _outcome(one, named, accepted),
        rules.band(one.score) if alike else None,
        round(one.score, 3),
        one.count,
    )


def _counted(one: Likeness) -> str:
    if one.kind != "lamb" or one.concern != "quarantined":
        return ""
    return f"The van would take {one.count} of the people it was compared with for this one."


def _outcome(one: Likeness, named: Sequence[str], accepted: Accepted) -> str:
    if one.concern == "review":
        return CONCERNS["review"]
    told = [
        f"{name} was accepted by {word.reviewer}: {word.reason}."
        for name in named
        if (word := accepted.get(name))
    ]
    left = [name for name in named if name not in accepted]
    if told and left:
        told.append(f"{left[0]} is left out.")
    return " ".join(told) or LEFT_OUT
