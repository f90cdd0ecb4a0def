"""An officer of `lfr bench alert`: what they tap is drawn by lot, the same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from appliance.domain.decision import Disposal, Engagement, Verdict
from appliance.tablets.given import EngagementGiven, OutcomeGiven, VerdictGiven

if TYPE_CHECKING:
    from collections.abc import Iterator

    Given = VerdictGiven | EngagementGiven | OutcomeGiven

SHORTEST_S, LONGEST_S = 0.05, 1.5
"""Between a sight and a tap, and between two taps."""
NOT_VIABLE = 0.5
"""Share of the answers."""
ENGAGEMENTS = tuple(Engagement)


@dataclass(frozen=True)
class Habit:
    """How an officer is drawn."""

    seed: int
    tablet: str
    share: float
    """Of the alerts, that this officer answers at all."""

    def taps(self, alert_id: str) -> Iterator[tuple[float, Given]]:
        """Draw the answers to an alert, each with the seconds since the one before."""
        lot = Random(f"{self.seed}/{self.tablet}/{alert_id.partition('-')[0]}")  # noqa: S311
        if lot.random() >= self.share:
            return
        pause = partial(lot.uniform, SHORTEST_S, LONGEST_S)
        if lot.random() < NOT_VIABLE:
            yield pause(), VerdictGiven(stage="verdict", verdict=Verdict.NOT_VIABLE)
            return
        yield pause(), VerdictGiven(stage="verdict", verdict=Verdict.VIABLE)
        engagement = lot.choice(ENGAGEMENTS)
        yield pause(), EngagementGiven(stage="engagement", engagement=engagement)
        if engagement.stopped:
            yield (
                pause(),
                OutcomeGiven(
                    stage="outcome",
                    disposal=lot.choice(tuple(Disposal)),
                    minutes=lot.choice((5, 15, 30)),
                    force_used=False,
                    leaflet_given=True,
                ),
            )


class Taps:
    """What is going to be tapped, in the order of time. Not for two threads at once."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, str, Given]] = []
        self._numbers = count()

    def plan(self, now_s: float, alert_id: str, taps: Iterator[tuple[float, Given]]) -> None:
        """Plan the answers to one alert."""
        for pause_s, answer in taps:
            now_s += pause_s
            heappush(self._heap, (now_s, next(self._numbers), alert_id, answer))

    def due(self, now_s: float) -> Iterator[tuple[str, Given]]:
        """Give what is to be tapped now."""
        while self._heap and self._heap[0][0] <= now_s:
            _, _, alert_id, answer = heappop(self._heap)
            yield alert_id, answer
