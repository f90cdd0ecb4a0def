"""Files that are read with mistrust and written whole.

A loss of power leaves the old file or the new one: what is new is written beside, brought to the
disk, and then takes the place. Owner and group may both write, since one user of the van installs
and another looks and clears away.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from appliance.durable import sync
from appliance.errors import ApplianceError, InputError, MachineError
from appliance.watchlist.refusals import OversizeError, SpaceError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK, opening a pipe would wait for somebody who writes into it.
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
ODD = (errno.ELOOP, errno.ENXIO, errno.EISDIR)
"""What opening a link, a socket or a folder as a file gives."""
FILE_MODE, FOLDER_MODE = 0o660, 0o770
PIECE_BYTES = 1024 * 1024


@contextmanager
def opened(name: str, most_bytes: int, folder: int | None = None) -> Generator[int]:
    """Open an ordinary file to be read, and see that it stays the same meanwhile.

    Args:
        name: Its path, or its name in the folder.
        most_bytes: More is refused unread.
        folder: An open folder.

    Raises:
        FileNotFoundError: there is none.
        InputError: it is no ordinary file, cannot be read, or changes meanwhile.
        OversizeError: it is too large.
    """
    try:
        handle = os.open(name, FILE, dir_fd=folder)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _refusal(name, _fault(error)) from None
    try:
        before = _state(os.fstat(handle))
        if not stat.S_ISREG(before[0]):
            raise _refusal(name, "is no ordinary file")
        if before[1] > most_bytes:
            raise OversizeError(
                f"{_last(name)} is longer than {most_bytes} bytes.", mend="Publish it again."
            )
        yield handle
        if _state(os.fstat(handle)) != before:
            raise _refusal(name, "changes while it is read")
    finally:
        os.close(handle)


def read(name: str, most_bytes: int, folder: int | None = None) -> bytes:
    """Read a file whole; errors as for `opened`."""
    with opened(name, most_bytes, folder) as handle:
        try:
            with os.fdopen(handle, "rb", closefd=False) as file:
                return file.read(most_bytes + 1)
        except OSError as error:
            raise _refusal(name, _fault(error)) from None


@contextmanager
def entered(folder: Path) -> Generator[int]:
    """Open a folder that is no link.

    Raises:
        FileNotFoundError: there is none.
        InputError: it is none.
    """
    try:
        handle = os.open(folder, FOLDER)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _refusal(folder.name, _fault(error)) from None
    try:
        yield handle
    finally:
        os.close(handle)


@contextmanager
def writing(name: str) -> Generator[None]:
    """Turn what the disk refuses into one of our errors.

    Raises:
        SpaceError: it is full.
        MachineError: it refuses.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise SpaceError("The disk is full.", mend="Make room on it.") from None
        raise MachineError(
            f"{name} cannot be written: {error.strerror}.", mend="Check the disk and its owner."
        ) from None


def write(file: Path, data: bytes) -> None:
    """Put a file in place of another, whole or not at all; errors as for `writing`."""
    new = file.with_name(f".{file.name}.new")
    with writing(file.name):
        new.unlink(missing_ok=True)
        try:
            fill(new, data)
            new.replace(file)
        except OSError:
            # A full disk may let itself be cleared.
            new.unlink(missing_ok=True)
            raise
        sync(file.parent)


def fill(file: Path, data: bytes) -> None:
    """Write a file where none is, and bring it to the disk.

    Raises:
        OSError: the disk refuses.
    """
    handle = os.open(file, NEW, FILE_MODE)
    with os.fdopen(handle, "wb") as new:
        os.fchmod(handle, FILE_MODE)
        new.write(data)
        new.flush()
        os.fsync(handle)


def make(folder: Path) -> Path:
    """Make a folder, for owner and group, where none is.

    Raises:
        OSError: the disk refuses.
    """
    with suppress(FileExistsError):
        folder.mkdir(FOLDER_MODE)
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & FOLDER_MODE != FOLDER_MODE:
            folder.chmod(mode | FOLDER_MODE)
        sync(folder.parent)
    return folder


def clear(folder: Path) -> None:
    """Take a folder of files away: at once out of sight, then piece by piece.

    Raises:
        OSError: the disk refuses.
    """
    hidden = folder.with_name(f".gone-{folder.name}")
    sweep(hidden)
    with suppress(FileNotFoundError):
        folder.rename(hidden)
    sync(folder.parent)
    sweep(hidden)
    sync(folder.parent)


def sweep(folder: Path) -> None:
    """Remove a folder and what is in it, if it is there."""
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)


def _state(found: os.stat_result) -> tuple[int, ...]:
    return found.st_mode, found.st_size, found.st_mtime_ns, found.st_dev, found.st_ino


def _fault(error: OSError) -> str:
    return "is no ordinary file" if error.errno in ODD else f"cannot be read: {error.strerror}"


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _refusal(name: str, fault: str) -> ApplianceError:
    return InputError(f"{_last(name)} {fault}.", mend="Put the file itself there, whole.")
