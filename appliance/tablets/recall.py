"""What is taken back: the alerts of subjects who are no longer on the list."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING

from appliance.tablets.wire import MOST_WITHDRAWN

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from appliance.domain.alert import Alert

MEMORY = timedelta(minutes=10)
"""No alert lives longer, so none is still open on a tablet that is back only after that."""

NOBODY = ""
"""Stands for every reference, once the deployment has ended."""


class Recall:
    """Knows for ten minutes whom the alerts that went out spoke of, and who has been withdrawn.

    Not for two threads at once. It outlives no process: a van that starts anew has no alerts.

    Args:
        now: Gives the time in UTC.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._sent: dict[str, tuple[str, datetime]] = {}
        self._withdrawn: deque[tuple[datetime, Collection[str]]] = deque()

    def note(self, alert: Alert) -> None:
        """Remember an alert that goes out."""
        self._sent[alert.id] = (alert.subject.reference, self._now())

    def withdraw(self, references: Collection[str]) -> None:
        """Take back every alert of these subjects; what comes of them later is forbidden."""
        self._forget()
        new = frozenset(reference for reference in references if not self._gone(reference))
        if new:
            self._withdrawn.append((self._now(), new))

    def finish(self) -> None:
        """Forget everybody's reference; what was taken back before the end is told all the same."""
        told, at = self.told, max((at for at, _ in self._withdrawn), default=self._now())
        self._sent = dict.fromkeys(told, (NOBODY, at))
        self._withdrawn = deque([(at, {NOBODY})] if told else [])

    def forbids(self, alert: Alert) -> bool:
        """Tell whether an alert speaks of somebody who was withdrawn.

        Whatever list it is of: an alert that was under way when its subject was withdrawn must
        not come through, and nobody is listed anew within ten minutes.
        """
        self._forget()
        return self._gone(alert.subject.reference)

    @property
    def told(self) -> tuple[str, ...]:
        """The alerts that went out and are taken back: the newest 64, oldest first."""
        self._forget()
        ids = [i for i, (reference, _) in self._sent.items() if self._gone(reference)]
        return tuple(ids[-MOST_WITHDRAWN:])

    def _forget(self) -> None:
        over = self._now() - MEMORY
        while self._withdrawn and self._withdrawn[0][0] <= over:
            self._withdrawn.popleft()
        # Whoever is withdrawn keeps his alerts in mind for as long as the withdrawal is.
        self._sent = {
            alert_id: (reference, at)
            for alert_id, (reference, at) in self._sent.items()
            if at > over or self._gone(reference)
        }

    def _gone(self, reference: str) -> bool:
        return any(reference in batch for _, batch in self._withdrawn)
