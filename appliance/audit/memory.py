"""The whole memory of another process, as it lies there."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from appliance.audit.sieve import LONGEST
from appliance.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from appliance.audit.sieve import Needle, Sieve

PAGE = os.sysconf("SC_PAGESIZE")
PIECE_BYTES = 4 << 20
ENTRY_BYTES = 8
"""Of a page in /proc/PID/pagemap."""
HELD = np.uint64(3 << 62)
"""Present in memory, or swapped out (kernel: admin-guide/mm/pagemap)."""
Span = tuple[int, int]
"""Where some memory begins and ends."""


def search(process: int, sieve: Sieve) -> set[Needle]:
    """Look for needles in all memory of a process.

    Raises:
        MachineError: it may not be read by this user, or is gone.
    """
    found: set[Needle] = set()
    with _open(process) as memory, ThreadPoolExecutor(os.cpu_count()) as threads:
        looked = threads.map(lambda span: _look(memory, span, sieve), _pieces(process))
        for some in looked:
            found |= some
    return found


@contextmanager
def _open(process: int) -> Generator[int]:
    try:
        memory = os.open(f"/proc/{process}/mem", os.O_RDONLY)
    except PermissionError as error:
        raise MachineError(
            "The appliance's memory may not be read by this user.", mend="Run it as root."
        ) from error
    except OSError as error:
        raise MachineError("The appliance has ended.", mend="Look into its own words.") from error
    try:
        yield memory
    finally:
        os.close(memory)


def _look(memory: int, span: Span, sieve: Sieve) -> set[Needle]:
    data = bytearray(span[1] - span[0])
    count = 0
    # Nobody may read the kernel's own pages, and a mapping may go while it is read.
    with suppress(OSError, OverflowError):
        count = os.preadv(memory, [data], span[0])
    return sieve.find(memoryview(data)[:count])


def _pieces(process: int) -> Iterator[Span]:
    for start, end in held(process):
        for begin in range(start, end, PIECE_BYTES):
            # A needle may lie across the seam.
            yield begin, min(begin + PIECE_BYTES + LONGEST, end)


def held(process: int) -> Iterator[Span]:
    """List runs of pages that hold something."""
    try:
        pagemap = os.open(f"/proc/{process}/pagemap", os.O_RDONLY)
    except OSError:
        yield from mappings(process)
        return
    try:
        for start, end in mappings(process):
            yield from _runs(pagemap, start, end)
    finally:
        os.close(pagemap)


def _runs(pagemap: int, start: int, end: int) -> Iterator[Span]:
    size = (end - start) // PAGE * ENTRY_BYTES
    told = os.pread(pagemap, size, start // PAGE * ENTRY_BYTES)
    if len(told) < size:
        yield start, end
        return
    held = np.concatenate([[False], (np.frombuffer(told, np.uint64) & HELD) != 0, [False]])
    edges = np.flatnonzero(held[1:] != held[:-1])
    for first, last in edges.reshape(-1, 2):
        yield start + int(first) * PAGE, start + int(last) * PAGE


def mappings(process: int) -> list[Span]:
    """List what the process has mapped."""
    spans: list[Span] = []
    for line in Path(f"/proc/{process}/maps").read_text("utf-8", "replace").splitlines():
        start, end = (int(edge, 16) for edge in line.split(maxsplit=1)[0].split("-"))
        if end <= 1 << 47:  # above lie the kernel's own
            spans.append((start, end))
    return spans
