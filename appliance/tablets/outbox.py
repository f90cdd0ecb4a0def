"""Alerts that are under way to the tablets. They hold a face, so nothing of them is kept in clear.

An alert goes again and again until a tablet has shown it, and stays until its time is over, so
that a tablet which comes later gets it as well. A sealed copy outlives a van that is killed.
"""

from __future__ import annotations

import math
from collections import deque
from itertools import chain, islice
from threading import Lock
from typing import TYPE_CHECKING, Final

from appliance.errors import InputError
from appliance.tablets import letter as letters
from appliance.tablets.keeping import Keeping
from appliance.tablets.letter import AT_ONCE, NEVER, SOON
from appliance.tablets.recall import Recall
from appliance.tablets.wire import MOST_HELD, MOST_WITHDRAWN

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from appliance.domain.alert import Alert
    from appliance.tablets.letter import Letter, Stamp
    from appliance.tablets.strongbox import Strongbox
    from appliance.tablets.wire import Withdrawal

LIMIT: Final = MOST_HELD
"""Alerts held at the most: ten a second, each worth showing for a minute, and as many again."""
MOST_BYTES: Final = 64 * 1024 * 1024
"""Of all that are held. Here they lie twice: as they are sent, and sealed."""
MOST_AGAIN: Final = 10
"""Alerts sent again in one go, and then none for a moment: what is new must not wait behind them, a
broker drops what a tablet is too slow to take, and a tablet's words on them must be heard out."""


def _no_box() -> Strongbox | None:
    return None


def _nowhere(_alert: Alert) -> None:
    """Write it down nowhere."""


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
        self._bytes = 0
        self._new: dict[str, Letter] = {}
        self._over_at, self._again_at = NEVER, NEVER
        """No alert is over, or to be sent again, before that."""
        self._again_from = self._words_from = AT_ONCE
        self._recall = Recall(now)
        self._news: deque[Withdrawal] = deque(maxlen=LIMIT)
        self._asked: dict[str, None] = {}
        """Alerts of which a tablet may not know what was taken back."""
        self.unseen = 0
        """Alerts let go without any tablet's word."""

    def __len__(self) -> int:
        return len(self._held)

    def resume(self, deployment_id: str) -> None:
        """Take up what a killed process has left, if it was of this deployment; once is enough."""
        with self._lock:
            self._resume(deployment_id)
        self.sweep()

    def put(self, alert: Alert, note: Callable[[Alert], None] = _nowhere) -> None:
        """Hold an alert, unless it was held before or its subject has been withdrawn.

        Raises:
            InputError: no tablet would take it; it counts as unseen.
            Exception: what `note` raises, which writes down each alert before it is held.
        """
        with self._lock:
            if not self._takes(alert):
                return
        try:
            letter = letters.write(alert, self._van)
        except InputError:
            self.unseen += 1
            raise
        note(alert)
        with self._lock:
            if self._takes(alert):
                self._recall.note(letter.stamp)
                self._keeping.keep(letter, self._recall)
                self._hold(letter)
                self._new[alert.id] = letter
                self._make_room()
        self.sweep()

    def sweep(self) -> None:
        """Let go of what is over."""
        with self._lock:
            now = self._now()
            if now < self._over_at:
                return
            for letter in [each for each in self._held.values() if each.over_at <= now]:
                self._let_go(letter)
            self._over_at = min((each.over_at for each in self._held.values()), default=NEVER)

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
        """Have a tablet that holds no more than these sent what is live, and told what is not."""
        held = frozenset(holds)
        with self._lock:
            for letter in self._held.values():
                letter.wanted |= letter.stamp.id not in held
            self._again_at = AT_ONCE
            asked = self._recall.untold(dict.fromkeys(chain(holds, self._held)))
            self._asked |= dict.fromkeys(asked)

    def due(self) -> list[Letter]:
        """Give the alerts to send now, new ones first, and note them as sent."""
        self.sweep()
        with self._lock:
            now = self._now()
            new = [each for each in self._new.values() if each.closed_at is None]
            self._new.clear()
            for letter in new:
                letter.sent_at, letter.wanted = now, False
                self._reckon(letter)
            return new + self._repeats(now)

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
                letter.wanted |= letter.sent_at is None
                self._reckon(letter)

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

    def words(self) -> list[Withdrawal]:
        """Give what is to be said once more, because a tablet may not know it."""
        with self._lock:
            now = self._now()
            if not self._asked or now < self._words_from:
                return []
            self._words_from = now + SOON
            asked = list(islice(self._asked, MOST_WITHDRAWN))
            for alert_id in asked:
                del self._asked[alert_id]
            return list(chain.from_iterable(map(self._recall.words, asked)))

    def finish(self) -> None:
        """Let go of everything, because the deployment has ended; sealed copies are destroyed."""
        with self._lock:
            self._held.clear()
            self._new.clear()
            self._bytes = 0
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
        """Forget what was said, because the connection that took it is gone."""
        with self._lock:
            for letter in self._held.values():
                letter.sent_at, letter.wanted = None, True
            self._new.clear()
            self._again_at = self._again_from = self._words_from = AT_ONCE
            self._asked = dict.fromkeys(self._recall.untold(self._recall.spoken_of))

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
            letter.wanted = True
            self._hold(letter)
        self._keeping.remember(self._recall)

    def _hold(self, letter: Letter) -> None:
        self._held[letter.stamp.id] = letter
        self._bytes += len(letter.payload)
        self._reckon(letter)

    def _reckon(self, letter: Letter) -> None:
        self._over_at = min(self._over_at, letter.over_at)
        self._again_at = min(self._again_at, letter.again_at)

    def _repeats(self, now: datetime) -> list[Letter]:
        if now < max(self._again_at, self._again_from):
            return []
        waiting = [each for each in self._held.values() if each.again_at <= now]
        # What waits longest goes first; of that what no tablet has shown, and what ends soonest.
        waiting.sort(key=lambda each: (each.again_at, each.heard, each.over_at))
        again = waiting[:MOST_AGAIN]
        for letter in again:
            letter.sent_at, letter.wanted = now, False
        if again:
            self._again_from = now + SOON
        self._again_at = min((each.again_at for each in self._held.values()), default=NEVER)
        return again

    def _make_room(self) -> None:
        # What a tablet has shown goes first.
        spare = iter(sorted(self._held.values(), key=lambda each: not each.heard))
        while len(self._held) > LIMIT or self._bytes > MOST_BYTES:
            self._let_go(next(spare))

    def _let_go(self, letter: Letter) -> None:
        if not letter.heard and letter.closed_at is None:
            self.unseen += 1
        self._drop(letter.stamp.id)

    def _drop(self, alert_id: str) -> None:
        self._bytes -= len(self._held.pop(alert_id).payload)
        self._new.pop(alert_id, None)
        self._keeping.drop(alert_id)
