"""The enrolment report for a program: one JSON document, written row by row.

Its schema is that of `Document` (`Document.model_json_schema()`). Rows come in the table's order,
flags gravest first; pictures are there only where they were asked for.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Literal

from pydantic import AwareDatetime, Field

from appliance.domain.candidate import Band  # noqa: TC001 - pydantic needs it
from appliance.domain.watchlist import Ground, Part, Reference
from provisioning.enrol.rows import Verdict  # noqa: TC001 - pydantic needs it
from provisioning.report.likeness import Concern, Kind  # noqa: TC001 - pydantic needs it

if TYPE_CHECKING:
    from provisioning.enrol.rows import Row
    from provisioning.report.flags import Flag


class Line(Part):
    """A picture, or a person as a whole."""

    reference: str = Field(repr=False)
    """Empty where a line of the table could not be read."""
    picture: str = Field(repr=False)
    """The file's name; empty: the person as a whole."""
    verdict: Verdict
    reason: str = Field(repr=False)
    mend: str
    kind: str = Field(repr=False)
    """The sentence under which a refusal is counted; empty: the reason itself."""
    measures: dict[str, float] = Field(repr=False)
    line: int | None
    """Of the table."""
    jpeg: str | None = Field(default=None, repr=False)
    """In base64; null unless it was asked for."""

    @classmethod
    def of(cls, row: Row, verdict: Verdict, *, pictures: bool) -> Line:
        """Write down a row."""
        return cls(
            reference=_text(row.reference),
            picture=_text(row.picture),
            verdict=verdict,
            reason=_text(row.reason),
            mend=_text(row.mend),
            kind=_text(row.kind),
            measures=dict(row.measures),
            line=row.line,
            jpeg=base64.b64encode(row.thumbnail).decode() if pictures else None,
        )


def _text(given: str) -> str:
    """Write what no JSON can hold as a blot: a file's name may be any bytes."""
    return given.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class Finding(Part):
    """What the likeness test found."""

    kind: Kind
    concern: Concern
    references: tuple[Reference, ...] = Field(repr=False)
    """One, or two that are alike."""
    reason: str
    mend: str
    outcome: str = Field(repr=False)
    """What becomes of the entries: who accepted one, and why."""
    band: Band | None
    """How near two references are, in words; null for other kinds."""
    score: float = Field(repr=False)
    count: int
    """How many people a lamb is like."""

    @classmethod
    def of(cls, flag: Flag) -> Finding:
        """Write down a flag."""
        return cls(
            kind=flag.kind,
            concern=flag.concern,
            references=flag.references,
            reason=flag.reason,
            mend=flag.mend,
            outcome=flag.outcome,
            band=flag.band,
            score=flag.score,
            count=flag.count,
        )


class Spread(Part):
    """How a measure of the pictures that were taken is spread."""

    low: float
    """A quarter of them lies below."""
    median: float
    high: float
    """A quarter of them lies above."""


class Summary(Part):
    """The figures."""

    subjects: int
    taken: int
    """Pictures."""
    refused: int
    """Pictures."""
    people_refused: int
    noted: int
    """Pictures on the list at which somebody should look again."""
    undated: int
    """Pictures on the list of which nobody said when they were taken."""
    reasons: dict[str, int]
    """How often each kind of refusal was given."""
    measures: dict[str, Spread]
    grounds: dict[Ground, int]
    minors: int
    """Entries under 18, each with its override."""
    unusual: int
    """Entries on an unusual ground, each with its override."""
    quarantined: int
    """Entries left out by the likeness test."""
    review: int
    strangers: int | None
    """Whom the likeness test knew not to be listed; null: no test was made."""


class Document(Part):
    """The whole report."""

    kind: Literal["lfr.enrolment/1"]
    watchlist_id: Reference
    made_at: AwareDatetime
    expires_at: AwareDatetime
    rows: tuple[Line, ...] = Field(repr=False)
    flags: tuple[Finding, ...] = Field(repr=False)
    summary: Summary
