"""Whether a log is what it says: every entry, tile and signature, against every older word of it.

It may be one that a van is writing: it is looked at between two of its words. This needs the log's
folder and its public key, no network, and nothing of the van.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from appliance import durable
from appliance.errors import InputError, TrustError
from appliance.oversight import merkle, shelf
from appliance.oversight.checkpoint import read
from appliance.oversight.log import taken
from appliance.oversight.note import Note
from appliance.oversight.shelf import CHECKPOINT, ENTRIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from appliance.oversight.checkpoint import Checkpoint
    from appliance.oversight.note import Key

MOST_BYTES: Final = merkle.WIDTH * (shelf.LENGTH_BYTES + shelf.MOST_BYTES)
"""Of any piece; a bundle of the longest entries is as large."""
TRIES: Final = 50
GLANCE_S: Final = 0.02
"""A log that somebody has is looked at so often, so far apart, until nobody is writing."""


class Proof:
    """One log that is being looked through.

    Args:
        folder: The log's.
        key: Whose signature it must have.
        known: Older words of this log, from wherever they were kept.

    Raises:
        InputError: it has no checkpoint, or an older word is of another log.
        TrustError: its checkpoint is not signed, or older than one that is known.
    """

    def __init__(self, folder: Path, key: Key, known: Sequence[Checkpoint] = ()) -> None:
        self._folder, self._key, self._known = folder, key, known
        self._glance()
        self._strays = self._others()
        for _ in range(TRIES):
            if not (self._missing() or self._strays) or not taken(folder):
                break
            time.sleep(GLANCE_S)
            self._glance()
            # What is on its way into the log is gone, or vouched for, when one looks again.
            self._strays &= self._others()
        if any(one.origin != key.name for one in (self.checkpoint, *known)):
            raise InputError("A checkpoint is of another log.", mend="Give the ones of this log.")
        if any(one.size > self.checkpoint.size for one in known):
            raise TrustError(
                "The log is shorter than it has been: entries are gone.",
                mend="Keep it as evidence, and find out who had it.",
            )

    def _glance(self) -> None:
        """Look at the log as it is now: what is not full goes away when the log grows."""
        signed = Note.read(_read(self._folder / CHECKPOINT))
        signed.require(self._key)
        self.signature = signed.line(self._key)
        """The line with which it says so."""
        self.checkpoint = read(signed)
        """What the log says of itself."""
        self._parts: dict[str, bytes] = {}
        for name in shelf.partial(self.checkpoint.size):
            with suppress(InputError):
                self._parts[name] = _read(self._folder / name)

    def _missing(self) -> set[str]:
        return shelf.partial(self.checkpoint.size) - self._parts.keys()

    def entries(self) -> Iterator[bytes]:
        """Give each entry; whoever has come to the end has a log that is whole.

        Raises:
            TrustError: a piece is missing, is another than it was, or does not belong there.
        """
        if self._strays:
            raise TrustError(
                f"{min(self._strays)} is nothing that the checkpoint vouches for.",
                mend="Copy it anew; what a loss of power left, the van's next start clears away.",
            )
        edge = merkle.Edge()
        self._compare(edge)
        for entry in self._bundles():
            for tile in edge.add(merkle.leaf(entry)):
                self._require(tile)
            self._compare(edge)
            yield entry
        for tile in edge.tiles():
            self._require(tile)
        if (edge.size, edge.root) != (self.checkpoint.size, self.checkpoint.root):
            raise _other(CHECKPOINT)

    def _bundles(self) -> Iterator[bytes]:
        for name in shelf.names(self.checkpoint.size):
            if f"/{ENTRIES}/" in name:
                yield from shelf.unbundle(self._piece(name))

    def _require(self, tile: merkle.Tile) -> None:
        name = shelf.name(tile.level, tile.index, len(tile.hashes))
        if self._piece(name) != tile.data:
            raise _other(name)

    def _piece(self, name: str) -> bytes:
        if name in self._parts:
            return self._parts[name]
        try:
            return _read(self._folder / name)
        except InputError:
            raise TrustError(
                f"{name} of the log cannot be read.", mend="Keep the log as evidence."
            ) from None

    def _compare(self, edge: merkle.Edge) -> None:
        if any(one.size == edge.size and one.root != edge.root for one in self._known):
            raise TrustError(
                f"The first {edge.size} entries are others than they were.",
                mend="Keep the log as evidence, and find out who had it.",
            )

    def _others(self) -> set[str]:
        known = {CHECKPOINT, *shelf.names(self.checkpoint.size)}
        found: set[str] = set()
        # Unlike `rglob` it does not mind that a folder is gone meanwhile.
        for place, folders, files in os.walk(self._folder):
            names = [*files, *(one for one in folders if (Path(place) / one).is_symlink())]
            found |= {str((Path(place) / one).relative_to(self._folder)) for one in names}
        return found - known


def _read(file: Path) -> bytes:
    try:
        return durable.read(file, MOST_BYTES)
    except OSError as error:
        raise InputError(
            f"{file.name} cannot be read: {error.strerror}.", mend="Name the log's folder."
        ) from None


def _other(name: str) -> TrustError:
    return TrustError(f"{name} of the log is not what it was.", mend="Keep the log as evidence.")
