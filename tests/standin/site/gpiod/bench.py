"""The bench on which the chips lie: what they were told, and the world outside that moves them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

levels: dict[tuple[str, int], int] = {}
"""Of each line, by its chip's file and its number there."""
held: dict[tuple[str, int], object] = {}
"""Who holds a line: a request, or the name of somebody else."""
told: list[tuple[str, str, object]] = []
"""Every word to the kernel, in order: a verb, a line, and its settings or its value."""
locked: set[str] = set()
"""Files of chips that may not be opened."""


def clear():
    for kept in (levels, held, told, locked):
        kept.clear()


def lay(folder: Path, compatible: str, chips: dict[str, list[str]]) -> None:
    """Lay out a board: its device tree's name and, by label, the lines of its chips.

    `folder`/compatible and the `gpiochip` files beside it are what the van is to look at.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "compatible").write_bytes(b"".join(n.encode() + b"\0" for n in compatible.split()))
    for number, (label, lines) in enumerate(chips.items()):
        (folder / f"gpiochip{number}").write_text("\n".join([label, *lines]))


def find(folder: Path, line: str) -> tuple[str, int]:
    """Find a line by name: its chip's file, and its number there."""
    for file in sorted(folder.glob("gpiochip*")):
        _, *names = file.read_text().split("\n")
        if line in names:
            return str(file), names.index(line)
    raise LookupError(line)


def level(folder: Path, line: str) -> int:
    """Measure a line."""
    return levels.get(find(folder, line), 0)


def drive(folder: Path, line: str, high: int) -> None:
    """Move an input from outside, as a button does."""
    from . import EdgeEvent, LineRequest  # noqa: PLC0415 - they lie on this bench

    place = find(folder, line)
    changed = levels.get(place, 0) != high
    levels[place] = high
    holder = held.get(place)
    if changed and isinstance(holder, LineRequest):
        kind = EdgeEvent.Type.RISING_EDGE if high else EdgeEvent.Type.FALLING_EDGE
        event = EdgeEvent(kind, time.monotonic_ns(), place[1], 1, 1)
        holder.feel(holder.name_of(place[1]), event)
