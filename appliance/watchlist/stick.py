"""A folder as a source, such as a stick: anybody may have filled it."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from appliance.errors import InputError
from appliance.watchlist import disk
from appliance.watchlist.landing import landing
from appliance.watchlist.refusals import missing, require_path

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.watchlist.landing import Progress

PIECE_BYTES: Final = 256 * 1024


class Stick:
    """A folder that anybody may have filled.

    Args:
        folder: Its open descriptor.
    """

    def __init__(self, folder: int) -> None:
        self._folder = folder

    def fetch(self, path: str, most_bytes: int) -> bytes | None:
        """See `Supply`."""
        with ExitStack() as stack:
            try:
                folder, name = self._walk(stack, path)
                return disk.read(name, most_bytes, folder)
            except FileNotFoundError:
                return None

    def download(self, path: str, length: int, into: Path, progress: Progress) -> None:
        """See `Supply`."""
        with ExitStack() as stack, landing(into, length, progress) as part:
            try:
                folder, name = self._walk(stack, path)
                handle = stack.enter_context(disk.opened(name, length, folder))
            except FileNotFoundError:
                raise missing("The bundle") from None
            while piece := self._piece(handle, part.at):
                part.add(piece)

    @staticmethod
    def _piece(handle: int, at: int) -> bytes:
        try:
            return os.pread(handle, PIECE_BYTES, at)
        except OSError as error:
            raise InputError(
                f"The stick cannot be read: {error.strerror}.", mend="Take another stick."
            ) from None

    def _walk(self, stack: ExitStack, path: str) -> tuple[int, str]:
        """Open the folder in which a file lies, one step at a time, so that no link leads away."""
        require_path(path)
        *folders, name = path.split("/")
        at = self._folder
        for folder in folders:
            try:
                at = os.open(folder, disk.FOLDER, dir_fd=at)
            except FileNotFoundError:
                raise
            except OSError as error:
                raise InputError(
                    f"The stick's folder {folder} cannot be opened: {error.strerror}.",
                    mend="Publish to an empty stick.",
                ) from None
            stack.callback(os.close, at)
        return at, name
