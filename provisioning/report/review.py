"""Everything between enrolling and signing: compare, decide who is left out, write the report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from provisioning.report.census import Census, records
from provisioning.report.compare import NOBODY, People
from provisioning.report.flags import Acceptance
from provisioning.report.likeness import examine, judge
from provisioning.report.report import About, Compared, Written, write

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.domain.watchlist import Head
    from provisioning.enrol.merge import Enrolled
    from provisioning.report.compare import Findings, Progress
    from provisioning.report.flags import Accepted
    from provisioning.report.likeness import Rules


@dataclass(frozen=True)
class Comparison:
    """With what a list is compared."""

    rules: Rules
    progress: Progress
    strangers: People = NOBODY
    """People who are known not to be listed, enrolled without a gate: as poor as the street's."""
    accepted: Accepted = field(default_factory=dict[str, Acceptance], repr=False)
    """Entries that stand whatever is found."""
    found: Findings | None = None
    """What other machines have compared already, merged; None: this one compares."""


@dataclass(frozen=True)
class Reviewed:
    """What came of it."""

    left_out: frozenset[int]
    """Numbers of those who are quarantined or barred."""
    written: Written


def review(
    enrolled: Enrolled,
    head: Head,
    comparison: Comparison | None,
    folder: Path,
    *,
    pictures: bool = False,
    barred: frozenset[int] = frozenset(),
) -> Reviewed:
    """Look at a list as a whole before anybody signs it.

    Args:
        enrolled: Everybody who passed the gate.
        head: Of the list.
        comparison: None: nobody is compared with anybody, and the report says so.
        folder: Where the report goes: beside the list's draft, so that it goes with it.
        pictures: Whether the JSON holds them, too.
        barred: Numbers of those who were taken off a list before, and stay off.

    Raises:
        InputError: a shard was damaged meanwhile.
        MachineError: the report cannot be written.
    """
    compared = _compared(enrolled, comparison) if comparison else None
    left_out = barred | (compared.left_out(enrolled.references) if compared else frozenset[int]())
    staying = (one for number, one in enumerate(records(enrolled)) if number not in left_out)
    census = Census.of(staying, head.made_at)
    about = About(
        head.watchlist_id,
        head.made_at,
        head.expires_at,
        enrolled.references,
        enrolled.owners,
        census.grounds,
        census.minors,
        census.unusual,
        barred,
    )
    written = write(enrolled.rows(), about, compared, folder, pictures=pictures)
    return Reviewed(left_out, written)


def _compared(enrolled: Enrolled, comparison: Comparison) -> Compared:
    listed = People(enrolled.templates, enrolled.owners)
    strangers, rules = comparison.strangers, comparison.rules
    if comparison.found is not None:
        outcome = judge(comparison.found, listed, strangers, rules)
    else:
        outcome = examine(listed, strangers, rules, comparison.progress)
    return Compared(outcome, rules, strangers.count, comparison.accepted)
