"""A camera that shows what it is told: a pipe, which the appliance takes for a film."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from appliance.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

SMALLEST = 4096
"""A pipe that holds next to nothing: what was written is what was read."""
STEP_S = 0.02


class Feed:
    """Writes the same picture again and again, until it is given another.

    Args:
        file: Where the pipe is made.
        picture: What is shown first, as JPEG.
    """

    def __init__(self, file: Path, picture: bytes) -> None:
        self._file, self._picture = file, picture
        self._count = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
        os.mkfifo(file, 0o600)

    def start(self) -> None:
        """Begin as soon as somebody reads."""
        self._thread.start()

    def show(self, picture: bytes, pictures: int, limit_s: float) -> None:
        """Show a picture from now on, and wait until it has been read so many times.

        Raises:
            MachineError: nobody reads it any more.
        """
        self._picture = picture
        until, end_s = self._count + pictures + 1, time.monotonic() + limit_s
        while self._count < until:
            if self._stop.wait(STEP_S) or time.monotonic() > end_s:
                raise MachineError("The appliance reads no film any more.", mend="Report this.")

    def end(self) -> None:
        """Show nothing any more: the film is over."""
        self._stop.set()
        with suppress(OSError):  # a writer that waits for its reader waits no more
            os.close(os.open(self._file, os.O_RDONLY | os.O_NONBLOCK))
        if self._thread.ident is not None:  # where the appliance never began, nor did this
            self._thread.join(1)

    def _run(self) -> None:
        # A reader that is gone has ended; whoever waits for it is told by `show`.
        with suppress(OSError), self._file.open("wb", buffering=0) as pipe:
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, SMALLEST)
            while not self._stop.is_set():
                rest = memoryview(self._picture)
                while rest and not self._stop.is_set():
                    rest = rest[pipe.write(rest) :]
                self._count += 1


@contextmanager
def open_feed(file: Path, picture: bytes) -> Generator[Feed]:
    """Make the pipe; it is over when the context ends."""
    feed = Feed(file, picture)
    try:
        yield feed
    finally:
        feed.end()
