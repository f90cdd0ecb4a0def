"""Where the pieces of a log lie, by name: the tiles and bundles of C2SP tlog-tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.errors import InputError
from appliance.oversight.merkle import WIDTH, widths

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

ENTRIES: Final = "entries"
"""Stands in a name where that of a tile has its level."""
CHECKPOINT: Final = "checkpoint"
LENGTH_BYTES: Final = 2
MOST_BYTES: Final = 0xFFFF
"""Of one entry."""
GROUP: Final = 1000


def name(level: int | str, index: int, width: int = WIDTH) -> str:
    """Name a tile, or with `ENTRIES` a bundle of entries.

    Args:
        level: Above the leaves; 0 for the leaves' own hashes.
        index: From the left.
        width: How much it holds; one that is not full has another name than when it is.
    """
    groups = [f"{index % GROUP:03}"]
    while index >= GROUP:
        index //= GROUP
        groups.insert(0, f"x{index % GROUP:03}")
    part = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{part}"


def names(size: int) -> Iterator[str]:
    """Name everything that a log of so many entries consists of, beside its checkpoint."""
    for kind in (ENTRIES, *range(len(widths(size)))):
        level = kind if isinstance(kind, int) else 0
        whole, part = divmod(size // WIDTH**level, WIDTH)
        for index in range(whole):
            yield name(kind, index)
        if part:
            yield name(kind, whole, part)


def partial(size: int) -> set[str]:
    """Name what a log of so many entries has that is not full, and changes when it grows."""
    rows = [(level, width) for level, width in enumerate(widths(size)) if width]
    found = {name(level, size // WIDTH ** (level + 1), width) for level, width in rows}
    return found | {name(ENTRIES, size // WIDTH, size % WIDTH)} if size % WIDTH else found


def bundle(entries: Sequence[bytes]) -> bytes:
    """Put entries together.

    Raises:
        InputError: one is too long.
    """
    if any(len(entry) > MOST_BYTES for entry in entries):
        raise InputError("An entry is too long for the log.", mend="Say it in fewer words.")
    return b"".join(len(entry).to_bytes(LENGTH_BYTES, "big") + entry for entry in entries)


def unbundle(data: bytes) -> list[bytes]:
    """Take entries apart again.

    Raises:
        InputError: the bundle breaks off.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        start = at + LENGTH_BYTES
        at = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or at > len(data):
            raise InputError("A bundle of the log breaks off.", mend="Get the log again.")
        entries.append(data[start:at])
    return entries


def among(folder: Path, size: int, needles: Collection[bytes], begin: int = 0) -> set[bytes]:
    """Find which of these stand in the entries of a log; nothing is proved.

    Args:
        folder: The log's.
        size: How many entries it has.
        needles: Pieces of entries.
        begin: How many entries from its beginning need not be looked at.

    Raises:
        OSError: a piece cannot be read.
    """
    found: set[bytes] = set()
    for data in backwards(folder, size, begin):
        found |= {one for one in needles if one in data}
        if found >= set(needles):
            break
    return found


def last(folder: Path, size: int, needles: Collection[bytes]) -> bytes | None:
    """Say which of these stands last in the entries of a log; nothing is proved. As of `among`."""
    for data in backwards(folder, size):
        place, found = max((data.rfind(one), one) for one in needles)
        if place >= 0:
            return found
    return None


def backwards(folder: Path, size: int, begin: int = 0) -> Iterator[bytes]:
    """Give a log's bundles of entries, the last first; as of `among`."""
    for index in range((size - 1) // WIDTH, begin // WIDTH - 1, -1) if size else ():
        piece = folder / name(ENTRIES, index, min(WIDTH, size - index * WIDTH))
        yield piece.read_bytes()
