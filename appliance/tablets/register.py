"""The van's register: which alerts went out, and what officers answered. It holds no picture.

One file for each deployment, which only grows: a line is written whole, and an answer is on the
disk before anybody is told that it is. Where the power went in the middle of a line, that line was
nobody's last word, and is cut off before the next is written. Once a deployment is closed for good
its file is cut down to what may be kept, and a day after its last line it is erased.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from itertools import chain
from threading import Lock
from typing import TYPE_CHECKING

from appliance.domain.slip import parse
from appliance.errors import InputError
from appliance.tablets import course
from appliance.tablets.entry import LIFE, Book, Entry, Held, Row, Said, stray, stub
from appliance.tablets.ledger import Ledger
from appliance.tablets.refusal import Flaw, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator
    from datetime import datetime
    from pathlib import Path

    from appliance.domain.alert import Alert
    from appliance.domain.decision import Decision
    from appliance.tablets.ledger import Stamp

__all__ = ["LIFE", "Register", "consult"]


class Register:
    """What this van sent and heard, across its own restarts. Any thread may call it.

    Args:
        folder: Where the files are; made when there is something to write.
        now: Gives the time in UTC.
        sweeping: Whether to erase at once what is over.

    Raises:
        MachineError: what is there cannot be read, or what is over cannot be erased.
    """

    def __init__(self, folder: Path, now: Callable[[], datetime], *, sweeping: bool = True) -> None:
        self._ledger, self._now = Ledger(folder), now
        self._lock = Lock()
        self._books: dict[str, Book] = {}
        self._stamps: dict[str, Stamp | None] = {}
        for name, book, stamp in self._ledger.books():
            self._books[name], self._stamps[name] = book, stamp
        self._counts: dict[str, Counter[str]] = {}
        if sweeping:
            self.sweep()

    @property
    def deployments(self) -> list[str]:
        """Name those of which something is held."""
        with self._lock:
            return [*self._books]

    def book(self, deployment_id: str) -> Book:
        """Give what is held of a deployment, to look at only."""
        with self._lock:
            self._refresh(deployment_id)
            return self._books.get(deployment_id, Book())

    def note(self, alert: Alert) -> None:
        """Write down an alert that is about to go out; once, however often it goes.

        It is safe from a killed process at once, and from a loss of power after `sync`.

        Raises:
            MachineError: the disk refuses.
        """
        with self._lock:
            if self._book(alert.id) is None:
                row = Row(at=self._now(), alert=stub(alert))
                with self._writing(alert.deployment_id):
                    self._add(alert.deployment_id, row)

    def sync(self, alert_id: str) -> None:
        """Bring an alert to the disk, since an officer has it before the eyes now.

        Raises:
            MachineError: the disk refuses.
        """
        with self._lock:
            found = self._book(alert_id)
            if found is not None and self._ledger.stamp(found[0]):
                self._ledger.settle(found[0])

    def take(self, decision: Decision) -> bool:
        """Bring an officer's answer to the disk.

        Returns:
            False where it is there already.

        Raises:
            InputError: this van has sent no such alert, or its deployment is closed for good.
            MachineError: the disk refuses; nothing is known of it then.
        """
        with self._lock:
            found = self._book(decision.alert_id)
            if found is None:
                raise stray()
            with self._writing(found[0]) as book:
                if decision.alert_id not in book.entries:
                    raise stray()
                if book.entries[decision.alert_id].knows(decision):
                    return False
                if book.finished_at is not None or decision.alert_id in book.parted:
                    raise _late()
                said = Said(tablet=decision.tablet, event=decision.event.decode())
                self._add(found[0], Row(at=self._now(), said=said), lasting=True)
            return True

    def hold(self, alert_id: str, until: datetime) -> None:
        """Keep an alert beyond its time; an earlier hold of it is over then.

        Raises:
            InputError: it is not held here any more.
            MachineError: the disk refuses.
        """
        self._close(alert_id, Row(at=self._now(), held=Held(alert_id=alert_id, until=until)))

    def settle(self, alert_id: str) -> None:
        """Let an alert have its end, whatever was answered; errors as for `hold`."""
        self._close(alert_id, Row(at=self._now(), settled=alert_id))

    def part(self, alert_ids: Collection[str]) -> None:
        """Take no answer to some alerts of a deployment any more; errors as for `hold`."""
        self._close(min(alert_ids), Row(at=self._now(), parted=tuple(sorted(alert_ids))))

    def finish(self, deployment_id: str, ready: Callable[[Book], bool]) -> Book | None:
        """Take no answer of a deployment any more, and give what is held of it.

        Args:
            deployment_id: Which one.
            ready: Says of what is held whether it may be finished.

        Returns:
            None where it may not.

        Raises:
            MachineError: the disk refuses.
        """
        with self._lock, self._writing(deployment_id) as book:
            if book.finished_at is None and not ready(book):
                return None
            if book.finished_at is None and book.last_at is not None:
                row = Row(at=book.last_at, finished=self._now())
                self._add(deployment_id, row, lasting=True)
            return book

    def keep(self, deployment_id: str, kept: Collection[str], *, thinned: bool = False) -> None:
        """Erase all alerts of a deployment but these.

        Args:
            deployment_id: Which one.
            kept: Of its alerts.
            thinned: Whether the deployment is closed for good, and this is what may be kept.

        Raises:
            MachineError: the disk refuses.
        """
        with self._lock, self._writing(deployment_id) as book:
            self._keep(deployment_id, book, kept, thinned=thinned)

    def entry(self, alert_id: str) -> Entry | None:
        """Give what is known of an alert; None where this van has sent none of this id."""
        with self._lock:
            found = self._book(alert_id)
            return found[1].entries[alert_id] if found else None

    def counts(self, deployment_id: str) -> Counter[str]:
        """Count alerts ("alert") and officers' answers, in words as `course.counted` has them."""
        with self._lock:
            if deployment_id not in self._counts:
                self._counts[deployment_id] = counts(self._books.get(deployment_id, Book()))
            return self._counts[deployment_id]

    def sweep(self) -> None:
        """Erase what is over, and learn what another process has written.

        Raises:
            MachineError: the disk refuses.
        """
        with self._lock:
            now = self._now()
            for deployment_id in [*self._books]:
                self._refresh(deployment_id)
                book = self._books.get(deployment_id)
                if book is not None and book.over(now):
                    self._forget(deployment_id, now)

    def _book(self, alert_id: str) -> tuple[str, Book] | None:
        found = ((d, book) for d, book in self._books.items() if alert_id in book.entries)
        return next(found, None)

    def _close(self, alert_id: str, row: Row) -> None:
        with self._lock:
            found = self._book(alert_id)
            if found is None:
                raise stray()
            with self._writing(found[0]) as book:
                if alert_id not in book.entries:
                    raise stray()
                self._add(found[0], row, lasting=True)

    @contextmanager
    def _writing(self, deployment_id: str) -> Generator[Book]:
        """Have the disk alone, and know what others have written."""
        with self._ledger.alone():
            self._refresh(deployment_id)
            try:
                yield self._books.get(deployment_id, Book())
            finally:
                if deployment_id in self._books:
                    self._stamps[deployment_id] = self._ledger.stamp(deployment_id)

    def _refresh(self, deployment_id: str) -> None:
        stamp = self._ledger.stamp(deployment_id)
        if stamp == self._stamps.get(deployment_id):
            return
        self._stamps[deployment_id] = stamp
        self._counts.pop(deployment_id, None)
        if stamp is None:
            self._books.pop(deployment_id, None)
        else:
            self._books[deployment_id] = self._ledger.read(deployment_id)

    def _add(self, deployment_id: str, row: Row, *, lasting: bool = False) -> None:
        self._ledger.append(deployment_id, row, lasting=lasting)
        self._counts.pop(deployment_id, None)
        self._books.setdefault(deployment_id, Book()).take(row)

    def _forget(self, deployment_id: str, now: datetime) -> None:
        with self._writing(deployment_id) as book:
            held = book.entries.keys() & book.held(now)
            if not held or held != book.entries.keys():
                self._keep(deployment_id, book, held)

    def _keep(
        self, deployment_id: str, book: Book, kept: Collection[str], *, thinned: bool = False
    ) -> None:
        left = [alert_id for alert_id in book.entries if alert_id in kept]
        if left:
            self._ledger.rewrite(deployment_id, book.rows(left, thinned=thinned))
        else:
            self._ledger.erase(deployment_id)
        self._refresh(deployment_id)


