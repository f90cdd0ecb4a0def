"""One core for everybody: our camera decodes in a thread of its own, a peer's loop does not."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

THREADS = Path("/proc/self/task")


@contextmanager
def one_core() -> Generator[int]:
    """Keep every thread of this process, and all that it will start, on one core.

    Returns:
        The number of the core. The process has its cores back afterwards.
    """
    cores = os.sched_getaffinity(0)
    core = max(cores)
    _confine({core})
    try:
        yield core
    finally:
        _confine(cores)


def _confine(cores: Iterable[int]) -> None:
    for thread in THREADS.iterdir():
        # A thread may end between being listed and being moved.
        with suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread.name), cores)
