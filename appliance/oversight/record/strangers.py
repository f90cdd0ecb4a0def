"""How like the list strangers were, and what that foretells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.oversight.record.measures import Foretold, Histogram
from appliance.oversight.record.row import Row
from appliance.oversight.strangers import FALSE
from appliance.oversight.tail import tail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from appliance.oversight.figures import Scored
    from appliance.oversight.record.gather import Story


def histogram(story: Story, scored: Scored) -> Histogram:
    """Put down the scores of strangers, beside what the calibration of their model says."""
    return Histogram(
        **scored.model_dump(exclude={"what", "deployment_id"}), foretold=_foretold(story, scored)
    )


def _foretold(story: Story, scored: Scored) -> Foretold | None:
    applied = [each for each in story.applied if each.model_id == scored.model_id]
    if not applied or scored.comparisons < scored.faces:
        return None
    # Nothing is known above the lowest that was in force: whoever reached it has alerted.
    threshold = min(each.threshold for each in applied)
    false_alerts = story.concluded.came_to(*FALSE) if story.concluded else 0
    found = tail([scored], applied[0].points, threshold, false_alerts)
    return Foretold(
        threshold=threshold, rate=found.rate, calibration=found.foretold, drift=found.drift
    )


def stranger_rows(scores: Sequence[Histogram]) -> Iterator[Row]:
    """Put the scores of strangers into lines of the record."""
    if not scores:
        note = "It takes 1,000 faces that were not alerted: of fewer nothing is kept."
        yield Row("strangers", "Best scores of strangers", None, note=note)
    for number, each in enumerate(scores, 1):
        foretold = each.foretold
        rate, calibration, drift = None, None, None
        if foretold is not None:
            rate, calibration, drift = foretold.rate, foretold.calibration, foretold.drift
        yield Row(f"strangers:{number}", "Faces that were not alerted", each.faces)
        note = "Of one comparison at the threshold, drawn on from their scores."
        yield Row(f"foretold:{number}", "False matches, foretold", rate, "share", note=note)
        label = "The same, by the calibration"
        yield Row(f"foretold_calibration:{number}", label, calibration, "share")
        label = "By how much they scored higher than in the calibration"
        yield Row(f"drift:{number}", label, drift)
