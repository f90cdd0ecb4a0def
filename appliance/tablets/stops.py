"""The stops of a deployment, as officers have told of them, in numbers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from appliance.domain.decision import Engagement
from appliance.tablets import course

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.domain.decision import Disposal, Ethnicity, Outcome
    from appliance.tablets.entry import Book

    Stop = tuple[Engagement, Outcome]
    Alike = tuple[Ethnicity, Engagement, Disposal]

FALSE = frozenset({Engagement.NOT_THE_PERSON, Engagement.NO_LONGER_WANTED})
"""Nobody should have been stopped."""


def stops(book: Book) -> list[Stop]:
    """Give each stop of which an officer has told the end: what it was, and how it ended."""
    answers = [entry.answers for entry in book.entries.values()]
    told = [(course.final(known), course.outcome(known)) for known in answers]
    return [(said, end) for said, end in told if isinstance(said, Engagement) and end is not None]


def alike(stops: Iterable[Stop]) -> Counter[Alike]:
    """Count stops by ethnicity, where an officer has recorded one, and by how they ended."""
    return Counter(
        (end.ethnicity, said, end.disposal) for said, end in stops if end.ethnicity is not None
    )
