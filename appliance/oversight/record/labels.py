"""What the record calls its figures, and how it explains them."""

from __future__ import annotations

from typing import Final

FACES: Final = (
    "One face is one track: somebody going by one camera once, and seen well enough at least once "
    "to be encoded. Whoever goes by twice, or by two cameras, counts twice: faces are not people."
)
"""What is counted as a face, by the definition `passing/1`."""
SMALL: Final = (
    "Whatever is split by what people are has its cells of 1 to 4 hidden, and others with them, so "
    "that no total gives them away."
)
TIMES: Final = {
    "p50": "half of them, at most",
    "p95": "95 %, at most",
    "p99": "99 %, at most",
    "p999": "99.9 %, at most",
    "max": "all of them, at most",
}
ETHNICITY: Final = (
    "As officers recorded it of people whom they stopped, and of nobody else: of passers-by it is "
    f"not known, and never inferred. {SMALL}"
)
PROOF: Final = (
    "All of this was made from the log, which lfr log verify proves, and holds to these entries "
    "and this root with --printed; lfr deployment record --size makes it again, bit by bit."
)
QUARTILES: Final = {
    "quarter": "a quarter has less",
    "median": "median",
    "three_quarters": "a quarter has more",
}
NONE: Final = (None, None, None)
ANSWERS: Final = {
    "viable": "True alerts: found viable by the operator, by the image",
    "not_viable": "False alerts: not viable by the operator, without engagement",
    "unanswered": "Unanswered until they expired, which counts as not viable",
    "engaged": "People whom officers engaged",
    "confirmed_true": "Confirmed true alerts: it was the person",
    "confirmed_false": "Confirmed false alerts: it was not the person",
    "stale": "Stale: it was the person, who was no longer wanted",
    "lost": "Lost: nobody could be engaged",
    "arrests": "Arrests",
    "other_disposals": "Other disposals",
    "no_action": "No action",
    "undone": "Answers that were taken back",
    "settled": "Alerts closed without an outcome, for a reason in the log",
    "stop_minutes": "Minutes that stops took",
    "false_stop_minutes": "Of them, of people who were not or no longer wanted",
    "force_used": "Stops with force",
    "leaflets": "Leaflets given",
}
MANY: Final = "Of images whose day is known, where these are 20 or more."
GAUGED: Final = "0 to 1, as the desk's gate ranks them, where there are 20 images or more."
