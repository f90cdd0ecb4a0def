"""What the stand-in's driver has noticed, for tests to ask."""

from __future__ import annotations

import ctypes
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tests.standin.build import SONAME

if TYPE_CHECKING:
    from collections.abc import Generator

COUNTS = (
    "allocations", "frees", "live_bytes", "live_blocks", "launches", "copies", "fills", "calls",
    "waits", "hidden_waits", "pageable", "graph_launches",
)  # fmt: skip
"""Since the process began. Calls: work that TensorRT's stand-in enqueued. Hidden waits: calls that
stop the processor without saying so, such as a free. Pageable: copies of memory that is not pinned,
which the driver copies once more."""
MEMORY = 8 << 30


@dataclass(frozen=True)
class Block:
    """An allocation that is live."""

    address: int
    nbytes: int
    pinned: bool

    def read(self) -> npt.NDArray[np.uint8]:
        """Copy what it holds at present, whatever waits in a stream."""
        return np.frombuffer(ctypes.string_at(self.address, self.nbytes), np.uint8)


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(SONAME)
    library.standin_count.restype = library.standin_launches.restype = ctypes.c_longlong
    library.standin_words.restype = ctypes.c_char_p
    return library


def counts() -> dict[str, int]:
    """Everything that is counted."""
    return {name: _library().standin_count(name.encode()) for name in COUNTS}


@contextmanager
def counted() -> Generator[dict[str, int]]:
    """Count within a block; the numbers are there when it has ended."""
    before, more = counts(), {}
    yield more
    more.update({name: number - before[name] for name, number in counts().items()})


def launches(kernel: str) -> int:
    """How often a kernel was launched."""
    return int(_library().standin_launches(kernel.encode()))


def words() -> str:
    """Why the last call that was refused was refused."""
    return _library().standin_words().decode()


def blocks() -> list[Block]:
    """What is allocated, newest first."""
    address, nbytes, kind = ctypes.c_uint64(), ctypes.c_size_t(), ctypes.c_int()
    places = tuple(map(ctypes.byref, (address, nbytes, kind)))
    found = []
    while _library().standin_block(len(found), *places):
        found.append(Block(address.value, nbytes.value, kind.value == 2))
    return found


@contextmanager
def hasty() -> Generator[None]:
    """Run work as soon as it is enqueued, within a block; else it is run as late as possible."""
    _library().standin_hasten(1)
    try:
        yield
    finally:
        _library().standin_hasten(0)


@contextmanager
def limited(nbytes: int) -> Generator[None]:
    """Let the GPU have so little memory, within a block."""
    _library().standin_limit(ctypes.c_size_t(nbytes))
    try:
        yield
    finally:
        _library().standin_limit(ctypes.c_size_t(MEMORY))
