"""The public record as a program reads it: one JSON document, whose schema is that of `Record`.

null: nobody has measured it. "hidden" and "1 to 4": a small cell. A share says of how many it is,
and within what lies what is behind it; it is refused where it does not follow from the counts.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from appliance.domain.decision import Disposal, Engagement  # noqa: TC001  # pydantic reads it
from appliance.domain.ending import End  # noqa: TC001  # as above
from appliance.domain.watchlist import Line, Reference  # noqa: TC001  # as above
from appliance.oversight.fact import Fact, Id, Sha256, Why
from appliance.oversight.figures import Score  # noqa: TC001  # as above
from appliance.oversight.record.card import Card  # noqa: TC001  # as above
from appliance.oversight.record.cells import Few, Number, Split  # noqa: TC001  # as above
from appliance.oversight.record.measures import (
    MOST,
    MOST_GROUPS,
    Amount,
    Histogram,
    Measured,
    Portion,
    Rate,
    Recall,
)
from appliance.sealing import Seal  # noqa: TC001  # as above

Origin = Annotated[str, StringConstraints(pattern=r"^[!-*,-~]{1,200}$")]


class Log(Fact):
    """In which log all this stands, and how far it went when the record was made of it."""

    origin: Origin
    entries: Number
    root: Sha256


class Deployment(Fact):
    """Whose, why, under whom, where and when."""

    force: Line | None
    deployment_id: Reference
    purpose: Line
    authorising_officer: Line
    authorised_at: AwareDatetime | None = None
    """When the desk wrote the authority down; null where it does not say."""
    notice_published_at: AwareDatetime
    notice_hours: Amount
    """Before the authority's start."""
    place: Line
    position: Literal["declared", "gpsd"]
    opened_by: Literal["hand", "itself"]
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    opened_at: AwareDatetime
    closed_at: AwareDatetime | None
    end: End | None
    finished: bool
    """Whether every alert has its end."""
    maximum_subjects: Number
    software: Annotated[tuple[Why, ...], Field(max_length=MOST)]
    sealed: Annotated[tuple[Seal, ...], Field(max_length=MOST)] | None
    """What kept the program's memory from being found later, at each of its starts."""


class Applied(Fact):
    """By which network and from which score on a likeness counted."""

    model_id: Id
    pack: Id | None
    threshold: Score
    floor: Score
    false_match_rate: Portion | None
    """Of one comparison, as the calibration predicts it."""
    measured: bool
    templates: Number
    points: Annotated[tuple[tuple[Score, Portion], ...], Field(max_length=MOST_GROUPS)]
    """Of the calibration: scores, and how often one comparison of strangers reaches each."""
    counted_to: Score | None = None
    """Points above it are drawn on beyond what was counted."""


class Searched(Fact):
    """A list that was searched."""

    watchlist_id: Reference
    bundle: Sha256
    subjects: Number
    volunteers: Number
    """Of them, in a recall test."""
    grounds: Split
    """Of the others."""
    under_18: Few
    overrides: Few
    images: Number
    undated: Few
    taken_days_ago: tuple[Number, Number, Number] | None
    """Quartiles of the images whose day is known; null where a quarter would be a small cell."""
    quality: tuple[Portion, Portion, Portion] | None = None
    """Quartiles, as the desk measured it; null where it did not, or as above."""
    rejected: Few | None = None
    """Images that the desk refused as not good enough; null where it does not say."""


class Seen(Fact):
    """What the cameras saw, over all spans."""

    definition: Literal["passing/1"] = "passing/1"
    """Of a face: once for each passing by one camera that was seen well enough to be encoded."""
    spans: Number
    cut_short: Number
    """Spans whose process was killed: up to ten minutes of each are counted nowhere."""
    looked_s: Amount
    open_s: Amount | None
    """From the first opening to the close."""
    uptime: Portion | None
    frames: Number
    dropped_frames: Number
    bad_frames: Number
    detections: Number
    faces_seen: Number
    erased: Number
    unencoded: Number
    overflow: Number


class Answers(Fact):
    """What officers made of the alerts."""

    viable: Number
    not_viable: Number
    unanswered: Number
    settled: Number
    engaged: Number
    confirmed_true: Number
    confirmed_false: Number
    stale: Number
    lost: Number
    arrests: Number
    other_disposals: Number
    no_action: Number
    undone: Number
    stop_minutes: Number
    false_stop_minutes: Number
    force_used: Number
    leaflets: Number


class Stops(Fact):
    """Stops that came to the same, by ethnicity as officers recorded it of who was stopped."""

    engagement: Engagement
    disposal: Disposal
    people: Split


class Alerts(Fact):
    """What the van alerted, what came of it, and what was predicted."""

    alerts: Number
    volunteers: Number
    """To people in a recall test, which are no part of the rates."""
    grounds: Split
    """Of the others."""
    answers: Answers | None
    ethnicity: Annotated[tuple[Stops, ...], Field(max_length=MOST)] | None
    false_alerts: Number | None
    """Not viable, unanswered, or not the person."""
    per_face: Rate | None
    per_alert: Rate | None
    confirmed_per_face: Rate | None
    confirmed_per_alert: Rate | None
    predicted: tuple[Amount, Amount] | None
    """False alerts by the calibration, by the most favourable list in force and by the least."""


class Upkeep(Fact):
    """What else the log tells."""

    degraded: Number
    """How often the lamp turned to it."""
    faults: Number
    refused: dict[Id, Number]
    """What came from outside and was not what it should be."""
    taken_off: Few
    """People taken off the list while the van looked."""
    held: Few
    """Alerts kept longer, because somebody asked."""
    disclosed: Few
    """Alerts of which somebody was told by the code of their slip."""
    exported: Number
    alerts_erased: Number
    faces_erased: Number


class Record(Fact):
    """The whole record of one deployment."""

    kind: Literal["lfr.record/1"] = "lfr.record/1"
    made_at: AwareDatetime
    """When the last entry that it rests on was written."""
    log: Log
    deployment: Deployment
    in_force: Annotated[tuple[Applied, ...], Field(max_length=MOST)]
    lists: Annotated[tuple[Searched, ...], Field(max_length=MOST)]
    seen: Seen
    alerts: Alerts
    seen_to_tablet_ms: Measured
    deletion_ms: Measured
    recall: Annotated[tuple[Recall, ...], Field(max_length=MOST_GROUPS)]
    scores: Annotated[tuple[Histogram, ...], Field(max_length=MOST)]
    upkeep: Upkeep
    cards: Annotated[tuple[Card, ...], Field(max_length=MOST_GROUPS)] = ()
    """Of the networks in force, as the software that made the record has them."""
