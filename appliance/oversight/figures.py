"""What a deployment has counted, as it stands in the log: numbers, of which the record is made.

Nothing here is of one person: times are sums and spreads, and a cell that is small is suppressed
by whoever publishes it, not here.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field, model_validator

from appliance.domain import times
from appliance.domain.decision import Disposal, Engagement, Ethnicity  # noqa: TC001  # pydantic
from appliance.domain.watchlist import Reference  # noqa: TC001  # pydantic reads it at run time
from appliance.oversight.fact import Count, Fact, Id, Label

if TYPE_CHECKING:
    from collections.abc import Mapping

Spread = dict[Annotated[int, Field(ge=0, le=times.LAST)], Count]
"""How often a time fell into each bucket of `times.bucket`."""
Score = Annotated[float, Field(ge=-1, le=1)]
UNANSWERED: Final = "unanswered"
"""The fate of an alert of which no officer has said anything that stands."""


class Counted(Fact):
    """What one span of looking has counted so far; the last of a span is what it came to."""

    what: Literal["counted"] = "counted"
    deployment_id: Reference
    span: Id
    """One process that looked under one authority, from the lamp's lighting on."""
    final: bool = False
    """Whether this is what it came to; a process that was killed never says so."""
    looked_s: Annotated[float, Field(ge=0)]
    """How long the lamp was lit and every camera gave frames."""
    frames: Count
    dropped_frames: Count
    bad_frames: Count
    detections: Count
    faces_seen: Count
    """Passings with at least one sight good enough to encode."""
    erased: Count
    """Of the faces seen, those whose erasure was measured."""
    unencoded: Count
    overflow: Count
    alerts: Count
    seen_to_tablet_ms: Spread
    deletion_ms: Spread


class Grouped(Fact):
    """How stops ended for people whom officers recorded alike."""

    ethnicity: Ethnicity
    """As an officer recorded it of a person who was stopped, and of nobody else."""
    engagement: Engagement
    disposal: Disposal
    count: Count


def grouped(counts: Mapping[tuple[Ethnicity, Engagement, Disposal], int]) -> tuple[Grouped, ...]:
    """Put down how many stops were alike, always in the same order."""
    return tuple(
        Grouped(ethnicity=ethnicity, engagement=engagement, disposal=disposal, count=count)
        for (ethnicity, engagement, disposal), count in sorted(counts.items())
    )


class Concluded(Fact):
    """What officers made of a deployment's alerts, when it was closed.

    Of alerts whose day is over before that it is said when they are erased, as a part.
    """

    what: Literal["concluded"] = "concluded"
    deployment_id: Reference
    answers: dict[Id, Count]
    """As `course.counted` has them: alert, not_viable, viable, same_person, ..., no_action."""
    unanswered: Count
    """Alerts that expired before anybody answered: not viable, by default."""
    settled: Count
    """Alerts that were closed without an outcome, for a reason that is in the log; none of them is
    in `unanswered`."""
    stop_minutes: Count
    false_stop_minutes: Count
    """Of people who were not the person, or were no longer wanted."""
    force_used: Count
    leaflets: Count
    groups: tuple[Grouped, ...] = ()
    fates: dict[Id, Count] | None = None
    """How many alerts came to which one word in the end, those to volunteers in a recall test left
    out: the weightiest answer that stands, or `UNANSWERED`, settled or not. None in a log of before
    this was counted."""

    part: bool = False
    """Whether more is to come: of the alerts that are still held, when it is closed."""

    def came_to(self, *words: str) -> int:
        """Count the alerts that came to one of these words; see `fates`."""
        told = self.fates
        if told is None:
            told = {**self.answers, UNANSWERED: self.unanswered}
        return sum(told.get(word, 0) for word in words)


def added(first: Concluded, second: Concluded) -> Concluded:
    """Add up what officers made of different alerts of one deployment."""
    fates = [one.fates for one in (first, second) if one.fates is not None]
    groups: Counter[tuple[Ethnicity, Engagement, Disposal]] = Counter()
    for one in (*first.groups, *second.groups):
        groups[one.ethnicity, one.engagement, one.disposal] += one.count
    return Concluded(
        deployment_id=second.deployment_id,
        answers=dict(Counter(first.answers) + Counter(second.answers)),
        unanswered=first.unanswered + second.unanswered,
        settled=first.settled + second.settled,
        stop_minutes=first.stop_minutes + second.stop_minutes,
        false_stop_minutes=first.false_stop_minutes + second.false_stop_minutes,
        force_used=first.force_used + second.force_used,
        leaflets=first.leaflets + second.leaflets,
        groups=grouped(groups),
        fates=dict(sum(map(Counter, fates), Counter[str]())) if fates else None,
        part=first.part and second.part,
    )


class Passes(Fact):
    """How often consenting volunteers of one group passed, and were recognised."""

    group: Label
    """As they declare it themselves; `all` is everybody."""
    passes: Count
    recognised: Count
    volunteers: Count = 0
    effect: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 1.0
    """How many of these passes tell as much as one that is independent: `design_effect`."""

    @model_validator(mode="after")
    def _some_of_all(self) -> Passes:
        if self.recognised > self.passes:
            raise ValueError("more were recognised than passed")
        return self


class Recalled(Fact):
    """A recall test with consenting volunteers, when it ended."""

    what: Literal["recalled"] = "recalled"
    deployment_id: Reference
    volunteers: Count
    passes: tuple[Passes, ...]


class Scored(Fact):
    """The best scores of those who were not alerted, of a whole deployment: 1,000 faces or none."""

    what: Literal["scored"] = "scored"
    deployment_id: Reference
    model_id: Id
    faces: Annotated[int, Field(ge=1000)]
    edges: tuple[Score, ...]
    """B + 1 of them, ascending."""
    counts: tuple[Count, ...]
    """B of them."""
    comparisons: Count = 0
    """With how many templates those faces were compared, all in all."""
