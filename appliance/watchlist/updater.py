"""Takes a list and an authority out of a drop folder, where anybody may have put anything.

What is believed is installed and leaves the drop folder. What is refused stays there, and what was
held before stays in force.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timezone
from typing import TYPE_CHECKING

from appliance.errors import ApplianceError, InputError, MachineError, SettingsError
from appliance.watchlist.store import AUTHORITY_FILE, WATCHLIST_FILE
from appliance.watchlist.trust import LARGE_BYTES, SMALL_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from datetime import datetime
    from pathlib import Path

    from appliance.watchlist.store import Store

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# Without O_NONBLOCK, opening a pipe would wait for somebody who writes into it.
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
NO_FILE = (errno.ELOOP, errno.ENXIO)
"""What opening a link or a socket gives."""


class BusyError(MachineError):
    """Another update is running: exit 75, EX_TEMPFAIL."""

    exit_code = 75


@dataclass(frozen=True)
class Outcome:
    """What became of one file of the drop folder."""

    file: str
    installed: bool
    what: str
    mend: str = ""
    exit_code: int = 0
    """That of the error's family; 0 where all is well."""


def update(inbox: Path, store: Store, now: datetime, model_id: Callable[[], str]) -> list[Outcome]:
    """Install what lies in the drop folder, where it is to be believed.

    Args:
        inbox: The drop folder.
        store: Where list and authority are held.
        now: The van's time.
        model_id: Says which encoder is in force; asked only where there is a list.

    Returns:
        One outcome for each file that was there; one that is refused does not hinder the other.

    Raises:
        SettingsError: a folder cannot be opened.
        BusyError: another update is running.
    """

    def install_watchlist(data: bytes) -> str:
        new = store.install_watchlist(data, now, model_id())
        new.erase()
        return _said(f"{len(new.subjects)} subjects", new.head.expires_at)

    def install_authority(data: bytes) -> str:
        new = store.install_authority(data, now)
        return _said(new.deployment_id, new.ends_at)

    with _alone(store.folder), _open(inbox, "watchlist.inbox") as folder:
        outcomes = [
            _take(Parcel(folder, WATCHLIST_FILE), LARGE_BYTES, install_watchlist),
            _take(Parcel(folder, AUTHORITY_FILE), SMALL_BYTES, install_authority),
        ]
        return [outcome for outcome in outcomes if outcome]


class Parcel:
    """A file that may lie in the drop folder.

    Args:
        folder: The drop folder's open descriptor.
        name: The file's name in it.
    """

    def __init__(self, folder: int, name: str) -> None:
        self._folder, self.name = folder, name
        self._state: tuple[int, ...] = ()

    def read(self, limit_bytes: int) -> bytes | None:
        """Read it whole, or nothing of it.

        Returns:
            None where there is none.

        Raises:
            InputError: it is no ordinary file, too large, or changes meanwhile.
        """
        try:
            handle = os.open(self.name, FILE, dir_fd=self._folder)
            try:
                return self._drain(handle, limit_bytes)
            finally:
                os.close(handle)
        except FileNotFoundError:
            return None
        except OSError as error:
            odd = error.errno in NO_FILE
            fault = "is no ordinary file" if odd else f"cannot be read: {error.strerror}"
            raise self._refusal(fault) from None

    def remove(self) -> None:
        """Remove what was read; a newer file in its place stays for the next time.

        Raises:
            MachineError: it cannot be removed.
        """
        try:
            there = os.stat(self.name, dir_fd=self._folder, follow_symlinks=False)
            if _state(there) == self._state:
                os.unlink(self.name, dir_fd=self._folder)
        except FileNotFoundError:
            return
        except OSError as error:
            raise MachineError(
                f"It is installed, but cannot be removed from the drop folder: {error.strerror}.",
                mend="Let the update's user write there.",
            ) from None

    def _drain(self, handle: int, limit_bytes: int) -> bytes:
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            raise self._refusal("is no ordinary file")
        if before.st_size > limit_bytes:
            raise self._refusal(f"is larger than {limit_bytes} bytes")
        with os.fdopen(handle, "rb", closefd=False) as opened:
            data = opened.read(before.st_size + 1)
        self._state = _state(before)
        if len(data) != before.st_size or _state(os.fstat(handle)) != self._state:
            raise self._refusal("changes while it is read")
        return data

    def _refusal(self, fault: str) -> InputError:
        return InputError(f"{self.name} {fault}.", mend="Put the signed file itself there, whole.")


def _take(parcel: Parcel, limit_bytes: int, install: Callable[[bytes], str]) -> Outcome | None:
    installed = False
    try:
        data = parcel.read(limit_bytes)
        if data is None:
            return None
        what = install(data)
        installed = True
        parcel.remove()
    except ApplianceError as error:
        return Outcome(parcel.name, installed, str(error), error.mend, error.exit_code)
    return Outcome(parcel.name, installed, what)


def _said(what: str, until: datetime) -> str:
    end = until.astimezone(timezone.utc)
    return f"Installed: {what}, until {end:%Y-%m-%d %H:%M} UTC, from the van's next start on."


def _state(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    with _open(folder, "watchlist.folder") as handle:
        try:
            # On the folder itself, so that nothing is left behind, however this process ends.
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError("Another update is running.", mend="Wait until it is over.") from None
        yield


@contextmanager
def _open(folder: Path, field: str) -> Generator[int]:
    try:
        handle = os.open(folder, FOLDER)
    except OSError as error:
        raise SettingsError(
            f"{field} names a folder that cannot be opened: {error.strerror}.",
            mend="Make it, for the update's user, or name another.",
        ) from None
    try:
        yield handle
    finally:
        os.close(handle)
