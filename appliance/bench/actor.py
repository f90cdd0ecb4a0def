"""Processes that can be killed at any moment and started again: the broker, the van, a tablet."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Protocol

from appliance.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import IO

PROC = Path("/proc")
PEAK, SHARE = "VmHWM:", "Pss:"
KB_PER_MB = 1024
END_S = 20.0
DELIVER_S = 15.0
"""How long a tablet that is ended goes on saying what the van has not confirmed."""
POLL_S = 0.01


class Victim(Protocol):
    """Whoever can be killed and started again."""

    name: str

    def start(self) -> None:
        """Start it, and return when it does its work or soon will."""
        ...

    def kill(self) -> None:
        """Kill it as a crash does: with SIGKILL, without a word."""
        ...


class Actor:
    """One of our own modules in a process of its own, which hears and says a JSON object a line.

    Args:
        name: What it is.
        module: That is run with the path of its configuration.
        config: That path.
        hear: Is given what it says, in a thread of its own.
    """

    def __init__(
        self, name: str, module: str, config: Path, hear: Callable[[Mapping[str, Any]], None]
    ) -> None:
        self.name = name
        self.peak_mb = 0.0
        self.browses = False
        """Whether it is a browser, whose memory is that of many processes."""
        self._config = config
        self._command: Sequence[str] = (sys.executable, "-m", module, str(config))
        self._hear = hear
        self._process: subprocess.Popen[str] | None = None
        self._reader: Thread | None = None

    def become(self, module: str, config: Mapping[str, Any]) -> None:
        """Run a browser's module from the next start on."""
        self.browses = True
        self._config.write_text(json.dumps(config))
        self._command = (sys.executable, "-m", module, str(self._config))

    @property
    def running(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start its process; what it says first comes later."""
        process = subprocess.Popen(  # noqa: S603  # all our own words
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._process = process
        self._reader = Thread(target=self._read, args=(process.stdout,), daemon=True)
        self._reader.start()

    def order(self, **told: object) -> bool:
        """Say something to it; False where it is not there."""
        process = self._process
        if process is None or process.stdin is None:
            return False
        try:
            process.stdin.write(json.dumps(told) + "\n")
            process.stdin.flush()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """See `Victim`; all that it said before has been heard then."""
        if self._process is not None:
            self.weigh()
            self._process.kill()
            self._leave(self._process)

    def end(self) -> None:
        """Let it end by itself."""
        if self._process is not None:
            self.weigh()
            _close(self._process.stdin)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(END_S)
            self._process.kill()
            self._leave(self._process)

    def weigh(self) -> None:
        """Note the most memory that it has had."""
        if self._process is not None:
            measure = family_mb if self.browses else peak_mb
            self.peak_mb = max(self.peak_mb, measure(self._process.pid))

    def _leave(self, process: subprocess.Popen[str]) -> None:
        process.wait()
        if self._reader is not None:
            self._reader.join()
        _close(process.stdin)
        _close(process.stdout)
        self._process = None

    def _read(self, said: IO[str]) -> None:
        for line in said:
            # A process that is killed may leave half a line.
            with suppress(ValueError):
                self._hear(json.loads(line))


def _close(stream: IO[str] | None) -> None:
    # What was written for a process that has died goes nowhere.
    with suppress(OSError):
        if stream is not None:
            stream.close()


def peak_mb(process_id: int, proc: Path = PROC) -> float:
    """Read the most memory that a process has had, in MB of 1,048,576 bytes; 0 where it is gone."""
    with suppress(OSError):
        for line in (proc / str(process_id) / "status").read_text().splitlines():
            if line.startswith(PEAK):
                return int(line.split()[1]) / KB_PER_MB
    return 0.0


def family_mb(process_id: int, proc: Path = PROC) -> float:
    """Read what a process and all that it has started use now; shared memory counts once."""
    parents = dict[int, int]()
    for stat in proc.glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    family, sizes_kb = {process_id}, list[int]()
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    for member in family:
        with suppress(OSError):
            lines = (proc / str(member) / "smaps_rollup").read_text().splitlines()
            sizes_kb += [int(line.split()[1]) for line in lines if line.startswith(SHARE)]
    return sum(sizes_kb) / KB_PER_MB


def wait_for(met: Callable[[], bool], limit_s: float, what: str) -> None:
    """Wait until something is so.

    Raises:
        MachineError: it takes too long.
    """
    if not waited(met, limit_s):
        raise MachineError(f"The bench waits in vain for {what}.", mend="Try a slower rate.")


def waited(met: Callable[[], bool], limit_s: float) -> bool:
    """Wait until something is so, and tell whether it came to be."""
    end_s = time.monotonic() + limit_s
    while not met():
        if time.monotonic() > end_s:
            return False
        time.sleep(POLL_S)
    return True
