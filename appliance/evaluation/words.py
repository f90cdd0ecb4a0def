"""How figures of an evaluation are written, in the terminal and on the page alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.evaluation.identification import RATES

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.evaluation.document import Acquired, Document
    from appliance.evaluation.resample import Estimate
    from appliance.evaluation.way import Way
    from appliance.oversight.intervals import Interval

UNTOLD = "not told: {:.2g} errors expected, 3 needed"
FEW = (
    "* fewer than 30 strangers were taken for somebody, each counted once in however many lists; "
    "- fewer than 3, which tells nothing."
)
OVER_VAN = "points over the van's"
GAINED = (
    "After the comma: by how many points it is better than the first way, 95 % of subjects drawn "
    "anew; over the van's, the same at the lowest rate. Milliseconds are of this machine: encoding "
    "a shot, and searching the list for it."
)
SHOTS = (
    "Pictures of a subject, each in one passing only, stand in for shots of a passing. They are of "
    "different days: fusing the shots of one passing gains less."
)
SCORES = {
    "cosine": "Scores are cosines.",
    "crowding": "Scores are cosines less what the van takes off for entries that are near to many.",
}
FAILED = {
    "unreadable": "could not be read",
    "undetected": "failed to detect a face",
    "unencoded": "failed to encode",
}


def percent(share: float | None) -> str:
    """Write a share as a percentage of one decimal place."""
    return "-" if share is None else f"{100 * share:.1f} %"


def rate(share: float | None) -> str:
    """Write a rate that may be very small."""
    if share is None:
        return "-"
    return "0" if share == 0 else f"{share:.2g}"


def with_interval(estimate: Estimate, spell: Callable[[float | None], str] = percent) -> str:
    """Write a share with its interval of 95 %."""
    low, high = spell(estimate.low).removesuffix(" %"), spell(estimate.high)
    return f"{spell(estimate.value)} ({low} to {high})"


def gain(interval: Interval | None) -> str:
    """Write by how many points a way is better than the first; nothing for the first itself."""
    if interval is None:
        return ""
    return f", {100 * interval.low:+.1f} to {100 * interval.high:+.1f}"


def way_in_words(way: Way) -> str:
    """Say how a score was made."""
    said = SCORES[way.score]
    return f"{said} {SHOTS}" if way.shots > 1 else said


COLUMNS = tuple(percent(share) if share >= 1e-2 else rate(share) for share in RATES)  # noqa: PLR2004
"""The false positive rates, as heads of columns."""


def acquired_in_words(acquired: Acquired) -> list[str]:
    """Say what gave a template, and what did not."""
    failed = ", ".join(
        f"{acquired.failures.get(kind, 0):,} {words}" for kind, words in FAILED.items()
    )
    first = (
        f"{acquired.pictures:,} pictures of {acquired.subjects:,} subjects. Failure to acquire "
        f"{100 * acquired.failure_to_acquire:.2f} %: {failed}. Without a template: "
        f"{acquired.subjects_without:,} subjects."
    )
    lines = [first]
    if acquired.eyes_px:
        low, median, high = acquired.eyes_px
        lines.append(
            f"Between the eyes {median:.0f} px (half of them {low:.0f} to {high:.0f}); on "
            f"{acquired.crowded:,} pictures the foremost of several faces was taken."
        )
    return lines


def sources(document: Document) -> str:
    """Say how intervals were made, and with which networks."""
    model = document.model
    return (
        f"Intervals of 95 % by bootstrap over subjects ({document.rounds:,} rounds, seed "
        f"{document.seed}). Detector {model.detector[:16]}, encoder {model.encoder[:16]}, "
        f"model {model.model_id[:16]}."
    )
