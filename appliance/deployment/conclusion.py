"""What officers made of a deployment's alerts, in numbers, when it is closed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from appliance.domain.watchlist import Ground
from appliance.oversight.figures import UNANSWERED, Concluded, grouped
from appliance.tablets import course, fate
from appliance.tablets.register import counts
from appliance.tablets.stops import FALSE, alike, stops

if TYPE_CHECKING:
    from appliance.tablets.entry import Book


def conclude(deployment_id: str, book: Book, *, part: bool = False) -> Concluded:
    """Count what a register says of a deployment.

    Args:
        deployment_id: Whose.
        book: Of a deployment whose alerts have their ends.
        part: As of `Concluded`.
    """
    told = stops(book)
    return Concluded(
        deployment_id=deployment_id,
        answers=dict(counts(book)),
        unanswered=sum(
            fate.unanswered(entry)
            for alert_id, entry in book.entries.items()
            if alert_id not in book.settled
        ),
        settled=len(book.settled),
        stop_minutes=sum(end.minutes for _, end in told),
        false_stop_minutes=sum(end.minutes for said, end in told if said in FALSE),
        force_used=sum(end.force_used for _, end in told),
        leaflets=sum(end.leaflet_given for _, end in told),
        groups=grouped(alike(told)),
        fates=dict(_fates(book)),
        part=part,
    )


def _fates(book: Book) -> Counter[str]:
    sought = (one for one in book.entries.values() if one.stub.ground is not Ground.VOLUNTEER)
    said = (course.final(entry.answers) for entry in sought)
    return Counter(UNANSWERED if one is None else one.value for one in said)
