"""When a deployment is closed, and what is erased of its alerts then, and what later.

A deployment that has ended is closed only when each of its alerts has an end. What was not viable
or false is erased at that moment, what was true when the force has it, and everything a day after
the last alert or answer, unless somebody holds it. The log knows of each step before it is done,
and of each once: whoever is killed meanwhile may begin anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from appliance.deployment.conclusion import conclude
from appliance.domain.slip import parse
from appliance.errors import InputError
from appliance.oversight.aside import collect, idle, note
from appliance.oversight.entries import Closed, Erased, Finished, Forgotten, Held, Settled
from appliance.oversight.once import Once, opened
from appliance.tablets import fate
from appliance.tablets.register import Register

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from appliance.domain.ending import End
    from appliance.settings import Appliance
    from appliance.tablets.entry import Book, Entry

DAY: Final = timedelta(hours=24)
MARGIN: Final = timedelta(minutes=5)
"""Before the register forgets by itself, so that it is said first."""
STARTED: Final = b'"what":"started"'
MAY_ASK = "Somebody was stopped who was not the person, and may ask for a day."
DAY_OVER = "Nobody has said more within its day."


@dataclass(frozen=True)
class Unended:
    """An alert that has no end yet: nothing about whom it showed."""

    deployment_id: str
    code: str
    camera: str
    taken_at: datetime
    lacks: str
    """In words."""


class Retention:
    """What is kept of the alerts of deployments, by whoever is not `lfr run`.

    Args:
        settings: The tree.
        now: Gives the time in UTC.

    Raises:
        MachineError: the register cannot be read.
    """

    def __init__(self, settings: Appliance, now: Callable[[], datetime]) -> None:
        self._folder, self._van, self._now = settings.oversight.folder, settings.van, now
        self._register = Register(settings.tablets.ledger, now, sweeping=False)

    @property
    def deployments(self) -> list[str]:
        """Name those of which something is held."""
        return self._register.deployments

    def book(self, deployment_id: str) -> Book:
        """Give what is held of a deployment, to look at only."""
        return self._register.book(deployment_id)

    def unended(self, deployment_id: str) -> list[Unended]:
        """Give the alerts that have no end yet."""
        book = self._register.book(deployment_id)
        return [
            _unended(book.entries[alert_id], lack.value)
            for alert_id, lack in fate.unended(book, self._now()).items()
            if book.finished_at is None
        ]

    def close(self, deployment_id: str, end: End) -> list[Unended]:
        """Close a deployment that has ended, if each alert has its end; it may be called again.

        Returns:
            The alerts that have none; where it is empty, the deployment is closed.

        Raises:
            MachineError: the disk refuses, or the log cannot be read.
        """
        once = Once(self._folder, deployment_id)
        if self._register.book(deployment_id).part().entries:
            self._finish_part(deployment_id)
        if not self._closed(once, deployment_id):
            book = self._register.finish(deployment_id, self._ready)
            if book is None:
                return self.unended(deployment_id)
            self._conclude(once, deployment_id, book, end)
        self._say_ended(once, deployment_id, end)
        collect(self._folder, self._van)
        return []

    def looking(self, deployment_id: str) -> bool:
        """Tell whether `lfr run` still looks under it, for the blink of an eye; errors as below."""
        begun = opened(deployment_id)
        said = Once(self._folder, deployment_id).last([begun, STARTED, _closed(deployment_id)])
        return said == begun and not idle(self._folder)

    def closed(self, deployment_id: str) -> bool:
        """Tell whether a deployment is closed; errors as for `close`."""
        return self._closed(Once(self._folder, deployment_id), deployment_id)

    def settle(self, code: str, why: str) -> None:
        """Let an alert have its end without an outcome; for a reason that goes into the log.

        One that has its end already, as when it expired meanwhile, is left as it is.

        Raises:
            InputError: no alert with this code is held.
            MachineError: the disk refuses.
        """
        entry = self._find(code)
        if fate.missing(entry, self._now()) is not None:
            self._settle(entry, why)
        collect(self._folder, self._van)

    def hold(self, code: str, why: str, kept_for: timedelta = DAY) -> datetime:
        """Keep an alert beyond its time; errors as for `settle`.

        An earlier hold is over then; but nobody shortens the day that whoever was stopped wrongly
        has for asking.

        Returns:
            Until when.
        """
        entry, until = self._find(code), self._now() + kept_for
        finished_at = self._register.book(entry.stub.deployment_id).finished_at
        if finished_at is not None and fate.is_wrong_stop(entry):
            until = max(until, finished_at + DAY)
        held = Held(alert_id=entry.stub.id, until=until)
        note(self._folder, self._van, held, why)
        self._register.hold(entry.stub.id, until)
        return until

    def sweep(self, endings: Mapping[str, End]) -> None:
        """Erase what is over, each minute: what is held no longer, and what has had its day.

        Args:
            endings: How deployments have ended, those that have.

        Raises:
            MachineError: the disk refuses, or the log cannot be read.
        """
        now = self._now()
        for deployment_id in self.deployments:
            book = self._register.book(deployment_id)
            over = book.over(now + MARGIN)
            if over and deployment_id in endings:
                if book.finished_at is None:
                    self._settle_all(book, book.entries)
                self.close(deployment_id, endings[deployment_id])
            elif over and book.entries:
                self._part(deployment_id, book)
            book = self._register.book(deployment_id)
            kept = book.held(now)
            if over or book.thinned:
                kept |= set() if over else self.true(deployment_id)
                self.erase(deployment_id, kept)
        collect(self._folder, self._van)

    def held(self, deployment_id: str) -> set[str]:
        """Name the alerts that somebody holds beyond their time."""
        return self._register.book(deployment_id).held(self._now())

    def true(self, deployment_id: str) -> set[str]:
        """Name the alerts that the force is to have before they are erased."""
        entries = self._register.book(deployment_id).entries
        return {alert_id for alert_id, entry in entries.items() if fate.is_true(entry)}

    def erase(self, deployment_id: str, kept: Collection[str], *, thinned: bool = False) -> int:
        """Erase all alerts but some; the log knows it first.

        Args:
            deployment_id: Whose.
            kept: Those that stay.
            thinned: As of `Register.keep`.

        Returns:
            How many were erased.

        Raises:
            MachineError: the disk refuses.
        """
        gone = sorted(self._register.book(deployment_id).entries.keys() - set(kept))
        if gone:
            what = f"forgotten {sha256(' '.join(gone).encode()).hexdigest()}"
            forgotten = Forgotten(of="alerts", count=len(gone), deployment_id=deployment_id)
            Once(self._folder, deployment_id).say(what, forgotten)
        if gone or thinned:
            self._register.keep(deployment_id, kept, thinned=thinned)
        return len(gone)

    def _ready(self, book: Book) -> bool:
        return not fate.unended(book, self._now())

    def _closed(self, once: Once, deployment_id: str) -> bool:
        book = self._register.book(deployment_id)
        # Where there was no alert, only the log knows.
        return book.thinned or (book.finished_at is None and once.said("finished"))

    def _conclude(self, once: Once, deployment_id: str, book: Book, end: End) -> None:
        self._say_ended(once, deployment_id, end)
        once.say("concluded", conclude(deployment_id, book))
        until = (book.finished_at or self._now()) + DAY
        for alert_id, entry in book.entries.items():
            # Somebody may have held it before, and for less.
            if fate.is_wrong_stop(entry) and book.holds.get(alert_id, until - DAY) < until:
                held = Held(alert_id=alert_id, until=until)
                once.say(f"held {alert_id}", held, MAY_ASK)
                self._register.hold(alert_id, until)
        once.say("finished", Finished(deployment_id=deployment_id))
        if book.entries:
            held_now = self._register.book(deployment_id).held(self._now())
            kept = held_now | self.true(deployment_id)
            self.erase(deployment_id, kept, thinned=True)

    def _say_ended(self, once: Once, deployment_id: str, end: End) -> None:
        """Say that it has ended, where `lfr run` was not there to say so."""
        if not once.stands(_closed(deployment_id)):
            gone = once.searched()
            if gone is not None:
                once.say(f"erased {gone}", Erased(watchlist_id=gone))
            once.say("closed", Closed(deployment_id=deployment_id, end=end))

    def _part(self, deployment_id: str, book: Book) -> None:
        """Conclude and erase what is over of a deployment that goes on."""
        if not book.part().entries:
            gone = book.entries.keys() - book.held(self._now())
            if not gone:
                return
            self._settle_all(book, gone)
            # Written down first: whoever is killed from here on says the same of the same.
            self._register.part(gone)
        self._finish_part(deployment_id)

    def _finish_part(self, deployment_id: str) -> None:
        book = self._register.book(deployment_id)
        part = book.part()
        what = f"concluded {sha256(' '.join(sorted(part.entries)).encode()).hexdigest()}"
        fact = conclude(deployment_id, part, part=True)
        Once(self._folder, deployment_id).say(what, fact)
        self.erase(deployment_id, book.entries.keys() - part.entries.keys())

    def _settle_all(self, book: Book, alert_ids: Collection[str]) -> None:
        for alert_id in fate.unended(book, self._now()):
            if alert_id in alert_ids:
                self._settle(book.entries[alert_id], DAY_OVER)

    def _settle(self, entry: Entry, why: str) -> None:
        alert_id, deployment_id = entry.stub.id, entry.stub.deployment_id
        if alert_id not in self._register.book(deployment_id).settled:
            fact = Settled(alert_id=alert_id)
            Once(self._folder, deployment_id).say(f"settled {alert_id}", fact, why)
            self._register.settle(alert_id)

    def _find(self, typed: str) -> Entry:
        code = parse(typed)
        books = (self._register.book(name) for name in self._register.deployments)
        entries = (entry for book in books for entry in book.entries.values())
        found = next((entry for entry in entries if entry.stub.code == code), None)
        if found is None:
            raise InputError(
                "No alert with this code is held here.",
                mend="`lfr deployment status` names those that have no end.",
            )
        return found


def _closed(deployment_id: str) -> bytes:
    return f'"what":"authority_closed","deployment_id":"{deployment_id}"'.encode()


def _unended(entry: Entry, lacks: str) -> Unended:
    stub = entry.stub
    return Unended(stub.deployment_id, stub.code, stub.camera, stub.taken_at, lacks)
