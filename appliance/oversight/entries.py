"""What stands in the log: each kind of entry, and the only words that it has.

Who, when, what and why, and never a name or a picture: officers stand as their tablet, and people
on a list, or before a camera, as a number of them at the most. An alert is its id, which leads to
somebody only while the van's register, or the force's case file, holds it.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated, Literal
from uuid import uuid4

from pydantic import AwareDatetime, Field

from appliance.domain.candidate import Band  # noqa: TC001  # pydantic reads it at run time
from appliance.domain.decision import Disposal, Engagement, Verdict  # noqa: TC001  # as above
from appliance.domain.ending import End  # noqa: TC001  # as above
from appliance.domain.lamp import Lamp  # noqa: TC001  # as above
from appliance.domain.watchlist import Ground, Line, Portion, Reference  # noqa: TC001  # as above
from appliance.oversight.fact import Count, Fact, Id, Sha256, Who, Why
from appliance.oversight.figures import Concluded, Counted, Recalled, Scored
from appliance.sealing import Seal  # noqa: TC001  # as above


class Started(Fact):
    """The program begins."""

    what: Literal["started"] = "started"
    version: Why
    sealed: tuple[Seal, ...] | None = None
    """What keeps its memory from being found later; None before anybody looked."""


class Stopped(Fact):
    """The program ends, and in order; one that was killed says nothing."""

    what: Literal["stopped"] = "stopped"


class Opened(Fact):
    """Under an authority somebody may be looked for from now on."""

    what: Literal["authority_opened"] = "authority_opened"
    deployment_id: Reference
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    notice_published_at: AwareDatetime
    purpose: Line
    authorising_officer: Line
    """Rank and role, as the authority has them."""
    authorised_at: AwareDatetime | None = None
    """When the desk wrote the authority down; None where it does not say."""
    place: Line
    maximum_subjects: Count
    position: Literal["declared", "gpsd"] = "declared"
    """Who said where the van stands."""
    by: Literal["hand", "itself"] = "itself"
    """Whether somebody opened it by command..."""
    user: Count | None = None
    """...and who: the number of the account."""
    force: Line | None = None
    """Whose van it is, where the settings say so."""


class Asked(Fact):
    """Somebody has ended a deployment by command, whereupon it is closed."""

    what: Literal["close_asked"] = "close_asked"
    deployment_id: Reference


class Closed(Fact):
    """An authority has ended for good."""

    what: Literal["authority_closed"] = "authority_closed"
    deployment_id: Reference
    end: End


class Listed(Fact):
    """A list is searched from now on."""

    what: Literal["list_installed"] = "list_installed"
    watchlist_id: Reference
    bundle: Sha256
    subjects: Count
    grounds: dict[Ground, Count]
    under_18: Count = 0
    """Each with a signed override."""
    overrides: Count = 0
    """Entries on an unusual ground, each with a signed reason."""
    images: Count = 0
    undated: Count = 0
    """Images of which nobody said when they were taken."""
    taken_days_ago: tuple[Count, ...] = ()
    """Of the images whose day is known: the newest, the quartiles and the oldest."""
    quality: Annotated[tuple[Portion, ...], Field(max_length=3)] = ()
    """Quartiles of the images' quality, 0 to 1, as the desk measured it."""
    refused_images: Count | None = None
    """At the desk, before there was a list; None where it does not say."""


class TakenOff(Fact):
    """People are taken off the list."""

    what: Literal["list_withdrawn"] = "list_withdrawn"
    watchlist_id: Reference
    subjects: Count


class Erased(Fact):
    """A list is gone: from memory, its key and its files."""

    what: Literal["list_erased"] = "list_erased"
    watchlist_id: Reference


class Applied(Fact):
    """By which model and from which score on a likeness counts."""

    what: Literal["in_force"] = "in_force"
    model_id: Id
    threshold: float
    floor: float
    pack: Id | None = None
    false_match_rate: float | None = None
    """Of one comparison at the threshold, as the calibration predicts it; None where nobody has
    measured."""
    measured: bool = False
    """Whether the calibration was measured by whoever supplies this program."""
    templates: Count = 0
    """How many are compared with each face."""
    points: Annotated[tuple[tuple[float, float], ...], Field(max_length=100)] = ()
    """The calibration: scores, and how often one comparison of strangers reaches each."""
    counted_to: float | None = None
    """Points above it are drawn on beyond what was counted; None: nobody says so."""


