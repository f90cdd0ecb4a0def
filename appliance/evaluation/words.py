"""How figures of an evaluation are written, in the terminal and on the page alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.evaluation.identification import RATES

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.evaluation.document import Acquired, Document
    from appliance.evaluation.resample import Estimate

UNTOLD = "not told: {:.2g} errors expected, 3 needed"
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
