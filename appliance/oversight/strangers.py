"""What a log says of strangers: their scores, and under which model and threshold they had them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from appliance.domain.decision import Engagement, Verdict
from appliance.oversight import entries
from appliance.oversight.figures import Concluded, Scored

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.oversight.entries import Entry

FALSE = (Verdict.NOT_VIABLE.value, Engagement.NOT_THE_PERSON.value)
"""How officers say that an alert was a stranger's."""


@dataclass
class Deployment:
    """What is known of one."""

    applied: list[entries.Applied] = field(default_factory=list[entries.Applied])
    scored: list[Scored] = field(default_factory=list[Scored])
    false_alerts: int = 0


@dataclass
class Strangers:
    """Those whom one model has seen."""

    pack: str | None = None
    threshold: float = 1.0
    """The lowest that was in force: nothing is known above it."""
    scored: list[Scored] = field(default_factory=list[Scored])
    false_alerts: int = 0


def strangers(said: Iterable[Entry]) -> dict[str, Strangers]:
    """Gather them by model."""
    models: dict[str, Strangers] = defaultdict(Strangers)
    for deployment in _deployments(said).values():
        for scored in deployment.scored:
            model = models[scored.model_id]
            model.scored.append(scored)
            model.false_alerts += deployment.false_alerts
            for applied in deployment.applied:
                if applied.model_id == scored.model_id:
                    model.pack = applied.pack or model.pack
                    model.threshold = min(model.threshold, applied.threshold)
    return dict(models)


def _deployments(said: Iterable[Entry]) -> dict[str, Deployment]:
    known: dict[str, Deployment] = defaultdict(Deployment)
    held = ""
    for one in said:
        match one.fact:
            case entries.Opened():
                held = one.fact.deployment_id
            case entries.Applied():
                known[held].applied.append(one.fact)
            case Scored():
                known[one.fact.deployment_id].scored.append(one.fact)
            case Concluded():
                # In parts, where a deployment has lasted for longer than a day.
                known[one.fact.deployment_id].false_alerts += one.fact.came_to(*FALSE)
            case _:
                pass
    return known
