"""The record of a deployment, made from what its log says."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, TypeVar

from appliance.domain.decision import Disposal, Engagement, Ethnicity
from appliance.domain.lamp import Lamp
from appliance.domain.watchlist import Ground
from appliance.oversight import figures
from appliance.oversight.record import measures, record
from appliance.oversight.record.cells import SMALL, Split, few
from appliance.oversight.record.recall import recall
from appliance.oversight.record.strangers import histogram
from appliance.oversight.strangers import FALSE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from appliance.oversight import entries
    from appliance.oversight.record.gather import Story

NAMES: Final = (
    "frames", "dropped_frames", "bad_frames", "detections", "faces_seen", "erased", "unencoded",
    "overflow",
)  # fmt: skip
QUARTERS: Final = 4
T = TypeVar("T")


def make(story: Story, log: record.Log, made_at: datetime) -> record.Record:
    """Make the record of one deployment.

    Args:
        story: What the log says of it.
        log: Which log, and how far it goes.
        made_at: When its last entry was written.
    """
    seen = _seen(story)
    return record.Record(
        made_at=made_at,
        log=log,
        deployment=_deployment(story),
        in_force=tuple(_in_force(applied) for applied in story.applied),
        lists=tuple(_searched(listed) for listed in story.lists.values()),
        seen=seen,
        alerts=_alerts(story, seen.faces_seen),
        seen_to_tablet_ms=_measured(span.seen_to_tablet_ms for span in story.spans.values()),
        deletion_ms=_measured(span.deletion_ms for span in story.spans.values()),
        recall=tuple(recall(recalled) for recalled in story.recalled),
        scores=tuple(histogram(story, scored) for scored in story.scored.values()),
        upkeep=_upkeep(story),
    )


def _deployment(story: Story) -> record.Deployment:
    opened, closed = story.opened, story.closed
    notice = opened.starts_at - opened.notice_published_at
    return record.Deployment(
        force=opened.force,
        deployment_id=opened.deployment_id,
        purpose=opened.purpose,
        authorising_officer=opened.authorising_officer,
        authorised_at=opened.authorised_at,
        notice_published_at=opened.notice_published_at,
        notice_hours=round(notice.total_seconds() / 3600, 2),
        place=opened.place,
        position=opened.position,
        opened_by=opened.by,
        starts_at=opened.starts_at,
        ends_at=opened.ends_at,
        opened_at=story.opened_at,
        closed_at=story.closed_at,
        end=closed.end if closed else None,
        finished=story.finished,
        maximum_subjects=opened.maximum_subjects,
        software=tuple(story.software),
        sealed=None if story.sealed is None else tuple(sorted(story.sealed)),
    )


def _in_force(applied: entries.Applied) -> record.Applied:
    return record.Applied(**applied.model_dump(exclude={"what"}))


def _searched(listed: entries.Listed) -> record.Searched:
    ages = _quartiles(listed.taken_days_ago[1:4], listed.images - listed.undated)
    return record.Searched(
        watchlist_id=listed.watchlist_id,
        bundle=listed.bundle,
        subjects=listed.subjects,
        volunteers=listed.grounds.get(Ground.VOLUNTEER, 0),
        grounds=_by_ground(listed.grounds),
        under_18=few(listed.under_18),
        overrides=few(listed.overrides),
        images=listed.images,
        undated=few(listed.undated),
        taken_days_ago=ages,
        quality=_quartiles(listed.quality, listed.images),
        rejected=None if listed.refused_images is None else few(listed.refused_images),
    )


def _quartiles(found: Sequence[T], count: int) -> tuple[T, T, T] | None:
    """Give three quartiles, unless a quarter of so many would be a small cell."""
    if len(found) < QUARTERS - 1 or count < QUARTERS * SMALL:
        return None
    return found[0], found[1], found[2]


def _by_ground(counts: Mapping[Ground, int]) -> Split:
    """Split by why people are looked for; volunteers are told apart, and would give others away."""
    sought = [ground for ground in Ground if ground is not Ground.VOLUNTEER]
    return Split.of({ground.value: counts.get(ground, 0) for ground in sought})


def _seen(story: Story) -> record.Seen:
    spans = story.spans.values()
    numbers = {name: sum(getattr(span, name) for span in spans) for name in NAMES}
    looked_s, open_s = sum(span.looked_s for span in spans), None
    if story.closed_at is not None:
        open_s = max(0.0, (story.closed_at - story.opened_at).total_seconds())
    return record.Seen(
        definition="passing/1",
        spans=len(story.spans),
        cut_short=max(0, story.openings - sum(span.final for span in spans)),
        looked_s=round(looked_s, 1),
        open_s=open_s,
        uptime=round(min(1.0, looked_s / open_s), 4) if open_s else None,
        **numbers,
    )


def _alerts(story: Story, faces: int) -> record.Alerts:
    grounds = Counter(alerted.ground for alerted in story.alerted.values())
    volunteers = grounds[Ground.VOLUNTEER]
    concluded = story.concluded
    others = len(story.alerted) - volunteers
    wrong, confirmed = None, None
    if concluded is not None:
        confirmed = min(concluded.came_to(Engagement.NOT_THE_PERSON.value), others)
        wrong = min(concluded.came_to(*FALSE, figures.UNANSWERED), others)
    return record.Alerts(
        alerts=len(story.alerted),
        volunteers=volunteers,
        grounds=_by_ground(grounds),
        answers=_answers(concluded) if concluded else None,
        ethnicity=_stops(concluded.groups) if concluded else None,
        false_alerts=wrong,
        per_face=_rate(wrong, faces),
        per_alert=_rate(wrong, others),
        confirmed_per_face=_rate(confirmed, faces),
        confirmed_per_alert=_rate(confirmed, others),
        predicted=_predicted(story.applied, faces),
    )


def _rate(hits: int | None, trials: int) -> measures.Rate | None:
    # After a kill alerts are known of faces that were counted nowhere.
    return None if hits is None or hits > trials else measures.Rate.of(hits, trials)


def _answers(concluded: figures.Concluded) -> record.Answers:
    said = Counter(concluded.answers)
    stopped = [each for each in Engagement if each.stopped]
    return record.Answers(
        viable=said["viable"],
        not_viable=said["not_viable"],
        unanswered=concluded.unanswered,
        settled=concluded.settled,
        engaged=sum(said[each.value] for each in stopped),
        confirmed_true=said[Engagement.SAME_PERSON.value],
        confirmed_false=said[Engagement.NOT_THE_PERSON.value],
        stale=said[Engagement.NO_LONGER_WANTED.value],
        lost=said[Engagement.LOST.value],
        arrests=said[Disposal.ARREST.value],
        other_disposals=said[Disposal.OTHER_DISPOSAL.value],
        no_action=said[Disposal.NO_ACTION.value],
        undone=said["undo"],
        stop_minutes=concluded.stop_minutes,
        false_stop_minutes=concluded.false_stop_minutes,
        force_used=concluded.force_used,
        leaflets=concluded.leaflets,
    )


def _stops(groups: Iterable[figures.Grouped]) -> tuple[record.Stops, ...]:
    """Split stops that came to the same by ethnicity; each column hides its small cells alone.

    Its total may be known, and no other sum of its cells is told: there are no totals of rows.
    """
    columns: dict[tuple[Engagement, Disposal], Counter[Ethnicity]] = {}
    for group in groups:
        column = columns.setdefault((group.engagement, group.disposal), Counter())
        column[group.ethnicity] += group.count
    return tuple(
        record.Stops(
            engagement=engagement,
            disposal=disposal,
            people=Split.of({each.value: column[each] for each in Ethnicity}),
        )
        for (engagement, disposal), column in sorted(
            columns.items(), key=lambda item: [word.value for word in item[0]]
        )
    )


def _predicted(applied: list[entries.Applied], faces: int) -> tuple[float, float] | None:
    each = [
        one.false_match_rate * one.templates for one in applied if one.false_match_rate is not None
    ]
    if not each or len(each) < len(applied):
        return None
    return float(f"{min(each) * faces:.4g}"), float(f"{max(each) * faces:.4g}")


def _measured(spreads: Iterable[dict[int, int]]) -> measures.Measured:
    counts: Counter[int] = Counter()
    for spread in spreads:
        counts.update(spread)
    return measures.Measured.of(counts)


def _upkeep(story: Story) -> record.Upkeep:
    marked = {what: len(alerts) for what, alerts in story.marked.items()}
    return record.Upkeep(
        degraded=story.lamps[Lamp.DEGRADED],
        faults=story.lamps[Lamp.FAULT],
        refused=dict(story.refused),
        taken_off=few(story.taken_off),
        held=few(marked.get("hold", 0)),
        disclosed=few(marked.get("disclosure", 0)),
        exported=story.exported,
        alerts_erased=story.erased["alerts"],
        faces_erased=story.erased["faces"],
    )
