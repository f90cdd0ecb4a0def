"""Small private files, which are read with mistrust and destroyed rather than only removed."""

from __future__ import annotations

import os
import stat
from typing import Final

from appliance.errors import MachineError
from appliance.watchlist.disk import FILE, NEW, ODD

FILE_BYTES: Final = 256
"""No key is longer."""
OVER = os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
OTHERS = 0o077
"""What a private file's mode must not have."""


def names(folder: int) -> list[str]:
    """Name what lies in an open folder; a path could meanwhile lead elsewhere."""
    return os.listdir(folder)


def write(folder: int, name: str, data: bytes) -> None:
    """Put a file where none is, whole or not at all. The folder is still to be synced.

    Raises:
        MachineError: the disk refused it.
    """
    new = f"{name}.new"
    try:
        handle = os.open(new, NEW, 0o600, dir_fd=folder)
        with os.fdopen(handle, "wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(handle)
        os.rename(new, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError as error:
        raise _refused(error) from None


def read(folder: int, name: str) -> bytes:
    """Read a file that nobody else can have read or written.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no ordinary file, or others have a way to it.
    """
    handle = os.open(name, FILE, dir_fd=folder)
    try:
        found = os.fstat(handle)
        private = found.st_uid == os.geteuid() and not found.st_mode & OTHERS
        if not stat.S_ISREG(found.st_mode) or not private or found.st_nlink != 1:
            raise ValueError
        return os.read(handle, FILE_BYTES)
    finally:
        os.close(handle)


def destroy(folder: int, name: str) -> None:
    """Overwrite a file and remove it; one that is not there is destroyed already.

    Raises:
        MachineError: the disk refused it.
    """
    try:
        try:
            _overwrite(folder, name)
        finally:
            # Whatever the disk says to that: without a name it is not found again.
            os.unlink(name, dir_fd=folder)
        os.fsync(folder)
    except (FileNotFoundError, IsADirectoryError):
        return
    except OSError as error:
        raise _refused(error) from None


def _overwrite(folder: int, name: str) -> None:
    try:
        handle = os.open(name, OVER, dir_fd=folder)
    except OSError as error:
        if error.errno in ODD:
            # A link, a socket, a folder: there is no key in it.
            return
        raise
    try:
        found = os.fstat(handle)
        if stat.S_ISREG(found.st_mode):
            # Whoever has a second name for it is left with zeros.
            os.pwrite(handle, bytes(min(found.st_size, FILE_BYTES)), 0)
            os.fsync(handle)
    finally:
        os.close(handle)


def _refused(error: OSError) -> MachineError:
    return MachineError(
        f"The folder of the keys cannot be written: {error.strerror}.", mend="Check the disk."
    )
