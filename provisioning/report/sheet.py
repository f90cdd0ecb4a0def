"""One walk through the rows of an enrolment: the JSON is written, what the pages show is held."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from appliance.domain.watchlist import Gauged, Ground
from provisioning.enrol.enrolment import SURPLUS
from provisioning.enrol.rows import UNUSABLE
from provisioning.report.document import Finding, Line, Spread, Summary
from provisioning.report.figures import Figures
from provisioning.report.flags import Acceptance, flag
from provisioning.report.likeness import gravest
from provisioning.report.paper import Card, Entry, Pair

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from typing import BinaryIO

    import numpy.typing as npt

    from provisioning.enrol.rows import Row, Verdict
    from provisioning.report.flags import Accepted
    from provisioning.report.likeness import Concern, Outcome, Rules

MOST_REFUSED = 5_000
MOST_TAKEN = 500
MOST_FLAGS = 300
LISTED = "On the list with other pictures."
ALIKE = "Left out for likeness, see below."
QUARANTINED = ("Left out for likeness.", "Read the flags that name this reference.")
UNLISTED = "Nobody is on the list under this reference."
BARRED = ("Was taken off a list before.", "Say with --reinstate why that no longer holds.")


@dataclass(frozen=True)
class About:
    """What the report is of."""

    watchlist_id: str
    made_at: datetime
    expires_at: datetime
    references: Sequence[str] = field(repr=False)
    """(S,): who can be listed, in the order of the rows."""
    owners: npt.NDArray[np.int32] = field(repr=False)
    """(N,): which of them each template is of."""
    grounds: Mapping[Ground, int] = field(default_factory=dict[Ground, int])
    minors: int = 0
    unusual: int = 0
    barred: frozenset[int] = frozenset()
    """Numbers of those who were taken off a list before, and stay off."""


@dataclass(frozen=True)
class Compared:
    """What the likeness test came to."""

    outcome: Outcome
    rules: Rules
    strangers: int
    """How many people it knew not to be listed."""
    accepted: Accepted = field(default_factory=dict[str, Acceptance], repr=False)

    def left_out(self, references: Sequence[str]) -> frozenset[int]:
        """Number those who are quarantined and whom nobody has accepted."""
        return frozenset(
            number
            for number, one in gravest(self.outcome.likenesses).items()
            if one.concern == "quarantined" and references[number] not in self.accepted
        )


class Sheet:
    """Goes through the rows once, and holds what the pages show."""

    def __init__(self, about: About, compared: Compared | None) -> None:
        self._about, self._compared = about, compared
        found = compared.outcome.likenesses if compared else ()
        self.flags = [
            flag(one, about.references, compared.rules, compared.accepted)
            for one in found
            if compared
        ]
        self._wanted = {row for one in self.flags[:MOST_FLAGS] for row in one.rows}
        self._shown: dict[int, Card] = {}
        self._concerns = _concerns(about, compared) if compared else {}
        numbers = np.arange(len(about.references) + 1)
        self._starts = np.searchsorted(about.owners, numbers).tolist()
        self._figures = Figures()
        self.refused: list[Card] = []
        self.unshown_refused = 0
        self.noted: list[Card] = []
        """Taken, but somebody should look again."""
        self.taken: list[Entry] | None = []

    def write_down(self, rows: Iterable[Row], into: BinaryIO, *, pictures: bool) -> Summary:
        """Write the JSON, and take on the way what the pages need."""
        into.write(_opening(self._about))
        between = b"\n"
        for row, verdict in self._walk(rows):
            line = Line.of(row, verdict, pictures=pictures).model_dump_json()
            into.write(between + line.encode())
            between = b",\n"
        into.write(b'],\n"flags":[')
        into.write(b",\n".join(Finding.of(one).model_dump_json().encode() for one in self.flags))
        summary = self._summary()
        into.write(b'],\n"summary":' + summary.model_dump_json().encode() + b"}\n")
        return summary

    def _walk(self, rows: Iterable[Row]) -> Iterator[tuple[Row, Verdict]]:
        number, references = 0, self._about.references
        for reference, group in groupby(rows, lambda row: row.reference):
            if number == len(references) or reference != references[number]:
                yield from self._others(group)
                continue
            if number in self._about.barred:
                yield from self._others(row.judged("refused", *BARRED) for row in group)
                number += 1
                continue
            entry = Entry(reference, self._concerns.get(number))
            templates = range(*self._starts[number : number + 2])
            for template, row in zip(templates, group, strict=False):
                self._figures.count(row)
                self._show(row, template, entry)
                if entry.concern == "quarantined":
                    row = row.judged("quarantined", *QUARANTINED)  # noqa: PLW2901 - what is said
                yield row, entry.concern or row.verdict
            self._list(entry)
            number += 1
            yield from self._others(group, ALIKE if entry.concern == "quarantined" else LISTED)

    def _others(self, rows: Iterable[Row], fate: str = "") -> Iterator[tuple[Row, Verdict]]:
        """Take what is not on the list; that nobody is left is told at the person's pictures."""
        held: list[Card] = []
        for row in rows:
            told = row.reason != UNUSABLE or not held
            self._figures.count(row, told=told)
            if not told:
                fate = UNLISTED
            elif row.verdict == "refused":
                self._show_refused(row, held)
            yield row, row.verdict
        self.refused += [replace(card, fate=fate) for card in held]

    def _show_refused(self, row: Row, held: list[Card]) -> None:
        if len(self.refused) + len(held) < MOST_REFUSED:
            held.append(Card.of(row))
        else:
            self.unshown_refused += 1

    def _show(self, row: Row, template: int, entry: Entry) -> None:
        card = Card.of(row)
        if self.taken is not None:
            entry.cards.append(card)
        if template in self._wanted:
            self._shown[template] = card
        if row.verdict == "review" and len(self.noted) < MOST_FLAGS:
            self.noted.append(card)

    def _list(self, entry: Entry) -> None:
        if self.taken is not None:
            self.taken.append(entry)
            if len(self.taken) > MOST_TAKEN:
                self.taken = None

    def _summary(self) -> Summary:
        figures, about = self._figures, self._about
        barred = about.barred
        concerns = Counter(one for number, one in self._concerns.items() if number not in barred)
        return Summary(
            subjects=len(about.references) - len(barred) - concerns["quarantined"],
            taken=figures.taken,
            refused=figures.refused,
            people_refused=figures.people_refused,
            noted=figures.noted,
            undated=figures.undated,
            reasons=dict(figures.reasons.most_common()),
            measures={
                name: Spread(low=each.low, median=each.median, high=each.high)
                for name, each in figures.spread().items()
            },
            grounds=dict(about.grounds),
            minors=about.minors,
            unusual=about.unusual,
            quarantined=concerns["quarantined"],
            review=concerns["review"],
            strangers=self._compared.strangers if self._compared else None,
        )

    def unshown(self) -> int:
        """Count the findings that are too many to be shown."""
        counted = self._compared.outcome.left_out if self._compared else 0
        return counted + max(len(self.flags) - MOST_FLAGS, 0)

    def pairs(self) -> list[Pair]:
        """Put the pictures of each flag side by side."""
        return [
            Pair(one, tuple(self._shown[row] for row in one.rows if row in self._shown))
            for one in self.flags[:MOST_FLAGS]
        ]


def gauged(summary: Summary) -> Gauged:
    """Say of the pictures what the van's log, and with it the public, may know."""
    good = sum(summary.reasons.get(reason, 0) for reason in (SURPLUS, BARRED[0]))
    spread = summary.measures.get("quality")
    return Gauged(
        quality=(spread.low, spread.median, spread.high) if spread else None,
        refused=max(0, summary.refused - good),
    )


def _concerns(about: About, compared: Compared) -> dict[int, Concern]:
    """Say what becomes of whom something was found; who is accepted was looked at."""
    left_out = compared.left_out(about.references)
    return {
        number: "quarantined" if number in left_out else "review"
        for number in gravest(compared.outcome.likenesses)
        if number in left_out or about.references[number] not in compared.accepted
    }


def _opening(about: About) -> bytes:
    """Begin the document, as far as its rows."""
    head = {
        "kind": "lfr.enrolment/1",
        "watchlist_id": about.watchlist_id,
        "made_at": about.made_at.isoformat(),
        "expires_at": about.expires_at.isoformat(),
    }
    return json.dumps(head)[:-1].encode() + b', "rows":['
