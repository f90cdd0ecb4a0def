"""What is taken back: alerts whose subject is off the list, and those that officers have decided.

A card of an alert is gone from every tablet ten minutes after the alert has expired, so nothing
is remembered for longer. With a sealed copy of this a van that starts anew still knows it.
"""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import Field

from appliance.domain.decision import Verdict
from appliance.domain.watchlist import Reference  # noqa: TC001  # pydantic reads it at run time
from appliance.domain.withdrawal import Why
from appliance.tablets.envelope import Id, Message, Time
from appliance.tablets.wire import MOST_WITHDRAWN, Withdrawal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from appliance.domain.alert import Alert
    from appliance.tablets.letter import Stamp

MEMORY = timedelta(minutes=10)
"""So long may an officer be busy with a card that was answered while it was live."""


class Known(Message):
    """An alert that was under way in the last minutes."""

    id: Id
    reference: Reference = Field(repr=False)
    until: Time
    heard: bool = False


class Told(Message):
    """What the tablets are told of an alert, until no tablet can have it any more."""

    withdrawal: Withdrawal
    until: Time


class Memory(Message):
    """All that the next process must know."""

    known: tuple[Known, ...] = Field(repr=False)
    told: tuple[Told, ...]


class Recall:
    """Knows whom the alerts of the last minutes spoke of, and what was taken back of them.

    Not for two threads at once.

    Args:
        now: Gives the time in UTC.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._known: dict[str, Known] = {}
        self._told: dict[tuple[str | None, ...], Told] = {}
        self._gone: deque[tuple[datetime, Collection[str]]] = deque()

    def note(self, stamp: Stamp) -> None:
        """Remember an alert that is to go out."""
        until = stamp.expires_at + MEMORY
        self._known[stamp.id] = Known(id=stamp.id, reference=stamp.reference, until=until)

    def hear(self, alert_id: str) -> None:
        """Remember that a tablet has shown an alert."""
        known = self._known.get(alert_id)
        if known is not None:
            self._known[alert_id] = known.model_copy(update={"heard": True})

    def heard(self, alert_id: str) -> bool:
        """Tell whether any tablet has shown an alert that is known."""
        return self._known[alert_id].heard

    def knows(self, alert_id: str) -> bool:
        """Tell whether an alert was under way in the last minutes."""
        return alert_id in self._known

    def forbids(self, alert: Alert) -> bool:
        """Tell whether an alert must not go out: it did already, or its subject was withdrawn.

        Whatever list it is of: an alert that was under way when its subject was withdrawn must
        not come through, and nobody is listed anew within ten minutes.
        """
        self._forget()
        return alert.id in self._known or self._off(alert.subject.reference)

    def withdraw(self, references: Collection[str]) -> list[Withdrawal]:
        """Take back every alert of these subjects; what comes of them later is forbidden.

        Returns:
            What the tablets do not know yet.
        """
        self._forget()
        new = frozenset(reference for reference in references if not self._off(reference))
        if new:
            self._gone.append((self._now(), new))
        taken = [
            Withdrawal(alert_id=known.id, reason=Why.NO_LONGER_LISTED)
            for known in self._known.values()
            if known.reference in references and not self.withdrawn(known.id)
        ]
        for withdrawal in taken:
            self.tell(withdrawal)
        return taken

    def tell(self, withdrawal: Withdrawal) -> bool:
        """Remember what the tablets are told; an undone decision is told instead of itself.

        Returns:
            False where they are told it already, or that the subject is off the list: no answer
            counts for more.
        """
        known = any(told.withdrawal == withdrawal for told in self._told.values())
        if known or self.withdrawn(withdrawal.alert_id):
            return False
        alert_id, until = withdrawal.alert_id, self._now() + MEMORY
        if alert_id in self._known:
            until = max(until, self._known[alert_id].until)
        key = _key(withdrawal)
        # Whatever was decided of somebody who is off the list no longer matters.
        listed = withdrawal.reason is not Why.NO_LONGER_LISTED
        self._told = {
            each: told
            for each, told in self._told.items()
            if each != key and (listed or each[0] != alert_id)
        }
        self._told[key] = Told(withdrawal=withdrawal, until=until)
        return True

    def withdrawn(self, alert_id: str) -> bool:
        """Tell whether an alert's subject is off the list."""
        return (alert_id, None, None) in self._told

    def closed(self, alert_id: str) -> bool:
        """Tell whether an alert is over for every tablet."""
        return any(
            key[0] == alert_id and _final(told.withdrawal) for key, told in self._told.items()
        )

    @property
    def gone(self) -> frozenset[str]:
        """Who was withdrawn in the last ten minutes."""
        return frozenset().union(*(gone for _, gone in self._gone))

    def finish(self) -> None:
        """Forget everybody's reference; what was taken back before the end is told all the same."""
        self._known.clear()
        self._gone.clear()

    @property
    def told(self) -> tuple[Withdrawal, ...]:
        """What is taken back: the newest 64, oldest first."""
        self._forget()
        return tuple(told.withdrawal for told in self._told.values())[-MOST_WITHDRAWN:]

    @property
    def sealed(self) -> bytes:
        """What is to be kept for the next process."""
        self._forget()
        memory = Memory(known=tuple(self._known.values()), told=tuple(self._told.values()))
        return memory.model_dump_json().encode()

    def restore(self, sealed: bytes) -> None:
        """Remember what an earlier process knew, and what this one has learnt since."""
        memory = Memory.model_validate_json(sealed, strict=True)
        self._known = {known.id: known for known in memory.known} | self._known
        self._told = {_key(told.withdrawal): told for told in memory.told} | self._told
        self._forget()

    def _off(self, reference: str) -> bool:
        return any(reference in gone for _, gone in self._gone)

    def _forget(self) -> None:
        now = self._now()
        while self._gone and self._gone[0][0] + MEMORY <= now:
            self._gone.popleft()
        self._known = {key: known for key, known in self._known.items() if known.until > now}
        self._told = {key: told for key, told in self._told.items() if told.until > now}


def _key(withdrawal: Withdrawal) -> tuple[str | None, ...]:
    return withdrawal.alert_id, withdrawal.tablet, withdrawal.decision_id


def _final(withdrawal: Withdrawal) -> bool:
    if withdrawal.reason is Why.DECIDED:
        return withdrawal.answer is not Verdict.VIABLE
    return withdrawal.reason is Why.NO_LONGER_LISTED
