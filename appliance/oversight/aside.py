"""What is said for the van's log by whoever is not `lfr run`, and does not have it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from appliance.errors import ApplianceError
from appliance.oversight import entries, keys
from appliance.oversight.log import open_log, taken
from appliance.oversight.spool import SPOOL, Spool, own

if TYPE_CHECKING:
    from pathlib import Path


def note(folder: Path, van: str, fact: entries.Anything, why: str | None = None) -> None:
    """Say something for the van's log, as whoever is not `lfr run`; it is not lost then.

    Args:
        folder: As of `open_account`.
        van: The van's name.
        fact: What happened.
        why: For what reason, where that is not plain.

    Raises:
        MachineError: the disk refuses.
    """
    leave(folder, entries.entry("van", fact, why))
    collect(folder, van)


def leave(folder: Path, entry: entries.Entry) -> None:
    """Leave an entry for the van's log.

    Args:
        folder: As of `open_account`.
        entry: In the place of its `who` comes the user who leaves it.

    Raises:
        MachineError: the disk refuses.
    """
    Spool(folder / SPOOL).drop(entry)


def collect(folder: Path, van: str) -> None:
    """Take over what was left for the log, where nobody else has it and it is this user's own.

    Else `lfr run` does so within seconds, or the timer in a minute.
    """
    if not own(folder):
        return
    # What waits is safe where it is; that the log is not sound is for `lfr run` to say.
    with (
        suppress(ApplianceError),
        open_log(folder / keys.LOG, keys.own(folder, f"lfr/{van}")) as log,
    ):
        Spool(folder / SPOOL).take(log)


def idle(folder: Path) -> bool:
    """Tell whether nobody has the van's log: then `lfr run` does not run."""
    return not taken(folder / keys.LOG)
