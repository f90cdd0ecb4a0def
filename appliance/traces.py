"""What `lfr check` asks of the seals: of the process on duty, or of one that is begun for it."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from appliance.errors import MachineError
from appliance.oversight import keys
from appliance.oversight.entries import Started, read
from appliance.oversight.proof import Proof
from appliance.sealing import Seal, is_locked, leaves_no_core
from appliance.watchlist.locked import swaps

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from appliance.oversight.checkpoint import Checkpoint

PROC: Final = Path("/proc")
TRIAL: Final = (sys.executable, "-m", "appliance.sealing")
TRIAL_S: Final = 60
CARRIERS: Final = ("mosquitto", "nginx", "lfr-gate")
"""Services through whose memory alerts go."""
AGAIN: Final = "then systemctl restart lfr-appliance."


class Traces:
    """Looks at the process that writes a van's log, which is the one on duty.

    Args:
        folder: Where log and key lie, as the settings have it.
        proc: Where Linux tells of its processes.
    """

    def __init__(self, folder: Path, proc: Path = PROC) -> None:
        self._folder, self._proc = folder, proc

    @property
    def probes(self) -> dict[str, Callable[[], str]]:
        """Each by its name."""
        return {
            "cores": self.cores,
            "locked": self.locked,
            "freed": self.freed,
            "carriers": self.carriers,
            "log": self.log,
        }

    def cores(self) -> str:
        """Refuse a process that would leave its memory behind when it crashes."""
        bad = "would leave its memory behind when it crashes", "See that /proc can be written,"
        process = self._on_duty
        if process is None:
            return self._tried(Seal.NO_CORE, "leaves no core", bad)
        self._require(_ask(leaves_no_core, process) and Seal.NO_CORE in self._begun_with, bad)
        return f"{process.name}, on duty, leaves none"

    def locked(self) -> str:
        """Refuse a process whose memory could come onto a disk."""
        bad = "has memory that is not locked", "Set LimitMEMLOCK=infinity in its unit,"
        process = self._on_duty
        if process is None and Seal.LOCKED not in self._trial and not swaps():
            return "nothing is on duty; begun by hand it could lock nothing, but nothing is swapped"
        if process is None:
            return self._tried(Seal.LOCKED, "locks its memory", bad)
        self._require(_ask(is_locked, process), bad)
        return f"{process.name}, on duty, has all its memory locked"

    def freed(self) -> str:
        """Refuse a process that leaves as it was what it frees.

        Only it can tell: it has tried at its start, and its log has the answer.
        """
        bad = "does not overwrite what it frees", "Begin it by lfr run, over the GNU C library,"
        process = self._on_duty
        if process is None:
            return self._tried(Seal.OVERWRITTEN, "overwrites what it frees", bad)
        self._require(Seal.OVERWRITTEN in self._begun_with, bad)
        return f"{process.name}, on duty, overwrites what it frees"

    def carriers(self) -> str:
        """Refuse a server that carries alerts and would leave a core."""
        running = {name: self._of_service(name) for name in CARRIERS}
        for name, processes in running.items():
            if not all(_ask(leaves_no_core, process) for process in processes):
                raise MachineError(
                    f"{name} would leave alerts behind when it crashes.",
                    mend=f"Give its unit LimitCORE=0 and CoredumpFilter=0, and restart {name}.",
                )
        names = ", ".join(name for name, processes in running.items() if processes)
        return f"{names} leave none" if names else "no server of alerts runs here"

    def log(self) -> str:
        """Look through the whole log, where one is."""
        if not (self._folder / keys.LOG).exists():
            return "none yet; lfr run begins it"
        checkpoint = self._proven[0]
        return f"whole, {checkpoint.size} entries, root {checkpoint.root_hex}"

    @cached_property
    def _on_duty(self) -> Path | None:
        """The folder of the process that holds the log, in /proc."""
        try:
            place = (self._folder / keys.LOG).stat()
        except OSError:
            return None
        major, minor = os.major(place.st_dev), os.minor(place.st_dev)
        wanted = f"{major:02x}:{minor:02x}:{place.st_ino}"
        for line in (self._proc / "locks").read_text("ascii").splitlines():
            words = line.split()
            if words[1] == "FLOCK" and words[5] == wanted:
                process = self._proc / words[4]
                # Others have it for a moment, where no van runs.
                return process if "run" in _text(process / "cmdline").split("\0") else None
        return None

    @cached_property
    def _trial(self) -> list[str]:
        done = subprocess.run(TRIAL, capture_output=True, text=True, timeout=TRIAL_S, check=True)  # noqa: S603 - our own
        return done.stdout.split()

    @property
    def _begun_with(self) -> Sequence[Seal]:
        return self._proven[1]

    @cached_property
    def _proven(self) -> tuple[Checkpoint, Sequence[Seal]]:
        """What the log has come to, and the seals of its last start."""
        proof = Proof(self._folder / keys.LOG, keys.public(self._folder))
        return proof.checkpoint, _last_start(proof)

    def _of_service(self, name: str) -> list[Path]:
        folders = [folder for folder in self._proc.iterdir() if folder.name.isdecimal()]
        return [folder for folder in folders if f"/{name}.service" in _text(folder / "cgroup")]

    def _tried(self, wanted: Seal, good: str, bad: tuple[str, str]) -> str:
        if wanted not in self._trial:
            raise MachineError(
                f"A process that is begun here {bad[0]}.", mend=f"{bad[1]} and check again."
            )
        return f"nothing is on duty; a process that is begun here {good}"

    @staticmethod
    def _require(good: bool, bad: tuple[str, str]) -> None:
        if not good:
            raise MachineError(f"The process on duty {bad[0]}.", mend=f"{bad[1]} {AGAIN}")


def _ask(question: Callable[[Path], bool], process: Path) -> bool:
    try:
        return question(process)
    except OSError:
        raise MachineError(
            "A process has ended while it was looked at.", mend="Check again."
        ) from None


def _last_start(proof: Proof) -> Sequence[Seal]:
    begun: bytes | None = None
    for line in proof.entries():
        # A log may be long, and most of it is of no interest here.
        begun = line if b'"what":"started"' in line else begun
    # Not before all of it is known to be whole.
    fact = read(begun).fact if begun else None
    return fact.sealed or () if isinstance(fact, Started) else ()


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""
