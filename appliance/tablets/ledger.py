"""The files of the van's register, one for each deployment, which more than one process may write.

`lfr run` adds alerts and answers while it runs; `lfr deployment` adds what is held and settled, and
takes out what is over. Whoever writes has the folder alone meanwhile, and reads first what the
others have written.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final

from appliance import durable
from appliance.durable import END, FOLDER
from appliance.errors import MachineError
from appliance.tablets.entry import Book

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from pathlib import Path

    from appliance.tablets.entry import Row

SUFFIX: Final = ".jsonl"
FOLDER_MODE: Final = 0o700

Stamp = tuple[int, int]
"""Of a file: which one it is, and its length. Another one, or a longer one, was written since."""


class Ledger:
    """The folder and its files. Whatever the disk refuses is a MachineError.

    Args:
        folder: Where the files are; made when there is something to write.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file(self, deployment_id: str) -> Path:
        """Say where a deployment's lines are."""
        return self._folder / f"{deployment_id}{SUFFIX}"

    @contextmanager
    def alone(self) -> Generator[None]:
        """Keep all other processes from writing."""
        with _writing():
            self._folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
            handle = os.open(self._folder, FOLDER)
        try:
            with _writing():
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def books(self) -> Iterator[tuple[str, Book, Stamp | None]]:
        """Read everything that is there; nothing is changed."""
        try:
            for file in sorted(self._folder.glob(f"*{SUFFIX}")) if self._there() else ():
                book, stamp = _read(file)
                yield file.stem, book, stamp
        except OSError as error:
            raise _unread(error) from None

    def stamp(self, deployment_id: str) -> Stamp | None:
        """Tell a file from the one that it was; None where there is none."""
        try:
            found = self.file(deployment_id).stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unread(error) from None
        return found.st_ino, found.st_size

    def read(self, deployment_id: str) -> Book:
        """Read a deployment's lines anew; an empty book where there are none."""
        try:
            return _read(self.file(deployment_id))[0]
        except FileNotFoundError:
            return Book()
        except OSError as error:
            raise _unread(error) from None

    def append(self, deployment_id: str, row: Row, *, lasting: bool = False) -> None:
        """Add a line; as of `durable.append`."""
        with _writing():
            durable.append(self.file(deployment_id), row.line, lasting=lasting)

    def settle(self, deployment_id: str) -> None:
        """Bring a deployment's lines to the disk."""
        with _writing():
            durable.settle(self.file(deployment_id))

    def rewrite(self, deployment_id: str, rows: Iterable[Row]) -> None:
        """Let a deployment have these lines alone, and overwrite what there was; all or nothing."""
        with _erasing():
            data = b"".join(row.line for row in rows)
            durable.supersede(self.file(deployment_id), data)

    def erase(self, deployment_id: str) -> None:
        """Overwrite and remove a deployment's lines; no fault where there are none."""
        file = self.file(deployment_id)
        # What a loss of power has left of another content goes with it.
        for one in (durable.successor(file), file):
            with _erasing(), suppress(FileNotFoundError):
                durable.erase(one)

    def _there(self) -> bool:
        try:
            os.scandir(self._folder).close()
        except FileNotFoundError:
            return False
        return True


def _read(file: Path) -> tuple[Book, Stamp]:
    found = file.stat()
    durable.require_ordinary(found.st_mode)
    book = Book()
    # What follows the last end of a line was never written whole.
    book.read(file.read_bytes().split(END)[:-1])
    if book.last_at is None:
        book.last_at = datetime.fromtimestamp(found.st_mtime, timezone.utc)
    return book, (found.st_ino, found.st_size)


def _unread(error: OSError) -> MachineError:
    return MachineError(
        f"The van's register cannot be read: {error.strerror}.",
        mend="Ask as root, or as the user of `lfr run`.",
    )


@contextmanager
def _writing() -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise MachineError(
            f"The van's register cannot be written: {error.strerror}.",
            mend="Make room on its disk, and check its owner.",
        ) from None


@contextmanager
def _erasing() -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise MachineError(
            f"What is over in the van's register cannot be erased: {error.strerror}.",
            mend="Check its disk and its owner.",
        ) from None
