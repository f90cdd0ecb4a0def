"""Facts that stand in the log once, however often somebody dies over saying them."""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Final, TypeVar

from appliance.errors import MachineError
from appliance.oversight import entries, keys, shelf
from appliance.oversight.checkpoint import read
from appliance.oversight.note import Note
from appliance.oversight.shelf import CHECKPOINT
from appliance.oversight.spool import SPOOL, Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable
    from pathlib import Path

    from appliance.oversight.entries import Anything

TRIES: Final = 20
"""While somebody reads the log, it may grow, and its last pieces have other names then."""
ID_SIGNS: Final = 32
LISTS: Final = re.compile(rb'"what":"list_(installed|erased)","watchlist_id":"([A-Za-z0-9._-]+)"')
T = TypeVar("T")


class Once:
    """What is said of one deployment. Each fact has its id from what it is of.

    Args:
        folder: Where key, log and spool lie.
        deployment_id: Of which nothing is said before it was opened.
    """

    def __init__(self, folder: Path, deployment_id: str) -> None:
        self._log, self._spool = folder / keys.LOG, Spool(folder / SPOOL)
        self._deployment_id = deployment_id

    def say(self, what: str, fact: Anything, why: str | None = None) -> None:
        """Leave a fact for the log, unless it was said before.

        Args:
            what: By which this fact is known from all others of this deployment.
            fact: What happened.
            why: For what reason, where that is not plain.

        Raises:
            MachineError: the log cannot be read, or the disk refuses.
        """
        if not self.said(what):
            said = entries.entry("van", fact, why)
            self._spool.drop(said.model_copy(update={"id": self._id(what)}))

    def said(self, what: str) -> bool:
        """Tell whether a fact was said; errors as for `say`."""
        # In this order: whoever takes it over puts it into the log first.
        return self._spool.holds(self._id(what)) or self.stands(entries.sign(self._id(what)))

    def stands(self, piece: bytes) -> bool:
        """Tell whether the log has something since the deployment was opened; errors as above."""
        return self.last([piece, opened(self._deployment_id)]) == piece

    def last(self, pieces: Collection[bytes]) -> bytes | None:
        """Say which of these stands last in the log; errors as above."""
        return self._look(lambda size: shelf.last(self._log, size, pieces))

    def searched(self) -> str | None:
        """Name the list that was taken last, unless the log has its erasure; errors as above."""
        begun = opened(self._deployment_id)
        return self._look(lambda size: _searched(shelf.backwards(self._log, size), begun))

    def _look(self, look: Callable[[int], T]) -> T:
        for _ in range(TRIES):
            with suppress(FileNotFoundError), _reading():
                return look(_size(self._log / CHECKPOINT))
        raise _unread("it grows too fast")

    def _id(self, what: str) -> str:
        return sha256(f"{self._deployment_id}\n{what}".encode()).hexdigest()[:ID_SIGNS]


def _searched(bundles: Iterable[bytes], begun: bytes) -> str | None:
    for data in bundles:
        start = data.rfind(begun)
        for what, name in reversed(LISTS.findall(data, max(start, 0))):
            return None if what == b"erased" else str(name, "ascii")
        if start >= 0:
            break
    return None


def opened(deployment_id: str) -> bytes:
    """Give the piece of an entry that says that a deployment is opened."""
    return f'"what":"authority_opened","deployment_id":"{deployment_id}"'.encode()


@contextmanager
def _reading() -> Generator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _unread(error.strerror) from None


def _size(checkpoint: Path) -> int:
    return read(Note.read(checkpoint.read_bytes())).size if checkpoint.exists() else 0


def _unread(why: str | None) -> MachineError:
    return MachineError(
        f"The van's log cannot be read: {why}.", mend="Do it as root, or as the user lfr."
    )
