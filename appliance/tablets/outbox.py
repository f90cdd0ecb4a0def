"""Alerts that are under way to the tablets. They hold a face, so nothing of them is kept in clear.

An alert goes again and again until a tablet has shown it, and stays until its time is over, so
that a tablet which comes later gets it as well. A sealed copy outlives a van that is killed.
"""

from __future__ import annotations

import math
from collections import deque
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from appliance.tablets import letter as letters
from appliance.tablets.keeping import Keeping
from appliance.tablets.recall import Recall
from appliance.tablets.wire import MOST_HELD, MOST_WITHDRAWN

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from appliance.domain.alert import Alert
    from appliance.tablets.letter import Letter, Stamp
    from appliance.tablets.strongbox import Strongbox
    from appliance.tablets.wire import Withdrawal

LIMIT = MOST_HELD
"""Alerts held at the most; officers cannot work through more."""
AGAIN = timedelta(seconds=2)
"""A tablet may come back later than the broker, so one resend on reconnect is not enough."""
SOON = timedelta(milliseconds=250)
"""However many tablets ask, and however often, no alert is sent again sooner."""
SECOND_THOUGHTS = timedelta(seconds=15)
"""An officer may undo an answer for ten seconds, and the word of it takes its time."""


def _no_box() -> Strongbox | None:
    return None


