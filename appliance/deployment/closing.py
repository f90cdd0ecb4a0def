"""`lfr deployment`: what is held, its end by hand or by its time, and the van's one-time keys."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from appliance.deployment.export import tidy
from appliance.deployment.retention import Retention
from appliance.domain.ending import End
from appliance.errors import InputError, LapsedError, SettingsError
from appliance.oversight.aside import idle, note
from appliance.oversight.entries import Asked
from appliance.oversight.interim import Interim
from appliance.oversight.openings import Openings
from appliance.tablets.register import Register
from appliance.tablets.strongbox import Strongbox
from appliance.watchlist.ending import finish, sweep
from appliance.watchlist.keyring import Keyring
from appliance.watchlist.origin import read_root
from appliance.watchlist.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from appliance.deployment.retention import Unended
    from appliance.settings import Appliance


PATIENCE_S, GLANCE_S = 5.0, 0.1
RECENT: Final = 3
"""Of the deployments without an alert, of which the log alone knows, the last are looked at."""


@dataclass(frozen=True)
class Done:
    """What a close has come to."""

    ended: list[str]
    """Deployments whose lists are destroyed."""
    closed: list[str]
    """Those that are closed for good."""
    unended: list[Unended]
    """Alerts that have no end yet, for which their deployments are not closed."""
    looking: list[str]
    """Deployments that `lfr run` still has, so that nothing is closed; the timer will."""


def close(
    settings: Appliance, now: Callable[[], datetime], settled: Mapping[str, str] | None = None
) -> Done:
    """End every deployment that is held, at once, and close what can be closed.

    A van that looks stops within a second. Whatever else fails, first the lists are destroyed.

    Args:
        settings: The tree.
        now: Gives the time in UTC.
        settled: Codes of alerts that have their end without an outcome, and why.

    Raises:
        LapsedError: nothing is held, and nothing is to be closed.
        InputError: a code is wrong.
        SettingsError, MachineError: a key or a file cannot be destroyed.
    """
    ended = _end(settings)
    for name in ended:
        note(settings.oversight.folder, settings.van, Asked(deployment_id=name))
    retention = Retention(settings, now)
    for code, why in (settled or {}).items():
        retention.settle(code, why)
    _await(retention, ended)
    endings = _endings(settings)
    _count(settings, endings)
    _shut(settings, endings)
    done = replace(_close(retention, endings), ended=ended)
    if not (done.ended or done.closed or done.unended or done.looking):
        raise LapsedError("No deployment is held.", mend="Nothing is to do.")
    return done


def _await(retention: Retention, ended: Sequence[str]) -> None:
    """Let a van that looks raise its last alert; where it hangs, the timer closes."""
    until_s = time.monotonic() + PATIENCE_S
    while any(map(retention.looking, ended)) and time.monotonic() < until_s:
        time.sleep(GLANCE_S)


def _end(settings: Appliance) -> list[str]:
    part = settings.watchlist
    store, keyring = Store(part.folder), Keyring(part.keyring)
    labels = [generation.label() for generation in store.generations() if generation.inode()]
    ended: list[str] = []
    for label in labels:
        if label.deployment_id and label.ends_at and label.deployment_id not in ended:
            finish(store, keyring.destroy, label.deployment_id, label.ends_at, End.COMMAND)
            ended.append(label.deployment_id)
    if ended:
        _destroy_alerts(settings.tablets.outbox)
    return ended


def _endings(settings: Appliance) -> dict[str, End]:
    return {one.deployment_id: one.end for one in Store(settings.watchlist.folder).endings()}


def _count(settings: Appliance, ended: Iterable[str]) -> None:
    """Say what a van that runs no more has counted of deployments that have ended."""
    part = settings.oversight
    if idle(part.folder):
        interim = Interim(part.interim)
        for fact in [fact for name in ended for fact in interim.conclude(name)]:
            note(part.folder, settings.van, fact)


def _shut(settings: Appliance, ended: Iterable[str]) -> None:
    """Forget who had opened what has ended, where no `lfr run` was there to do so."""
    openings = Openings(settings.oversight.folder)
    for deployment_id in ended:
        openings.clear(deployment_id)


def _close(retention: Retention, endings: Mapping[str, End]) -> Done:
    done = Done([], [], [], [])
    for name in sorted({*retention.deployments, *[*endings][-RECENT:]} & endings.keys()):
        if retention.closed(name):
            continue
        if retention.looking(name):
            done.looking.append(name)
            continue
        left = retention.close(name, endings[name])
        done.unended.extend(left)
        done.closed.extend([] if left else [name])
    done.unended.sort(key=lambda one: one.taken_at)
    return done


def _destroy_alerts(folder: Path) -> None:
    # A van that runs has them for itself, and destroys them at its end.
    box = Strongbox.open(folder) if folder.is_dir() else None
    if box is not None:
        box.destroy()
        box.close()


def close_ended(settings: Appliance, wall: datetime) -> End | None:
    """Destroy whatever is past its end, and finish what a loss of power has interrupted.

    That is lists, their keys, and what the van has kept of alerts and answers.

    Args:
        settings: The tree.
        wall: The computer's time, UTC.

    Returns:
        How the newest of what was destroyed had ended; None where nothing was.

    Raises:
        TrustError: the clock was set back.
        SettingsError, MachineError: a key or a file cannot be destroyed.
    """
    part = settings.watchlist
    store, keyring = Store(part.folder), Keyring(part.keyring)
    try:
        return sweep(store, keyring.destroy, _root(part.root), settings.van, store.now(wall))
    finally:
        _tidy(settings, wall)


def _tidy(settings: Appliance, wall: datetime) -> None:
    """Close what can be closed, and erase what is over; also where the log takes no word of it."""
    try:
        retention, endings = Retention(settings, lambda: wall), _endings(settings)
        _count(settings, endings)
        _shut(settings, endings)
        _close(retention, endings)
        tidy(settings, retention, wall)
        retention.sweep(endings)
    finally:
        Register(settings.tablets.ledger, lambda: wall)


def _root(file: Path) -> bytes:
    # Without it nobody is believed; what is past its time by its own label still has to go.
    with suppress(SettingsError):
        return read_root(file)
    return b""


def make_keys(settings: Appliance, count: int, out: Path) -> int:
    """Make one-time keys, and write the public halves of all that are left for the desk.

    Returns:
        How many are left.

    Raises:
        InputError: the file cannot be written.
        SettingsError, MachineError: the keyring cannot be used.
    """
    keyring = Keyring(settings.watchlist.keyring)
    if count:
        keyring.make(count)
    document = keyring.document(settings.van)
    new = out.with_name(f".{out.name}.new")
    try:
        new.write_bytes(document)
        new.replace(out)
    except OSError as error:
        raise InputError(
            f"{out.name} cannot be written: {error.strerror}.", mend="Name another file."
        ) from None
    return len(keyring.ids())
