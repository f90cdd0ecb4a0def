"""How like the list strangers were, and what that foretells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.oversight.record.measures import Foretold, Histogram
from appliance.oversight.strangers import FALSE
from appliance.oversight.tail import tail

if TYPE_CHECKING:
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
