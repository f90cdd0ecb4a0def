"""What is taken back: alerts whose subject is off the list, and those that officers have decided.

A card of an alert is gone from every tablet ten minutes after the alert has expired, so nothing
is remembered for longer. With a sealed copy of this a van that starts anew still knows it.
"""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from itertools import chain, islice
from typing import TYPE_CHECKING

from pydantic import Field

from appliance.domain.decision import Verdict
from appliance.domain.watchlist import Reference  # noqa: TC001  # pydantic reads it at run time
from appliance.domain.withdrawal import Why
from appliance.tablets.envelope import Id, Message, Time
from appliance.tablets.fading import Fading
from appliance.tablets.wire import MOST_WITHDRAWN, Withdrawal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
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
    """What the next process must know: all of it, or what has come since."""

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
        self._known = Fading[Known]()
        self._off = Fading[Told]()
        """That an alert's subject is off the list; nothing else is told of that alert then."""
        self._told = Fading[tuple[Told, ...]]()
        """All that is told of one other alert, oldest first."""
        self._gone: deque[tuple[datetime, Collection[str]]] = deque()
        self._changed: dict[str, Known] = {}
        self._changed_told: list[Told] = []

    def note(self, stamp: Stamp) -> None:
        """Remember an alert that is to go out."""
        until = stamp.expires_at + MEMORY
        self._know(Known(id=stamp.id, reference=stamp.reference, until=until))

    def hear(self, alert_id: str) -> None:
        """Remember that a tablet has shown an alert."""
        known = self._known.get(alert_id)
        if known is not None:
            self._know(known.model_copy(update={"heard": True}))

    def heard(self, alert_id: str) -> bool:
        """Tell whether any tablet has shown an alert; of one that is not known, none has."""
        known = self._known.get(alert_id)
        return known is not None and known.heard

    def knows(self, alert_id: str) -> bool:
        """Tell whether an alert was under way in the last minutes."""
        return alert_id in self._known

    def forbids(self, alert: Alert) -> bool:
        """Tell whether an alert must not go out: it did already, or its subject was withdrawn.

        Whatever list it is of: an alert that was under way when its subject was withdrawn must
        not come through, and nobody is listed anew within ten minutes.
        """
        self._forget()
        return alert.id in self._known or self._barred(alert.subject.reference)

    def withdraw(self, references: Collection[str]) -> list[Withdrawal]:
        """Take back every alert of these subjects; what comes of them later is forbidden.

        Returns:
            What the tablets do not know yet.
        """
        self._forget()
        new = frozenset(reference for reference in references if not self._barred(reference))
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
        alert_id, until = withdrawal.alert_id, self._now() + MEMORY
        if withdrawal in self.words(alert_id) or self.withdrawn(alert_id):
            return False
        known = self._known.get(alert_id)
        told = Told(withdrawal=withdrawal, until=max(until, known.until) if known else until)
        self._tell(told)
        self._changed_told.append(told)
        return True

    def words(self, alert_id: str) -> list[Withdrawal]:
        """Give all that the tablets are told of an alert."""
        off, told = self._off.get(alert_id), self._told.get(alert_id)
        return [each.withdrawal for each in ((off,) if off else told or ())]

    def withdrawn(self, alert_id: str) -> bool:
        """Tell whether an alert's subject is off the list."""
        return alert_id in self._off

    def closed(self, alert_id: str) -> bool:
        """Tell whether an alert is over for every tablet."""
        return any(_final(word) for word in self.words(alert_id))

    @property
    def gone(self) -> frozenset[str]:
        """Who was withdrawn in the last ten minutes."""
        return frozenset().union(*(gone for _, gone in self._gone))

    def finish(self) -> None:
        """Forget everybody's reference; what was taken back before the end is told all the same."""
        self._known.clear()
        self._gone.clear()
        self._changed.clear()

    @property
    def told(self) -> tuple[Withdrawal, ...]:
        """What is taken back, the newest 64: for the list's sake before all else, and last."""
        self._forget()
        words = chain.from_iterable(reversed(told) for told in reversed(self._told.values()))
        newest = chain(reversed(self._off.values()), words)
        return tuple(told.withdrawal for told in islice(newest, MOST_WITHDRAWN))[::-1]

    @property
    def spoken_of(self) -> list[str]:
        """Name the alerts of which anything is told, newest first, and first what is off."""
        return [*self._off.newest(), *self._told.newest()]

    def untold(self, alert_ids: Iterable[str]) -> list[str]:
        """Name those of these alerts of which more is taken back than `told` has room for."""
        room = set(map(_name, self.told))
        return [each for each in alert_ids if not room.issuperset(map(_name, self.words(each)))]

    @property
    def sealed(self) -> bytes:
        """All that is to be kept for the next process."""
        self._forget()
        self._changed.clear()
        self._changed_told.clear()
        return _sealed(tuple(self._known.values()), self._all_told)

    def changes(self) -> bytes:
        """Give what is to be kept beside what was given before; empty where nothing is."""
        known, told = tuple(self._changed.values()), tuple(self._changed_told)
        self._changed.clear()
        self._changed_told.clear()
        return _sealed(known, told) if known or told else b""

    def restore(self, sealed: Sequence[bytes]) -> None:
        """Remember what an earlier process knew, and what this one has learnt since.

        Args:
            sealed: All that is left, in the order in which it was given.

        Raises:
            ValueError: it is anything else.
        """
        memories = [Memory.model_validate_json(piece, strict=True) for piece in sealed]
        since = Memory(known=tuple(self._known.values()), told=self._all_told)
        for memory in (*memories, since):
            for known in memory.known:
                self._know(known)
            for told in memory.told:
                self._tell(told)
        self._forget()

    @property
    def _all_told(self) -> tuple[Told, ...]:
        return (*chain.from_iterable(self._told.values()), *self._off.values())

    def _know(self, known: Known) -> None:
        self._known.put(known.id, known, known.until)
        self._changed[known.id] = known

    def _tell(self, told: Told) -> None:
        alert_id, reason, key = told.withdrawal.alert_id, told.withdrawal.reason, _key(told)
        if reason is Why.NO_LONGER_LISTED:
            # Whatever was decided of somebody who is off the list no longer matters.
            self._told.drop(alert_id)
            self._off.put(alert_id, told, told.until)
            return
        # One that is undone says as much as many, whichever of them a tablet has heard of.
        lapsed = {reason} & {Why.UNDONE}
        others = (
            each
            for each in self._told.get(alert_id) or ()
            if _key(each) != key and each.withdrawal.reason not in lapsed
        )
        kept = (*others, told)
        self._told.put(alert_id, kept, max(each.until for each in kept))

    def _barred(self, reference: str) -> bool:
        return any(reference in gone for _, gone in self._gone)

    def _forget(self) -> None:
        now = self._now()
        while self._gone and self._gone[0][0] + MEMORY <= now:
            self._gone.popleft()
        self._known.forget(now)
        self._off.forget(now)
        self._told.forget(now)


def _sealed(known: tuple[Known, ...], told: tuple[Told, ...]) -> bytes:
    return Memory(known=known, told=told).model_dump_json().encode()


def _key(told: Told) -> tuple[str | None, ...]:
    return told.withdrawal.tablet, told.withdrawal.decision_id


def _final(withdrawal: Withdrawal) -> bool:
    if withdrawal.reason is Why.DECIDED:
        return withdrawal.answer is not Verdict.VIABLE
    return withdrawal.reason is Why.NO_LONGER_LISTED


def _name(word: Withdrawal) -> tuple[str | None, ...]:
    return word.alert_id, word.tablet, word.decision_id
