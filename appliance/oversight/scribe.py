"""Who writes into the log: whoever says something waits for no disk, and nothing is said twice.

What is said at once is written at once: one commit, however many they are.
"""

from __future__ import annotations

import logging
import math
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from threading import Event
from typing import TYPE_CHECKING, Final

from appliance.oversight.entries import entry
from appliance.oversight.log import open_log

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from concurrent.futures import Future
    from pathlib import Path

    from appliance.oversight.checkpoint import Checkpoint
    from appliance.oversight.entries import Anything
    from appliance.oversight.log import Log
    from appliance.oversight.note import Pen

MOST: Final = 1024
"""Entries of one commit."""
TEND_S: Final = 1.0
"""How often whoever tends the log is asked."""
PATIENCE_S: Final = 2.0
"""The timer has the log for a blink each minute, to take over what others have left."""
GLANCE_S: Final = 0.1
"""How often whoever waits looks whether the writing has failed."""

_log = logging.getLogger(__name__)


def _nothing(_log: Log) -> None:
    """Do nothing beside."""


class Scribe:
    """Writes into a log, from `open_scribe`. Any thread may call it.

    Args:
        log: The log.
        pool: Has one thread, for this alone.
        tend: As of `open_scribe`.
    """

    def __init__(
        self, log: Log, pool: ThreadPoolExecutor, tend: Callable[[Log], None] = _nothing
    ) -> None:
        self._log, self._tend = log, tend
        self._said: SimpleQueue[bytes | Event | None] = SimpleQueue()
        self._work: Future[None] = pool.submit(self._write)

    @property
    def checkpoint(self) -> Checkpoint:
        """What stands on the disk."""
        return self._log.checkpoint

    @property
    def failure(self) -> BaseException | None:
        """What has ended the writing; whoever sees one must stop, since nobody could account."""
        return self._work.exception() if self._work.done() else None

    def say(self, who: str, fact: Anything, why: str | None = None) -> None:
        """Have something written; this waits for nothing.

        Args:
            who: Whose act it is, as `entries.Who` has it.
            fact: What happened.
            why: For what reason, where that is not plain.
        """
        self._said.put(entry(who, fact, why).line)

    def settle(self) -> Checkpoint:
        """Wait until all that was said is on the disk.

        Raises:
            MachineError: the disk refuses.
        """
        done = Event()
        self._said.put(done)
        while not done.wait(GLANCE_S) and not self._work.done():
            pass
        if self.failure is not None:
            raise self.failure
        return self.checkpoint

    def finish(self) -> None:
        """Write what was said, and end; for `open_scribe` alone."""
        self._said.put(None)
        self._work.result()

    def _write(self) -> None:
        going, tended_s = True, -math.inf
        while going:
            if time.monotonic() - tended_s >= TEND_S:
                self._tend(self._log)
                tended_s = time.monotonic()
            batch = self._batch()
            entries = [one for one in batch if isinstance(one, bytes)]
            if entries:
                self._log.append(entries)
            for one in batch:
                if isinstance(one, Event):
                    one.set()
            going = None not in batch

    def _batch(self) -> list[bytes | Event | None]:
        batch: list[bytes | Event | None] = []
        with suppress(Empty):
            batch.append(self._said.get(timeout=TEND_S))
            while len(batch) < MOST:
                batch.append(self._said.get_nowait())
        return batch


@contextmanager
def open_scribe(
    folder: Path, pen: Pen, tend: Callable[[Log], None] = _nothing
) -> Generator[Scribe]:
    """Take a log and write into it until the context ends; errors as of `open_log`.

    Args:
        folder: As of `open_log`.
        pen: As of `open_log`.
        tend: Is called with the log at the start and each second, in the thread that writes.
    """
    with open_log(folder, pen, PATIENCE_S) as log, ThreadPoolExecutor(1, "log") as pool:
        scribe = Scribe(log, pool, tend)
        try:
            yield scribe
        finally:
            scribe.finish()
