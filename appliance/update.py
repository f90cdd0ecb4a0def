"""`lfr update`: what the force publishes, in a process without camera, GPU or the van's keys.

What comes from outside is large and not yet believed: reading it never shares a process, nor a
user, with the thread that looks. `lfr run` takes what is installed while it looks.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Final

from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text

from appliance.errors import ApplianceError, InputError, MachineError, SettingsError, TrustError
from appliance.oversight.aside import note
from appliance.oversight.entries import Refused
from appliance.watchlist.origin import read_root
from appliance.watchlist.refusals import BusyError, ClockError
from appliance.watchlist.store import Store
from appliance.watchlist.supply import open_supply
from appliance.watchlist.updater import Outcome, Recipient, update
from engines.packs import FORMS, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from rich.console import Console

    from appliance.settings import Appliance
    from appliance.watchlist.landing import Progress as Show

MOST_WHY: Final = 200
"""As much of a reason as an entry of the log holds."""


_log = logging.getLogger(__name__)


def serve(
    settings: Appliance, console: Console, *, as_json: bool = False, place: str | None = None
) -> int:
    """Install what is to be believed, and say what became of it.

    Args:
        settings: The van's.
        console: Where it is said.
        as_json: Say it for a program.
        place: Where to look, instead of where the settings say.

    Returns:
        The exit code: 0, or that of the refusal's family.

    Raises:
        ApplianceError: without `as_json`, what was refused.
    """
    try:
        with _shown(console, silent=as_json or not console.is_terminal) as progress:
            outcome = _first(settings, place, progress)
    except ApplianceError as error:
        if isinstance(error, SettingsError):
            _account(settings, error)
        if not as_json:
            raise
        outcome = Outcome(installed=False, what=str(error), mend=error.mend)
        outcome = replace(outcome, exit_code=error.exit_code)
    if as_json:
        console.print_json(data=asdict(outcome))
    else:
        console.print(Text(outcome.what, style="green"), soft_wrap=True)
    return outcome.exit_code


def model_id(settings: Appliance) -> str:
    """Say which encoder the van runs, without loading it.

    Raises:
        SettingsError, MachineError: the pack that the settings name is not here.
    """
    vision, form = settings.vision, FORMS[settings.machine]
    found = resolve(vision.pack, vision.models, fetch=False, notify=lambda _: None, form=form)
    return found.pack.model_id


def _first(settings: Appliance, place: str | None, progress: Show) -> Outcome:
    """Ask one source after the other, until one gives what is to be believed."""
    part = settings.watchlist
    places = (place,) if place else part.source
    if not places:
        raise SettingsError(
            "There is no watchlist.source.", mend="Name one, or a stick with `--from`."
        )
    store = Store(part.folder)
    recipient = Recipient(settings.van, read_root(part.root), partial(model_id, settings))
    refused: list[ApplianceError] = []
    for name in places:
        found = _asked(name, part.ca_file, partial(update, store, recipient=recipient), progress)
        if isinstance(found, Outcome):
            return found
        _account(settings, found)
        refused.append(found)
    raise refused[0]


def _account(settings: Appliance, error: ApplianceError) -> None:
    """Have it stand in the van's log that something was refused; a silent source has said nothing.

    Whatever the log's disk says to it, an update goes on: it may bring a withdrawal.
    """
    if not isinstance(error, SettingsError | TrustError | InputError):
        return
    what = "settings" if isinstance(error, SettingsError) else "list"
    why = "".join(sign if " " <= sign <= "~" else "?" for sign in str(error))[:MOST_WHY]
    try:
        note(settings.oversight.folder, settings.van, Refused(of=what), why)
    except MachineError:
        _log.warning("a refusal could not be left for the log")


def _asked(
    place: str, ca_file: Path | None, take: Callable[..., Outcome], progress: Show
) -> Outcome | ApplianceError:
    try:
        with open_supply(place, ca_file) as supply:
            return take(supply=supply, wall=datetime.now(timezone.utc), progress=progress)
    except (BusyError, ClockError, SettingsError):
        # Of this van, not of the source.
        raise
    except ApplianceError as error:
        return error


@contextmanager
def _shown(console: Console, *, silent: bool) -> Generator[Show]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=silent, transient=True) as bar:
        task = bar.add_task("The watchlist", total=None, visible=False)

        def show(done: int, length: int) -> None:
            bar.update(task, completed=done, total=length, visible=True)

        yield show
