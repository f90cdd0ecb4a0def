"""The next list on its way into the van: offered by one thread, taken by the thread that looks.

The thread that looks never waits for the other: what it is asked lies in a queue, what it has done
with lies in another, and between two frames it works as long as no frame is missed for it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from appliance.errors import ApplianceError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from appliance.domain.deployment import Deployment
    from appliance.domain.face import Ints
    from appliance.domain.watchlist import Watchlist
    from appliance.matching.matcher import Match

SHARE = 0.6
"""Of the time until the next frame is due."""
LEAST_SHARE = 0.05
"""Of all the time: a van that is always late has frames dropped anyway, and gets its list."""
LEAST_S, MOST_S = 0.002, 0.02
"""Of one turn: half a frame at 25 a second is the most that a sudden crowd can find taken."""


@dataclass
class Offer:
    """A list that is to be searched next."""

    watchlist: Watchlist
    deployment: Deployment
    withdrawn: list[Ints] = field(repr=False)
    """Numbers of its subjects who are withdrawn before it is searched."""


@dataclass(frozen=True)
class Withdrawal:
    """Subjects of one list who are to go."""

    watchlist: Watchlist
    subjects: Ints = field(repr=False)


@dataclass(frozen=True)
class Answer:
    """What became of an offer."""

    watchlist: Watchlist
    """Erased where it was refused."""
    deployment: Deployment
    error: ApplianceError | None = None
    """Why it was refused; None: it is searched."""


class Handover:
    """Changes the list of a matcher while it is used.

    One thread looks: it calls `turn` between two frames, and `close`. One other thread offers,
    withdraws, extends and settles.
    """

    def __init__(self, match: Match, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._match = match
        self._clock_s = clock_s
        self._asked: deque[Offer | Withdrawal | Deployment] = deque()
        self._retired: deque[Watchlist] = deque()
        self._answers: deque[Answer] = deque()
        # Of the thread that looks alone:
        self._offer: Offer | None = None
        self._work: Iterator[None] = iter(())
        self._turned_s = clock_s()
        # Of the other thread; `close` alone waits for it:
        self._lock = threading.Lock()
        self._closed = False
        self._lists: list[Watchlist] = [match.watchlist]
        self._withdrawn: set[bytes] = set()

    def offer(self, watchlist: Watchlist, deployment: Deployment) -> None:
        """Have a list searched as soon as it is there; from now on it is erased from here.

        A newer offer takes the place of one that is not searched yet.

        Raises:
            ApplianceError: as `Match.require_fit`; the list stays the caller's.
        """
        self._match.require_fit(watchlist, deployment)
        with self._lock:
            if self._closed:
                watchlist.erase()
                return
            self._lists.append(watchlist)
            gone = watchlist.withdrawn(self._withdrawn)
            self._asked.append(Offer(watchlist, deployment, [gone]))

    def withdraw(self, commitments: Iterable[bytes]) -> frozenset[str]:
        """Take entries out of every list that is held here, and of every later one.

        Returns:
            The references of those who are on a list that is held here.
        """
        references: set[str] = set()
        with self._lock:
            named = set(commitments) - self._withdrawn
            self._withdrawn |= named
            for watchlist in self._lists if named else ():
                subjects = watchlist.withdrawn(named)
                references |= {watchlist.subjects[number].reference for number in subjects}
                self._asked.append(Withdrawal(watchlist, subjects))
        return frozenset(references)

    def extend(self, deployment: Deployment) -> None:
        """Go on with the list that is searched, or with the one on its way, under a newer word.

        Raises:
            ApplianceError: as `Match.require_fit`, where it is of the list that is searched.
        """
        held = self._match.watchlist
        if deployment.authority.watchlist_id == held.id:
            self._match.require_fit(held, deployment)
        self._asked.append(deployment)

    def settle(self) -> list[Answer]:
        """Erase the lists that are done with, and say what became of offers since the last call."""
        with self._lock:
            while self._retired:
                watchlist = self._retired.popleft()
                watchlist.erase()
                self._lists = [kept for kept in self._lists if kept is not watchlist]
            return [self._answers.popleft() for _ in range(len(self._answers))]

    def turn(self, spare_s: float) -> bool:
        """Work on the next list for a little while; nothing is being matched meanwhile.

        Args:
            spare_s: How long until the next frame is due; 0 or less where it is late.

        Returns:
            Whether another list is searched from now on.
        """
        before = self._match.watchlist
        while self._asked:
            self._hear(self._asked.popleft())
        started_s = self._clock_s()
        least_s = max(LEAST_S, LEAST_SHARE * (started_s - self._turned_s))
        until_s = started_s + min(max(least_s, SHARE * spare_s), MOST_S)
        for _ in self._work:
            if self._clock_s() >= until_s:
                break
        self._turned_s = self._clock_s()
        return self._match.watchlist is not before

    def _hear(self, what: Offer | Withdrawal | Deployment) -> None:
        if isinstance(what, Offer):
            if self._offer is not None:
                self._refuse(
                    self._offer, InputError("A newer watchlist came.", mend="Wait for it.")
                )
            self._offer, self._work = what, self._change(what)
        elif isinstance(what, Withdrawal):
            self._drop(what)
        elif what.authority.watchlist_id == self._match.watchlist.id:
            # Where it has ended meanwhile, what was in force before goes on to its own end.
            with suppress(ApplianceError):
                self._match.extend(what)
        elif self._offer is not None:
            self._offer.deployment = what

    def _drop(self, gone: Withdrawal) -> None:
        if gone.watchlist is self._match.watchlist:
            self._match.withdraw(gone.subjects)
        elif self._offer is not None and gone.watchlist is self._offer.watchlist:
            self._offer.withdrawn.append(gone.subjects)

    def _change(self, offer: Offer) -> Iterator[None]:
        match, old = self._match, self._match.watchlist
        try:
            yield from match.gallery.sweep()  # of what was given up
            yield from match.gallery.stage(offer.watchlist.templates)
            match.take(offer.watchlist, offer.deployment)
        except ApplianceError as error:
            self._refuse(offer, error)
        else:
            for subjects in offer.withdrawn:
                match.withdraw(subjects)
            self._offer = None
            self._retired.append(old)
            self._answers.append(Answer(offer.watchlist, offer.deployment))
            yield
        yield from match.gallery.sweep()

    def _refuse(self, offer: Offer, error: ApplianceError) -> None:
        self._offer = None
        self._retired.append(offer.watchlist)
        self._answers.append(Answer(offer.watchlist, offer.deployment, error))

    def close(self) -> None:
        """Erase the list that is searched and every other that is held here."""
        with self._lock:
            self._closed = True
            self._match.close()
            for watchlist in self._lists:
                if watchlist is not self._match.watchlist:
                    watchlist.erase()
            self._lists.clear()
            self._retired.clear()
            self._asked.clear()
            self._offer, self._work = None, iter(())