class Outbox:
    """Holds an alert until its time is over, an officer has answered it, or it is withdrawn.

    Any thread may call it.

    Args:
        van: The van's name.
        now: Gives the time in UTC.
        open_box: Opens what the sealed copies lie in; called once, and not before they matter.
    """

    def __init__(
        self,
        van: str,
        now: Callable[[], datetime],
        open_box: Callable[[], Strongbox | None] = _no_box,
    ) -> None:
        self._van, self._now = van, now
        self._lock = Lock()
        self._keeping = Keeping(open_box)
        self._held: dict[str, Letter] = {}
        self._recall = Recall(now)
        self._news: deque[Withdrawal] = deque(maxlen=MOST_WITHDRAWN)
        self.unseen = 0
        """Alerts let go without any tablet's word."""

    def __len__(self) -> int:
        return len(self._held)

    def resume(self, deployment_id: str) -> None:
        """Take up what a killed process has left, if it was of this deployment; once is enough."""
        with self._lock:
            self._resume(deployment_id)
        self.sweep()

    def takes(self, alert: Alert) -> bool:
        """Tell whether `put` would take an alert: it is new, and its subject still listed."""
        with self._lock:
            return self._takes(alert)

    def put(self, alert: Alert) -> None:
        """Hold an alert, unless it was held before or its subject has been withdrawn."""
        with self._lock:
            if self._takes(alert):
                letter = letters.write(alert, self._van)
                self._held[alert.id] = letter
                self._recall.note(letter.stamp)
                self._keeping.keep(letter, self._recall)
        self.sweep()

    def sweep(self) -> None:
        """Let go of what is over and of what is too much."""
        with self._lock:
            now = self._now()
            for letter in [each for each in self._held.values() if _over(each, now)]:
                self._let_go(letter)
            # What a tablet has shown goes first.
            spare = sorted(self._held.values(), key=lambda each: not each.heard)
            for letter in spare[: max(0, len(spare) - LIMIT)]:
                self._let_go(letter)

    def acknowledge(self, alert_id: str) -> Stamp | None:
        """Note that a tablet has shown an alert; None where it is not the first, or it is gone."""
        with self._lock:
            letter = self._held.get(alert_id)
            if letter is None or letter.heard:
                return None
            letter.heard = True
            self._recall.hear(alert_id)
            self._keeping.remember(self._recall)
            return letter.stamp

    def lacking(self, holds: Collection[str]) -> None:
        """Have everything that is live sent to a tablet that holds no more than these."""
        with self._lock:
            for letter in self._held.values():
                letter.wanted |= letter.stamp.id not in holds

    def due(self) -> list[Letter]:
        """Give the alerts to send now, oldest first, and note them as sent."""
        self.sweep()
        with self._lock:
            now = self._now()
            due = [letter for letter in self._held.values() if _waits(letter, now)]
            for letter in due:
                letter.sent_at, letter.wanted = now, False
            return due

    def decide(self, withdrawal: Withdrawal) -> None:
        """Take what an officer's answer means for the other tablets; again changes nothing.

        Where it ends the alert it is sent no more; where it undoes that, it is again. An answer
        that is undone is named by its own id.
        """
        with self._lock:
            if not self._recall.tell(withdrawal):
                return
            self._news.append(withdrawal)
            self._keeping.remember(self._recall)
            letter = self._held.get(withdrawal.alert_id)
            if letter is not None:
                closed = self._recall.closed(withdrawal.alert_id)
                letter.closed_at = self._now() if closed else None

    def withdraw(self, references: Collection[str]) -> None:
        """Let go of every alert of these subjects, and hold none of theirs for ten minutes."""
        with self._lock:
            self._news += self._recall.withdraw(references)
            self._keeping.remember(self._recall)
            for alert_id in [each for each in self._held if self._recall.withdrawn(each)]:
                self._drop(alert_id)

    def news(self) -> list[Withdrawal]:
        """Give what is newly taken back, each once."""
        with self._lock:
            news = list(self._news)
            self._news.clear()
            return news

    def finish(self) -> None:
        """Let go of everything, because the deployment has ended; sealed copies are destroyed."""
        with self._lock:
            self._held.clear()
            self._recall.finish()
            self._keeping.open()
            self._keeping.destroy()

    def close(self) -> None:
        """Leave what is live to the next process; where nothing is, leave nothing."""
        self.sweep()
        with self._lock:
            if not self._held and not self._recall.told:
                self._keeping.destroy()
            self._keeping.close()

    @property
    def withdrawn(self) -> tuple[Withdrawal, ...]:
        """What was taken back and may still be on a tablet."""
        with self._lock:
            return self._recall.told

    def life_s(self, letter: Letter) -> int:
        """Say for how many more seconds an alert is worth showing, 1 at the least."""
        return max(1, math.ceil((letter.stamp.expires_at - self._now()).total_seconds()))

    def restart(self) -> None:
        """Forget what was sent, because the connection that took it is gone."""
        with self._lock:
            for letter in self._held.values():
                letter.sent_at = None

    def _takes(self, alert: Alert) -> bool:
        self._resume(alert.deployment_id)
        return not self._recall.forbids(alert)

    def _resume(self, deployment_id: str) -> None:
        if self._keeping.opened:
            return
        self._keeping.open()
        left = self._keeping.restore(self._recall)
        # Who has been withdrawn since this process began may stand on what the last one sent.
        self._news += self._recall.withdraw(self._recall.gone)
        for letter in left:
            stamp = letter.stamp
            if stamp.deployment_id != deployment_id or self._recall.withdrawn(stamp.id):
                self._keeping.drop(stamp.id)
                continue
            letter.closed_at = self._now() if self._recall.closed(stamp.id) else None
            self._held[stamp.id] = letter

    def _let_go(self, letter: Letter) -> None:
        if not letter.heard and letter.closed_at is None:
            self.unseen += 1
        self._drop(letter.stamp.id)

    def _drop(self, alert_id: str) -> None:
        del self._held[alert_id]
        self._keeping.drop(alert_id)


def _over(letter: Letter, now: datetime) -> bool:
    if letter.closed_at is not None and now - letter.closed_at >= SECOND_THOUGHTS:
        return True
    return letter.stamp.expires_at <= now


def _waits(letter: Letter, now: datetime) -> bool:
    if letter.closed_at is not None:
        return False
    if letter.sent_at is None:
        return True
    passed = now - letter.sent_at
    return passed >= SOON if letter.wanted else passed >= AGAIN and not letter.heard
