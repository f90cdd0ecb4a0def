"""Everything between enrolling and signing: compare, decide who is left out, write the report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from provisioning.desk.census import Census, records
from provisioning.desk.compare import NOBODY, People
from provisioning.desk.flags import Acceptance
from provisioning.desk.likeness import examine
from provisioning.desk.report import About, Tested, Written, write

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.domain.watchlist import Head
    from provisioning.desk.compare import Progress
    from provisioning.desk.flags import Accepted
    from provisioning.desk.likeness import Rules
    from provisioning.desk.merge import Enrolled


@dataclass(frozen=True)
class Comparison:
    """With what a list is compared."""

    rules: Rules
    progress: Progress
    strangers: People = NOBODY
    """People who are known not to be listed, enrolled without a gate: as poor as the street's."""
    accepted: Accepted = field(default_factory=dict[str, Acceptance], repr=False)
    """Entries that stand whatever is found."""


@dataclass(frozen=True)
class Reviewed:
    """What came of it."""

    left_out: frozenset[int]
    """Numbers of those who are quarantined."""
    written: Written


def review(
    enrolled: Enrolled,
    head: Head,
    comparison: Comparison | None,
    folder: Path,
    *,
    pictures: bool = False,
) -> Reviewed:
    """Look at a list as a whole before anybody signs it.

    Args:
        enrolled: Everybody who passed the gate.
        head: Of the list.
        comparison: None: nobody is compared with anybody, and the report says so.
        folder: Where the report goes: beside the list's draft, so that it goes with it.
        pictures: Whether the JSON holds them, too.

    Raises:
        InputError: a shard was damaged meanwhile.
        MachineError: the report cannot be written.
    """
    tested = _tested(enrolled, comparison) if comparison else None
    left_out = tested.left_out(enrolled.references) if tested else frozenset[int]()
    staying = (one for number, one in enumerate(records(enrolled)) if number not in left_out)
    census = Census.of(staying, head.made_at)
    about = About(
        head.watchlist_id,
        head.made_at,
        head.expires_at,
        enrolled.references,
        enrolled.owners,
        census.grounds,
        census.under_age,
        census.unusual,
    )
    written = write(enrolled.rows(), about, tested, folder, pictures=pictures)
    return Reviewed(left_out, written)


def _tested(enrolled: Enrolled, comparison: Comparison) -> Tested:
    listed = People(enrolled.templates, enrolled.owners)
    outcome = examine(listed, comparison.strangers, comparison.rules, comparison.progress)
    return Tested(outcome, comparison.rules, comparison.strangers.count, comparison.accepted)
