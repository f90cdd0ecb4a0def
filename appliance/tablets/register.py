"""The van's register: which alerts went out, and what officers answered. It holds no picture.

One file for each deployment, which only grows: a line is written whole, and an answer is on the
disk before anybody is told that it is. Where the power went in the middle of a line, that line was
nobody's last word, and is cut off before the next is written. A day after its last line a file is
erased.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from itertools import chain
from threading import Lock
from typing import TYPE_CHECKING, Final

from appliance import durable
from appliance.domain.slip import parse
from appliance.durable import END
from appliance.errors import InputError, MachineError
from appliance.tablets import course
from appliance.tablets.entry import Book, Entry, Row, Said, stray, stub

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from appliance.domain.alert import Alert
    from appliance.domain.decision import Decision

LIFE: Final = timedelta(hours=24)
"""After the last line: whoever was stopped has so long to ask, and nobody is kept for longer."""
SUFFIX: Final = ".jsonl"
FOLDER_MODE: Final = 0o700


class Register:
    """What this van sent and heard, across its own restarts. Any thread may call it.

    Args:
        folder: Where the files are; made when there is something to write.
        now: Gives the time in UTC.

    Raises:
        MachineError: what is there cannot be read, or what is over cannot be erased.
    """

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self._folder, self._now = folder, now
        self._lock = Lock()
        self._books = {file.stem: book for file, book in _books(folder)}
        self._counts: dict[str, Counter[str]] = {}
        self.sweep()

    def note(self, alert: Alert) -> None:
        """Write down an alert that is about to go out; once, however often it goes.

        It is safe from a killed process at once, and from a loss of power after `sync`.

        Raises:
            MachineError: the disk refuses.
        """
        with self._lock:
            if self._book(alert.id) is None:
                row = Row(at=self._now(), alert=stub(alert))
                self._write(alert.deployment_id, row)
                self._counts.pop(alert.deployment_id, None)
                self._books.setdefault(alert.deployment_id, Book()).take(row)

    def sync(self, alert_id: str) -> None:
        """Bring an alert to the disk, since an officer has it before the eyes now.

        Raises:
            MachineError: the disk refuses.
        """
        with self._lock:
            found = self._book(alert_id)
            if found is not None:
                with _writing():
                    durable.settle(self._file(found[0]))

    def take(self, decision: Decision) -> bool:
        """Bring an officer's answer to the disk.

        Returns:
            False where it is there already.

        Raises:
            InputError: this van has sent no such alert.
            MachineError: the disk refuses; nothing is known of it then.
        """
        with self._lock:
            found = self._book(decision.alert_id)
            if found is None:
                raise stray()
            deployment_id, book = found
            if book.entries[decision.alert_id].knows(decision):
                return False
            said = Said(tablet=decision.tablet, event=decision.event.decode())
            row = Row(at=self._now(), said=said)
            self._write(deployment_id, row, lasting=True)
            book.take(row)
            self._counts.pop(deployment_id, None)
            return True

    def entry(self, alert_id: str) -> Entry | None:
        """Give what is known of an alert; None where this van has sent none of this id."""
        with self._lock:
            found = self._book(alert_id)
            return found[1].entries[alert_id] if found else None

    def counts(self, deployment_id: str) -> Counter[str]:
        """Say how many alerts went out ("alert"), and how often officers gave each answer.

        The answers in words, as `course.counted` has them.
        """
        with self._lock:
            if deployment_id not in self._counts:
                book = self._books.get(deployment_id, Book())
                told = (course.counted(entry.answers) for entry in book.entries.values())
                alerts = {"alert": len(book.entries)}
                self._counts[deployment_id] = Counter(chain.from_iterable(told)) + Counter(alerts)
            return self._counts[deployment_id]

    def sweep(self) -> None:
        """Erase what is over.

        Raises:
            MachineError: the disk refuses.
        """
        with self._lock:
            now = self._now()
            for deployment_id in [d for d, book in self._books.items() if _over(book, now)]:
                _erase(self._file(deployment_id))
                del self._books[deployment_id]
                self._counts.pop(deployment_id, None)

    def _book(self, alert_id: str) -> tuple[str, Book] | None:
        found = ((d, book) for d, book in self._books.items() if alert_id in book.entries)
        return next(found, None)

    def _file(self, deployment_id: str) -> Path:
        return self._folder / f"{deployment_id}{SUFFIX}"

    def _write(self, deployment_id: str, row: Row, *, lasting: bool = False) -> None:
        with _writing():
            self._folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
            durable.append(self._file(deployment_id), row.line, lasting=lasting)


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
    held = ((book, entry) for _, book in _books(folder) for entry in book.entries.values())
    book, found = next((one for one in held if one[1].stub.code == code), (None, None))
    if book is None or found is None:
        raise InputError(
            "No alert with this code is held here.",
            mend="Ask the van that gave out the slip; a day after its deployment nothing is held.",
        )
    if _over(book, now):
        raise InputError(
            "The alert of this code is no longer held: its 24 hours are over.",
            mend="Ask the force what it has recorded of the stop.",
        )
    return found


def _books(folder: Path) -> Iterator[tuple[Path, Book]]:
    try:
        for file in sorted(folder.glob(f"*{SUFFIX}")) if _there(folder) else ():
            durable.require_ordinary(file.stat().st_mode)
            book = Book()
            # What follows the last end of a line was never written whole.
            book.read(file.read_bytes().split(END)[:-1])
            if book.last_at is None:
                book.last_at = datetime.fromtimestamp(file.stat().st_mtime, timezone.utc)
            yield file, book
    except OSError as error:
        raise MachineError(
            f"The van's register cannot be read: {error.strerror}.",
            mend="Ask as root, or as the user of `lfr run`.",
        ) from None


def _there(folder: Path) -> bool:
    try:
        os.scandir(folder).close()
    except FileNotFoundError:
        return False
    return True


def _over(book: Book, now: datetime) -> bool:
    return book.last_at is not None and now >= book.last_at + LIFE


@contextmanager
def _writing() -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise MachineError(
            f"The van's register cannot be written: {error.strerror}.",
            mend="Make room on its disk, and check its owner.",
        ) from None


def _erase(file: Path) -> None:
    try:
        durable.erase(file)
    except FileNotFoundError:
        return
    except OSError as error:
        raise MachineError(
            f"What is over in the van's register cannot be erased: {error.strerror}.",
            mend="Check its disk and its owner.",
        ) from None
