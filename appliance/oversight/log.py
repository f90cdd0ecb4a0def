"""The log that nobody rewrites unseen: C2SP tlog tiles, and a signed checkpoint over all of them.

What `append` has returned from is on the disk, whatever happens then. Entries and tiles get there
first and the checkpoint that vouches for them last, so that a loss of power in between leaves the
log as it was, and some pieces beside it which the next start clears away.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager, suppress
from copy import deepcopy
from typing import TYPE_CHECKING, Final

from appliance.durable import FOLDER, sync
from appliance.errors import MachineError, TrustError
from appliance.oversight import merkle, note, shelf
from appliance.oversight.checkpoint import Checkpoint, read
from appliance.oversight.note import Note
from appliance.oversight.shelf import CHECKPOINT, ENTRIES

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Sequence
    from pathlib import Path

    from appliance.oversight.note import Pen

NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
NEXT: Final = f"{CHECKPOINT}.new"
FILE_MODE, FOLDER_MODE = 0o640, 0o750
GLANCE_S: Final = 0.02


class Log:
    """A log that is being written, from `open_log`. Not for two threads at once."""

    def __init__(self, folder: Path, pen: Pen) -> None:
        self._folder, self._pen = folder, pen
        self._edge = merkle.Edge()
        self._last: list[bytes] = []
        self.checkpoint = Checkpoint(pen.name, 0, merkle.EMPTY)
        """What stands on the disk."""

    def append(self, entries: Sequence[bytes]) -> Checkpoint:
        """Bring entries to the disk, all of them or none.

        Args:
            entries: In their order; 65,535 bytes each at the most.

        Returns:
            The checkpoint that vouches for them.

        Raises:
            InputError: one is too long.
            MachineError: the disk refuses.
        """
        shelf.bundle(entries)
        edge, last = deepcopy(self._edge), list(self._last)
        pieces = _grow(edge, last, entries)
        grown = Checkpoint(self._pen.name, edge.size, edge.root)
        with _writing():
            self._fill(pieces)
            self._vouch(grown)
        old, self.checkpoint = self.checkpoint, grown
        self._edge, self._last = edge, last
        for name in shelf.partial(old.size) - shelf.partial(grown.size):
            _drop(self._folder / name)
        return grown

    def among(self, needles: Collection[bytes], begin: int = 0) -> set[bytes]:
        """Find which of these stand in entries of the log, as `shelf.among` does.

        Raises:
            MachineError: it cannot be read.
        """
        with _writing():
            return shelf.among(self._folder, self.checkpoint.size, needles, begin)

    def resume(self) -> None:
        """Take up what is there; for `open_log` alone.

        Raises:
            InputError, TrustError: it is not as this log's key has signed it.
            MachineError: the disk refuses.
        """
        with _writing():
            if not (self._folder / CHECKPOINT).exists():
                self._begin()
            signed = Note.read((self._folder / CHECKPOINT).read_bytes())
            signed.require(self._pen.key)
            self.checkpoint = read(signed)
            self._load()
            self._clear()

    def _begin(self) -> None:
        if (self._folder / "tile").exists():
            raise TrustError(
                "The log has lost its checkpoint.",
                mend="Keep its folder as evidence, and have a new one begun in its place.",
            )
        self._vouch(self.checkpoint)

    def _load(self) -> None:
        size = self.checkpoint.size
        rows = [
            _hashes(self._piece(level, size // merkle.WIDTH ** (level + 1), width))
            for level, width in enumerate(merkle.widths(size))
        ]
        self._edge = merkle.Edge(rows, size)
        whole, part = divmod(size, merkle.WIDTH)
        self._last = shelf.unbundle(self._piece(ENTRIES, whole, part))
        begun = rows[0] if rows else []
        if self._edge.root != self.checkpoint.root or [*map(merkle.leaf, self._last)] != begun:
            raise TrustError(
                "The end of the log is not what its checkpoint says.",
                mend="Keep its folder as evidence, and have a new one begun in its place.",
            )

    def _piece(self, kind: int | str, index: int, width: int) -> bytes:
        file = self._folder / shelf.name(kind, index, width)
        return file.read_bytes() if width and file.is_file() else b""

    def _clear(self) -> None:
        known = {self._folder / name for name in shelf.names(self.checkpoint.size)}
        found = [*(self._folder / "tile").rglob("*"), self._folder / NEXT]
        for file in found:
            if file not in known and not file.is_dir():
                _drop(file)

    def _fill(self, pieces: dict[str, bytes]) -> None:
        changed: set[Path] = set()
        for name, data in pieces.items():
            file = self._folder / name
            changed |= _make(file.parent)
            _write(file, data)
            changed.add(file.parent)
        for folder in changed:
            sync(folder)

    def _vouch(self, grown: Checkpoint) -> None:
        file, new = self._folder / CHECKPOINT, self._folder / NEXT
        _write(new, note.write(grown.text, [self._pen.sign(grown.text)]))
        new.replace(file)
        sync(self._folder)


@contextmanager
def open_log(folder: Path, pen: Pen, patience_s: float = 0.0) -> Generator[Log]:
    """Take a log for this process alone, and begin it where there is none.

    Args:
        folder: The log's, which is made.
        pen: Signs its checkpoints; its name is the log's.
        patience_s: How long another process is waited for.

    Raises:
        InputError, TrustError: what is there is not as this key has signed it.
        MachineError: the disk refuses, or another process has the log.
    """
    with _writing():
        folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
        handle = os.open(folder, FOLDER)
    try:
        with _writing():
            _lock(handle, time.monotonic() + patience_s)
        log = Log(folder, pen)
        log.resume()
        yield log
    finally:
        os.close(handle)


def taken(folder: Path) -> bool:
    """Tell whether a process has a log, from `open_log`; False where there is none.

    Raises:
        OSError: its folder cannot be opened.
    """
    try:
        handle = os.open(folder, FOLDER)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _lock(handle: int, until_s: float) -> None:
    """Take it; the kernel gives it back, however this process ends."""
    while time.monotonic() < until_s:
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(GLANCE_S)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _grow(edge: merkle.Edge, last: list[bytes], entries: Sequence[bytes]) -> dict[str, bytes]:
    """Let a tree grow, and give each piece that is new or has become another."""
    before = shelf.partial(edge.size)
    pieces: dict[str, bytes] = {}
    for entry in entries:
        for tile in edge.add(merkle.leaf(entry)):
            pieces[shelf.name(tile.level, tile.index)] = tile.data
        last.append(entry)
        if len(last) == merkle.WIDTH:
            pieces[shelf.name(ENTRIES, edge.size // merkle.WIDTH - 1)] = shelf.bundle(last)
            last.clear()
    for tile in edge.tiles():
        pieces[shelf.name(tile.level, tile.index, len(tile.hashes))] = tile.data
    if last:
        pieces[shelf.name(ENTRIES, edge.size // merkle.WIDTH, len(last))] = shelf.bundle(last)
    return {name: data for name, data in pieces.items() if name not in before}


def _hashes(data: bytes) -> list[bytes]:
    size = merkle.HASH_BYTES
    return [data[at : at + size] for at in range(0, len(data), size)]


def _make(folder: Path) -> set[Path]:
    """Make a folder, and give those whose names have changed."""
    if folder.is_dir():
        return set()
    changed = _make(folder.parent) | {folder.parent}
    folder.mkdir(FOLDER_MODE)
    return changed


def _write(file: Path, data: bytes) -> None:
    with os.fdopen(os.open(file, NEW, FILE_MODE), "wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())


def _drop(file: Path) -> None:
    # What is left over does no harm, and the next start tries again.
    with suppress(OSError):
        file.unlink()
        file.parent.rmdir()


@contextmanager
def _writing() -> Generator[None]:
    try:
        yield
    except BlockingIOError:
        raise MachineError(
            "Another process has the log.", mend="Stop it first: one van has one log."
        ) from None
    except OSError as error:
        raise MachineError(
            f"The log cannot be written: {error.strerror}.",
            mend="Make room on its disk, and check its owner.",
        ) from None
