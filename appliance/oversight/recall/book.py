"""The book of a recall test: its plan, who said that they pass, and whom the van has recognised.

Three small files in a folder in memory, for several processes: `lfr recall` writes the plan and the
passes, `lfr run` the sightings of volunteers, and of nobody else. All of it goes with the test.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from appliance import durable
from appliance.errors import InputError, LapsedError, MachineError
from appliance.oversight.recall.plan import Pass, Plan, Volunteer, require_sound

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from datetime import timedelta
    from pathlib import Path

PLAN, MARKS, SIGHTINGS = "plan", "marks", "sightings"
FILE_MODE, FOLDER_MODE = 0o600, 0o700
MEND: Final = "Look at that folder: `lfr check` tells what it must be."


def utc_now() -> datetime:
    """Give the computer's time."""
    return datetime.now(timezone.utc)


class Book:
    """The test that runs, if one does. Any process of the van's user may have one.

    Args:
        folder: Where it is kept, in memory alone; only what is in it is made here.
        clock: Gives the computer's time.
    """

    def __init__(self, folder: Path, clock: Callable[[], datetime] = utc_now) -> None:
        self._folder, self._clock = folder, clock
        self._place = folder / "recall"
        self._known: tuple[tuple[int, int, int], Plan] | None = None

    def begin(self, plan: Plan) -> None:
        """Start a test.

        Raises:
            InputError: one runs, or its schedule cannot be counted.
            MachineError: the folder does not lie in memory, or cannot be written.
        """
        require_sound(plan)
        self._require_memory()
        with _writing(), suppress(FileExistsError):
            self._place.mkdir(FOLDER_MODE)
        with self._alone():
            if self.plan() is not None:
                raise InputError("A recall test runs.", mend="End it first: `lfr recall end`.")
            self._write(plan)

    def plan(self) -> Plan | None:
        """Give the test that runs; None where there is none that can be read."""
        try:
            found = (self._place / PLAN).stat()
            sign = (found.st_ino, found.st_size, found.st_mtime_ns)
            # Whoever looks asks at each sighting, and must not wait for a long schedule each time.
            if self._known is None or self._known[0] != sign:
                plan = Plan.model_validate_json((self._place / PLAN).read_bytes())
                self._known = sign, plan
            return self._known[1]
        except (OSError, ValidationError):
            return None

    def require(self) -> Plan:
        """Give the test that runs.

        Raises:
            LapsedError: none does.
        """
        plan = self.plan()
        if plan is None:
            raise LapsedError("No recall test runs.", mend="Start one: `lfr recall start`.")
        return plan

    def mark(self, code: str) -> tuple[Volunteer, int]:
        """Note that somebody passes now.

        Returns:
            Who, and the number of their passes so far.

        Raises:
            InputError: nobody has this code, they have passed just now, or there is a schedule.
            LapsedError: no test runs.
            MachineError: it cannot be written.
        """
        plan = self.require()
        one, now = plan.find(code), self._clock()
        if plan.schedule:
            raise InputError("This test has a schedule.", mend="Pass when it says so.")
        with self._alone():
            before = [mark.at for mark in self.marks() if mark.code == one.code]
            left = max(before, default=now - plan.apart) + plan.apart - now
            if left.total_seconds() > 0:
                raise InputError("That pass is noted already.", mend=_wait(left))
            self._append(MARKS, Pass(code=one.code, at=now))
        return one, len(before) + 1

    def note(self, reference: str) -> None:
        """Note that the van has recognised a volunteer who takes part; nobody else is written down.

        Nothing is raised: a van looks on, whatever becomes of the test.
        """
        plan = self.plan()
        for one in plan.volunteers if plan else ():
            if one.reference == reference:
                with suppress(MachineError):
                    self._append(SIGHTINGS, Pass(code=one.code, at=self._clock()))

    def marks(self) -> list[Pass]:
        """Give the passes that were tapped."""
        return self._read(MARKS)

    def sightings(self) -> list[Pass]:
        """Give whom the van has recognised, and when."""
        return self._read(SIGHTINGS)

    def erase(self) -> None:
        """Overwrite and remove everything, the plan first: what is left then counts for nothing."""
        for name in (PLAN, MARKS, SIGHTINGS):
            with suppress(OSError):
                durable.erase(self._place / name)
        with suppress(OSError):
            self._place.rmdir()

    def _read(self, name: str) -> list[Pass]:
        with suppress(OSError):
            return [*_passes((self._place / name).read_bytes().splitlines())]
        return []

    def _append(self, name: str, one: Pass) -> None:
        with _writing():
            durable.append(self._place / name, one.model_dump_json().encode() + durable.END)

    def _write(self, plan: Plan) -> None:
        new = self._place / f"{PLAN}.new"
        with _writing():
            handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, FILE_MODE)
            with os.fdopen(handle, "wb") as opened:
                opened.write(plan.model_dump_json().encode())
            new.replace(self._place / PLAN)

    def _require_memory(self) -> None:
        with _writing():
            handle = os.open(self._folder, durable.FOLDER)
            try:
                safe = durable.in_memory(handle)
                _require_own(os.fstat(handle).st_uid)
            finally:
                os.close(handle)
        if not safe:
            raise MachineError(
                f"{self._folder} lies on a disk, where no volunteer may be written down.",
                mend="Mount a tmpfs there: systemd does so.",
            )

    @contextmanager
    def _alone(self) -> Generator[None]:
        """Wait for whoever writes."""
        with _writing():
            handle = os.open(self._place, durable.FOLDER)
        try:
            _require_own(os.fstat(handle).st_uid)
            with _writing():
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _passes(lines: Iterable[bytes]) -> Iterable[Pass]:
    for line in lines:
        # The last may not be written whole.
        with suppress(ValidationError):
            yield Pass.model_validate_json(line)


def _require_own(uid: int) -> None:
    """Refuse another user's folder: the van could not read there what is written."""
    if uid != os.geteuid():
        raise MachineError(
            "The folder of recall tests is another user's.",
            mend="Say it as the van's own: sudo -u lfr lfr recall ...",
        )


def _wait(left: timedelta) -> str:
    return f"Pass again in {left.total_seconds():.0f} seconds."


@contextmanager
def _writing() -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise MachineError(
            f"The recall test cannot be written down: {error.strerror}.", mend=MEND
        ) from None
