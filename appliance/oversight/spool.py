"""What others than `lfr run` have to say for the log: files in a folder, until the log takes them.

The log is one process's at a time. Whoever else has something to say leaves a file here, which is
whole and on the disk or not there at all. Who it was is told by the file's owner and not by what
stands in it; and of whoever is neither the log's own user nor root one thing is believed: that
something was refused.
"""

from __future__ import annotations

import logging
import os
import pwd
import re
import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from heapq import nsmallest
from typing import TYPE_CHECKING, Final

from appliance.durable import put
from appliance.errors import MachineError
from appliance.oversight import entries, shelf
from appliance.oversight.entries import Entry, Refused

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from appliance.oversight.log import Log

SPOOL: Final = "spool"
"""The folder's name, beside that of the log."""
MARK: Final = "taken"
"""Says, beside the log, how long it was before it took over what it took last."""
MOST: Final = 256
"""Files that are taken at once."""
MOST_OF_OTHERS: Final = 16
"""Of these, from users who are only half believed: what is more is refused."""
LEFT_S: Final = 3600.0
"""What was begun so long ago, nobody goes on with."""
FIRST_PERSON: Final = 1000
"""Users from this number on may be people, who stand in no log by name."""
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,79}\.json")
USER: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
OTHERS_MAY_WRITE: Final = 0o022
FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
FOLDER_MODE, FILE_MODE = 0o770, 0o640

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Found:
    """A file, and what stands in it."""

    name: str
    entry: Entry
    believed: bool
    """Whether its owner is the log's own user, or root."""


class Spool:
    """The folder. Many processes drop into it; one at a time takes, the one that has the log.

    Args:
        folder: Its own. On a van it is made with the sticky bit: nobody removes another's file.
        believed: Users who may say anything; None for root and this process's own.
    """

    def __init__(self, folder: Path, believed: Collection[int] | None = None) -> None:
        self._folder = folder
        self._believed = {0, os.geteuid()} if believed is None else {*believed}
        self._begun = False
        self._stuck: set[str] = set()
        """What is done with, and does not let itself be removed."""

    def drop(self, entry: Entry) -> None:
        """Leave something for the log; once this returns it is not lost.

        Args:
            entry: What is said; the log puts the file's owner in the place of its `who`.

        Raises:
            MachineError: the disk refuses.
        """
        try:
            self._folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
            put(self._folder / f"{entry.id}.json", entry.line, mode=FILE_MODE)
        except OSError as error:
            raise MachineError(
                f"What goes into the van's log cannot be left in {SPOOL}: {error.strerror}.",
                mend="sudo systemd-tmpfiles --create, or do it as root or as the user lfr.",
            ) from None

    def holds(self, entry_id: str) -> bool:
        """Tell whether something waits here under this id."""
        return (self._folder / f"{entry_id}.json").exists()

    def take(self, log: Log) -> None:
        """Bring over what waits, each of it once, however often a process dies over it.

        Raises:
            MachineError: the log's disk refuses.
        """
        names = self._waiting()
        if not names:
            return
        found = sorted(filter(None, map(self._read, names)), key=lambda one: one.entry.at)
        said = _most_of(found)
        refused = len(names) - len(said)
        # Whoever took before may have died between the log and the removing.
        known = set() if self._begun else log.among([*map(_sign, said)], self._marked())
        lines = [one.entry.line for one in said if _sign(one) not in known]
        if refused:
            lines.append(entries.entry("van", Refused(of=SPOOL, count=refused)).line)
            _log.warning("what was left for the log was refused")
        self._mark(log.checkpoint.size)
        log.append(lines)
        self._begun = True
        for name in names:
            self._remove(name)

    def _waiting(self) -> list[str]:
        names: list[str] = []
        with suppress(OSError), os.scandir(self._folder) as listed:
            for one in listed:
                if one.name.startswith("."):
                    self._clear(one)
                elif one.name not in self._stuck:
                    names.append(one.name)
        return nsmallest(MOST, names)

    def _clear(self, begun: os.DirEntry[str]) -> None:
        with suppress(OSError):
            if begun.stat(follow_symlinks=False).st_mtime < time.time() - LEFT_S:
                self._remove(begun.name)

    def _read(self, name: str) -> Found | None:
        try:
            uid, data = _content(self._folder / name)
            said = entries.read(data)
        except (OSError, ValueError):
            return None
        believed = uid in self._believed
        if f"{said.id}.json" != name or not (believed or _harmless(said)):
            return None
        at = min(said.at, datetime.now(timezone.utc))
        return Found(name, said.model_copy(update={"who": _who(uid), "at": at}), believed)

    def _remove(self, name: str) -> None:
        file = self._folder / name
        try:
            if stat.S_ISDIR(file.lstat().st_mode):
                file.rmdir()
            else:
                file.unlink()
        except FileNotFoundError:
            return
        except OSError:
            self._stuck.add(name)

    def _marked(self) -> int:
        try:
            return int((self._folder.parent / MARK).read_text("ascii"))
        except (OSError, ValueError):
            return 0

    def _mark(self, size: int) -> None:
        try:
            put(self._folder.parent / MARK, f"{size}\n".encode("ascii"))
        except OSError as error:
            raise MachineError(
                f"The log cannot be written: {error.strerror}.",
                mend="Make room on its disk, and check its owner.",
            ) from None


def own(folder: Path) -> bool:
    """Tell whether a log's folder is this user's, so that nothing in it becomes another's."""
    with suppress(OSError):
        return folder.stat().st_uid == os.geteuid()
    return False


def _content(file: Path) -> tuple[int, bytes]:
    """Read a file with mistrust; give whose it is, too."""
    handle = os.open(file, FILE)
    with os.fdopen(handle, "rb") as opened:
        found = os.fstat(handle)
        sound = stat.S_ISREG(found.st_mode) and not found.st_mode & OTHERS_MAY_WRITE
        # A second name could be that of somebody else's file, whose owner never said this.
        if not sound or found.st_nlink != 1 or not NAME.fullmatch(file.name):
            raise ValueError
        data = opened.read(shelf.MOST_BYTES + 1)
    if len(data) > shelf.MOST_BYTES:
        raise ValueError
    return found.st_uid, data


def _sign(found: Found) -> bytes:
    return entries.sign(found.entry.id)


def _harmless(said: Entry) -> bool:
    return isinstance(said.fact, Refused) and said.fact.of in {"list", "settings"}


def _most_of(found: list[Found]) -> list[Found]:
    others = [one for one in found if not one.believed][MOST_OF_OTHERS:]
    return [one for one in found if one not in others]


def _who(uid: int) -> str:
    name = ""
    with suppress(KeyError):
        name = pwd.getpwuid(uid).pw_name if uid < FIRST_PERSON else ""
    return f"user/{name if USER.fullmatch(name) else uid}"
