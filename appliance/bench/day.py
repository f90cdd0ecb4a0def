"""A day on the street as its log has it: faces, alerts and answers, of nobody, and reproducible."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from itertools import pairwise
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Final

from appliance.domain.candidate import Band
from appliance.domain.decision import Disposal, Engagement, Ethnicity, Verdict
from appliance.domain.ending import End
from appliance.domain.lamp import Lamp
from appliance.domain.scores import EDGES
from appliance.domain.times import bucket
from appliance.domain.watchlist import Ground
from appliance.oversight import entries, figures

if TYPE_CHECKING:
    from collections.abc import Iterator

MORNING: Final = datetime(2026, 6, 1, 8, tzinfo=timezone.utc)
SUBJECTS: Final = 2_000
GROUNDS: Final = {Ground.COURT: 1_872, Ground.SERIOUS_OFFENCE: 125, Ground.IMMINENT_HARM: 3}
EVERY: Final = timedelta(minutes=10)
STREET: Final = (1.2, 0.35)
"""Milliseconds until a face is erased, about: the middle, and how far it strays (log-normal)."""
AIR: Final = (140.0, 0.4)
"""And until an alert is on a tablet."""
TEMPLATES: Final = 3_100
STRANGERS: Final = NormalDist(0.05, 0.08)
"""How a network that nobody has made scores two strangers."""
SIGNED: Final = sha256(b"").hexdigest()


@dataclass(frozen=True)
class Day:
    """How much there was."""

    deployment_id: str = "day-1"
    faces: int = 20_000
    alerts: int = 50
    hours: int = 8
    seed: int = 1
    starts_at: datetime = MORNING


def lines(day: Day) -> Iterator[bytes]:
    """Give the log's entries of a whole day, from the program's start to its end."""
    at = day.starts_at
    officers = Officers(random.Random(day.seed))  # noqa: S311 - the same day each time
    for fact in _morning(day):
        yield _line(fact, at)
    steps = day.hours * 6
    for step in range(1, steps + 1):
        for number in range(day.alerts * (step - 1) // steps, day.alerts * step // steps):
            for who, fact in officers.answer(day, number):
                yield _line(fact, at, who)
        yield _line(entries.Felt(lamp=Lamp.ALERT if step % 2 else Lamp.LOOKING), at)
        at += EVERY
        yield _line(_counted(day, step / steps), at)
    for fact in _evening(day, officers):
        yield _line(fact, at)


def _line(fact: entries.Anything, at: datetime, who: str = "van") -> bytes:
    return entries.entry(who, fact, at=at).line


def _morning(day: Day) -> Iterator[entries.Anything]:
    yield entries.Started(version="0.1.0")
    yield entries.Opened(
        deployment_id=day.deployment_id,
        starts_at=day.starts_at,
        ends_at=day.starts_at + timedelta(hours=day.hours),
        notice_published_at=day.starts_at - timedelta(days=7),
        purpose="Find people who are wanted by a court.",
        authorising_officer="Superintendent, public order",
        authorised_at=day.starts_at - timedelta(days=8),
        place="High Street",
        maximum_subjects=SUBJECTS,
        force="Example Police",
    )
    yield _listed(day)
    yield entries.Applied(
        model_id=SIGNED,
        threshold=0.52,
        floor=0.45,
        pack="example",
        false_match_rate=2.4e-9,
        measured=True,
        templates=TEMPLATES,
        points=tuple((STRANGERS.inv_cdf(1 - 0.1**rare), 0.1**rare) for rare in (5, 6, 7, 8, 9)),
    )


def _listed(day: Day) -> entries.Listed:
    return entries.Listed(
        watchlist_id=f"{day.deployment_id}-list",
        bundle=SIGNED,
        subjects=SUBJECTS,
        grounds=GROUNDS,
        under_18=2,
        overrides=3,
        images=TEMPLATES,
        undated=40,
        taken_days_ago=(3, 210, 640, 1_480, 5_200),
        quality=(0.44, 0.61, 0.78),
        refused_images=212,
    )


@dataclass
class Officers:
    """Answer each alert, and remember what they said."""

    chance: random.Random
    answers: Counter[str] = field(default_factory=Counter[str])
    stops: Counter[tuple[Ethnicity, Engagement, Disposal]] = field(default_factory=Counter[Any])

    def answer(self, day: Day, number: int) -> Iterator[tuple[str, entries.Anything]]:
        """Give an alert, and what became of it, each with who says so."""
        tablet, alert_id = f"tablet/t-{number % 4}", f"{day.deployment_id}-alert-{number}"
        yield "van", _alerted(day, alert_id, number)
        verdict = Verdict.NOT_VIABLE if number % 25 == 0 else Verdict.VIABLE
        yield tablet, _decided(alert_id, verdict)
        self.answers.update(["alert", verdict.value])
        if verdict is Verdict.VIABLE:
            engagement = self.chance.choices([*Engagement], (40, 1, 8, 2))[0]
            yield tablet, _decided(alert_id, engagement)
            self.answers[engagement.value] += 1
            if engagement.stopped:
                disposal = self._stop(engagement)
                yield (
                    tablet,
                    entries.Told(
                        alert_id=alert_id, decision_id="o", disposal=disposal, signed=SIGNED
                    ),
                )

    def _stop(self, engagement: Engagement) -> Disposal:
        disposal = Disposal.NO_ACTION
        if engagement is Engagement.SAME_PERSON:
            disposal = self.chance.choices([*Disposal], (8, 2, 1))[0]
        ethnicity = self.chance.choices([*Ethnicity], (60, 3, 10, 9, 3, 15))[0]
        self.stops[ethnicity, engagement, disposal] += 1
        self.answers[disposal.value] += 1
        return disposal


def _alerted(day: Day, alert_id: str, number: int) -> entries.Alerted:
    return entries.Alerted(
        alert_id=alert_id,
        camera=f"mast-{number % 2}",
        watchlist_id=f"{day.deployment_id}-list",
        ground=Ground.COURT if number % 10 else Ground.SERIOUS_OFFENCE,
        band=[*Band][number % 3],
    )


def _decided(alert_id: str, answer: Verdict | Engagement) -> entries.Decided:
    return entries.Decided(
        alert_id=alert_id, decision_id=answer.value, answer=answer, signed=SIGNED
    )


def _counted(day: Day, share: float) -> figures.Counted:
    faces, frames = round(day.faces * share), round(day.hours * 3600 * 15 * share)
    return figures.Counted(
        deployment_id=day.deployment_id,
        span=f"{day.deployment_id}-span",
        final=share == 1,
        looked_s=day.hours * 3600 * share * 0.995,
        frames=frames,
        dropped_frames=frames // 900,
        bad_frames=0,
        detections=faces * 21,
        faces_seen=faces,
        erased=faces,
        unencoded=faces // 400,
        overflow=0,
        alerts=round(day.alerts * share),
        seen_to_tablet_ms=_times(AIR, round(day.alerts * share), day.seed),
        deletion_ms=_times(STREET, faces, day.seed),
    )


def _times(about: tuple[float, float], count: int, seed: int) -> dict[int, int]:
    chance = random.Random(seed)  # noqa: S311 - as above
    middle_ms, strays = about
    return dict(Counter(bucket(middle_ms * chance.lognormvariate(0, strays)) for _ in range(count)))


def _evening(day: Day, officers: Officers) -> Iterator[entries.Anything]:
    yield entries.Forgotten(of="faces", count=day.faces, deployment_id=day.deployment_id)
    yield entries.Erased(watchlist_id=f"{day.deployment_id}-list")
    yield entries.Closed(deployment_id=day.deployment_id, end=End.COMMAND)
    yield _concluded(day, officers)
    yield _recalled(day)
    yield _scored(day)
    yield entries.Finished(deployment_id=day.deployment_id)
    yield entries.Stopped()


def _concluded(day: Day, officers: Officers) -> figures.Concluded:
    wrong = officers.answers[Engagement.NOT_THE_PERSON.value]
    return figures.Concluded(
        deployment_id=day.deployment_id,
        answers=dict(officers.answers),
        unanswered=0,
        settled=0,
        stop_minutes=9 * officers.stops.total(),
        false_stop_minutes=4 * wrong,
        force_used=min(1, officers.stops.total()),
        leaflets=wrong,
        groups=tuple(
            figures.Grouped(ethnicity=who, engagement=came, disposal=disposal, count=count)
            for (who, came, disposal), count in officers.stops.items()
        ),
    )


def _recalled(day: Day) -> figures.Recalled:
    groups = ("all", 84, 73, 14), ("sex/female", 42, 35, 7), ("sex/male", 42, 38, 7)
    return figures.Recalled(
        deployment_id=day.deployment_id,
        volunteers=14,
        passes=tuple(
            figures.Passes(group=group, passes=passes, recognised=found, volunteers=people)
            for group, passes, found, people in groups
        ),
    )


def _scored(day: Day) -> figures.Scored:
    reached = [STRANGERS.cdf(edge) ** TEMPLATES for edge in EDGES]
    counts = tuple(round(day.faces * (high - low)) for low, high in pairwise(reached))
    faces = sum(counts)
    return figures.Scored(
        deployment_id=day.deployment_id,
        model_id=SIGNED,
        faces=faces,
        edges=EDGES,
        counts=counts,
        comparisons=faces * TEMPLATES,
    )
