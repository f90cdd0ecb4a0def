"""The demo's recall test: whoever has drawn the film knows when the listed person passes."""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from appliance.domain import slip
from appliance.errors import ApplianceError
from appliance.oversight.recall import words
from appliance.oversight.recall.book import Book, utc_now
from appliance.oversight.recall.count import count
from appliance.oversight.recall.plan import Pass, Plan, Volunteer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from appliance.demo.film import Timetable
    from appliance.demo.screen import Screen
    from appliance.settings import Appliance
    from appliance.van import Van

LATE = timedelta(seconds=0.6)
"""A face that passes is known for as long as `vision.lost_s` after it is gone, and a film starts
some frames after the camera."""
ROUNDS = 30
"""Of a film that is played again and again. A slow computer begins each later than the clock says,
and then recognises what it misses in a round a little late: such a demo says too little."""


class RecallTest:
    """Counts how often the listed person is recognised, anew under each authority.

    Args:
        table: When that person passes.
        settings: The van's.
        began: When the film did.
    """

    def __init__(self, table: Timetable, settings: Appliance, began: datetime) -> None:
        self._table, self._began = table, began
        self._book = Book(settings.oversight.interim)

    def begin(self, van: Van) -> None:
        """Count the passes that are still to come; without a folder in memory nothing is counted.

        What was counted under an authority that has ended stands in the van's log already.
        """
        if van.law is None:
            return
        now, one = utc_now(), self._volunteer()
        plan = Plan(
            deployment_id=van.law.deployment.authority.deployment_id,
            began_at=now,
            before=timedelta(0),
            window=timedelta(seconds=self._table.lasts_s) + LATE,
            volunteers=(one,),
            schedule=tuple(Pass(code=one.code, at=at) for at in self._times() if at >= now),
        )
        with suppress(ApplianceError):
            self._book.begin(plan)

    def tell(self, screen: Screen) -> None:
        """Say what the test has come to; the van's log has it when the deployment ends."""
        plan = self._book.plan()
        if plan is not None:
            standing = count(plan, [], self._book.sightings(), utc_now())
            for place, line in enumerate(words.lines(standing.recalled)):
                screen.say(f"{'' if place else 'Recall':<9} {line}", "dim" if place else "")

    def _volunteer(self) -> Volunteer:
        return Volunteer(code=slip.code(secrets.token_hex()), reference=self._table.reference)

    def _times(self) -> Iterator[datetime]:
        for number in range(ROUNDS):
            for start_s in self._table.starts_s:
                yield self._began + timedelta(seconds=number * self._table.film_s + start_s)