def counts(book: Book) -> Counter[str]:
    """Count a deployment's alerts and answers, as `Register.counts` has them."""
    told = (course.counted(entry.answers) for entry in book.entries.values())
    return Counter(chain.from_iterable(told)) + Counter({"alert": len(book.entries)})


def consult(folder: Path, typed: str, now: datetime) -> Entry:
    """Find the alert of a redress code, for whoever asks; nothing is changed.

    Args:
        folder: The register's.
        typed: The code, as somebody read it from a slip.
        now: UTC.

    Raises:
        InputError: the code has a slip of the pen, or its alert is not held (any more).
        MachineError: the register cannot be read.
    """
    code = parse(typed)
    books = [book for _, book, _ in Ledger(folder).books()]
    held = ((book, entry) for book in books for entry in book.entries.values())
    book, found = next((one for one in held if one[1].stub.code == code), (None, None))
    if book is None or found is None:
        raise InputError(
            "No alert with this code is held here.",
            mend="Ask the van that gave out the slip, or the force: a day after its deployment, or "
            "once the force has it, nothing is held.",
        )
    if book.over(now) and found.stub.id not in book.held(now):
        raise InputError(
            "The alert of this code is no longer held: its 24 hours are over.",
            mend="Ask the force what it has recorded of the stop.",
        )
    return found


def _late() -> RefusedError:
    return RefusedError(
        "An answer comes after its deployment was closed.",
        Flaw.DOES_NOT_FIT,
        mend="Record it in the force's own case file.",
    )
