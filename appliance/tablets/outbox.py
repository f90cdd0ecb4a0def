"""Alerts that no tablet has acknowledged yet. In memory only: they hold a face."""

from __future__ import annotations

import math
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from appliance.tablets.recall import Recall

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from appliance.domain.alert import Alert

LIMIT = 64
"""Alerts held at the most; officers cannot work through more."""
AGAIN = timedelta(seconds=2)
"""A tablet may come back later than the broker, so one resend on reconnect is not enough."""


class Outbox:
    """Holds an alert until a tablet has it, its time is over, or 64 newer ones are waiting.

    Any thread may call it.

    Args:
        now: Gives the time in UTC.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = Lock()
        self._held: dict[str, Alert] = {}
        self._sent_at: dict[str, datetime] = {}
        self._recall = Recall(now)
        self.unseen = 0
        """Alerts let go without any tablet's word."""

    def __len__(self) -> int:
        return len(self._held)

    def put(self, alert: Alert) -> None:
        """Hold an alert, unless it is held already or its subject has been withdrawn."""
        with self._lock:
            if not self._recall.forbids(alert):
                self._held.setdefault(alert.id, alert)
        self.sweep()

    def sweep(self) -> None:
        """Let go of what has expired and of what is too much."""
        with self._lock:
            now = self._now()
            over = [alert.id for alert in self._held.values() if alert.expires_at <= now]
            fresh = [alert_id for alert_id in self._held if alert_id not in over]
            for alert_id in (*over, *fresh[:-LIMIT]):
                self._drop(alert_id)
                self.unseen += 1

    def acknowledge(self, alert_id: str) -> Alert | None:
        """Let go of an alert that a tablet has; None where it is not held (any more)."""
        with self._lock:
            return self._drop(alert_id)

    def due(self) -> list[Alert]:
        """Give the alerts to send now, oldest first, and note them as sent."""
        self.sweep()
        with self._lock:
            now = self._now()
            alerts = [alert for alert in self._held.values() if self._waits(alert, now)]
            for alert in alerts:
                self._sent_at[alert.id] = now
                self._recall.note(alert)
            return alerts

    def withdraw(self, references: Collection[str]) -> None:
        """Let go of every alert of these subjects, and hold none of theirs for ten minutes."""
        with self._lock:
            self._recall.withdraw(references)
            gone = [a.id for a in self._held.values() if a.subject.reference in references]
            for alert_id in gone:
                self._drop(alert_id)

    def finish(self) -> None:
        """Let go of everything, because the deployment has ended."""
        with self._lock:
            self._held.clear()
            self._sent_at.clear()
            self._recall.finish()

    @property
    def withdrawn(self) -> tuple[str, ...]:
        """The alerts that were sent in the last ten minutes and are now taken back."""
        with self._lock:
            return self._recall.told

    def life_s(self, alert: Alert) -> int:
        """Say for how many more seconds an alert is worth showing, 1 at the least."""
        return max(1, math.ceil((alert.expires_at - self._now()).total_seconds()))

    def restart(self) -> None:
        """Forget what was sent, because the connection that took it is gone."""
        with self._lock:
            self._sent_at.clear()

    def _waits(self, alert: Alert, now: datetime) -> bool:
        sent_at = self._sent_at.get(alert.id)
        return sent_at is None or now - sent_at >= AGAIN

    def _drop(self, alert_id: str) -> Alert | None:
        self._sent_at.pop(alert_id, None)
        return self._held.pop(alert_id, None)