class Alerted(Fact):
    """A likeness goes to the officers."""

    what: Literal["alert"] = "alert"
    alert_id: Id
    camera: Id
    watchlist_id: Reference
    ground: Ground
    band: Band
    maybe_picture: bool = False
    """Whether its officers were told that it may be a print, a screen or a poster."""


class Decided(Fact):
    """An officer has answered."""

    what: Literal["decision"] = "decision"
    alert_id: Id
    decision_id: Id
    answer: Verdict | Engagement | Literal["undo"]
    signed: Sha256
    """Of the event that the tablet has signed."""


class Told(Fact):
    """An officer has said what became of a stop."""

    what: Literal["outcome"] = "outcome"
    alert_id: Id
    decision_id: Id
    disposal: Disposal
    signed: Sha256


class Disclosed(Fact):
    """Somebody was told of an alert, by the code of their slip."""

    what: Literal["disclosure"] = "disclosure"
    alert_id: Id


class Exported(Fact):
    """Alerts went to the force, encrypted."""

    what: Literal["export"] = "export"
    alerts: Count
    package: Sha256
    deployment_id: Reference | None = None
    """Of which deployment; older logs do not say."""


class Unsent(Fact):
    """A package that was said to go to the force never went; its alerts are erased unsent."""

    what: Literal["export_undone"] = "export_undone"
    alerts: Count
    package: Sha256
    deployment_id: Reference


class Held(Fact):
    """An alert is kept beyond its time, because somebody asked."""

    what: Literal["hold"] = "hold"
    alert_id: Id
    until: AwareDatetime


class Settled(Fact):
    """An alert is closed without an outcome, because somebody said why."""

    what: Literal["settled"] = "settled"
    alert_id: Id


class Finished(Fact):
    """A deployment is closed: every alert has its end, and the record can be made."""

    what: Literal["deployment_closed"] = "deployment_closed"
    deployment_id: Reference


class Forgotten(Fact):
    """So many were erased."""

    what: Literal["erasure"] = "erasure"
    of: Literal["faces", "alerts"]
    count: Count
    deployment_id: Reference | None = None
    """Of which deployment; older logs do not say."""


class Felt(Fact):
    """The van is in another state."""

    what: Literal["health"] = "health"
    lamp: Lamp


class Refused(Fact):
    """Something from outside was not what it should be."""

    what: Literal["refused"] = "refused"
    of: Literal["tablets", "list", "settings", "spool"]
    count: Count = 1


Anything = Annotated[
    Started | Stopped | Opened | Asked | Closed | Listed | TakenOff | Erased | Applied | Alerted
    | Decided | Told | Disclosed | Exported | Held | Settled | Finished | Forgotten | Felt | Refused
    | Counted | Concluded | Recalled | Scored | Unsent,
    Field(discriminator="what"),
]  # fmt: skip


class Entry(Fact):
    """A fact, with who and when, and why where that is not plain."""

    id: Id
    at: AwareDatetime
    who: Who
    fact: Anything
    why: Why | None = None

    @property
    def line(self) -> bytes:
        """As it stands in the log."""
        return self.model_dump_json(exclude_none=True).encode()


def entry(who: str, fact: Anything, why: str | None = None, at: datetime | None = None) -> Entry:
    """Make an entry of a fact, of this moment unless another is given."""
    return Entry(id=uuid4().hex, at=at or datetime.now(timezone.utc), who=who, fact=fact, why=why)


def sign(entry_id: str) -> bytes:
    """Give the piece of an entry's line by which its id is known."""
    return f'"id":"{entry_id}"'.encode()


def read(line: bytes) -> Entry:
    """Read an entry.

    Raises:
        ValueError: it is none of this version.
    """
    return Entry.model_validate_json(line, strict=True)
