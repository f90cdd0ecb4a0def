"""A long file on its way in: it grows piece by piece, and is taken up again where it broke off."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from appliance.watchlist import disk
from appliance.watchlist.refusals import OversizeError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    Progress = Callable[[int, int], None]
    """Is told how many bytes have come so far, and of how many."""

PART: Final = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC


class Landing:
    """A long file on its way in.

    Args:
        file: Where it lands; what is there already is its beginning.
        length: How long it will be.
        progress: Is told how far it is.
    """

    def __init__(self, file: Path, length: int, progress: Progress) -> None:
        self.length, self.received, self._progress = length, 0, progress
        with disk.writing(file.name):
            self._handle = os.open(file, PART, disk.FILE_MODE)
            self.at = os.fstat(self._handle).st_size
            with suppress(PermissionError):
                os.fchmod(self._handle, disk.FILE_MODE)
        if self.at > length:
            self.restart()
        progress(self.at, length)

    def restart(self) -> None:
        """Forget what has come."""
        with disk.writing("incoming"):
            os.ftruncate(self._handle, 0)
        self.at = 0

    def add(self, piece: bytes) -> None:
        """Take the next piece.

        Raises:
            OversizeError: more comes than was promised.
            SpaceError, MachineError: the disk refuses.
        """
        if self.at + len(piece) > self.length:
            raise OversizeError(
                "The bundle is longer than was signed.",
                mend="Publish it again; if it is whole there, find out who changes it.",
            )
        with disk.writing("incoming"):
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(self._handle, rest) :]
        self.at += len(piece)
        self.received += len(piece)
        self._progress(self.at, self.length)

    def close(self) -> None:
        """Bring it to the disk."""
        try:
            with disk.writing("incoming"):
                os.fsync(self._handle)
        finally:
            os.close(self._handle)


@contextmanager
def landing(file: Path, length: int, progress: Progress) -> Generator[Landing]:
    """Open a file on its way in; errors as for `Landing`."""
    part = Landing(file, length, progress)
    try:
        yield part
    finally:
        part.close()
