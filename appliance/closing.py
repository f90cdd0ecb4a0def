"""`lfr deployment`: what is held, its end by hand or by its time, and the van's one-time keys."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.domain.ending import End
from appliance.errors import InputError, LapsedError, SettingsError
from appliance.tablets.register import Register
from appliance.tablets.strongbox import Strongbox
from appliance.watchlist.ending import finish, sweep
from appliance.watchlist.generation import Label
from appliance.watchlist.keyring import Keyring
from appliance.watchlist.origin import read_root
from appliance.watchlist.store import Store

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from appliance.settings import Appliance


@dataclass(frozen=True)
class Standing:
    """What a van holds."""

    deployment_id: str | None
    ends_at: datetime | None
    list_expires_at: datetime | None
    closed: End | None
    """How the deployment has ended."""
    keys_left: int


def standing(settings: Appliance) -> Standing:
    """Look at what is held, without opening it.

    Raises:
        SettingsError: the keyring cannot be read.
    """
    part = settings.watchlist
    store, keys = Store(part.folder), len(Keyring(part.keyring).ids())
    generations = store.generations()
    # The newest may be without a list, and then the one before is held.
    held = next((each for each in generations if each.inode()), next(iter(generations), None))
    label = held.label() if held else Label()
    closed = store.closed(label.deployment_id) if label.deployment_id else None
    if held is None or not (held.inode() or closed):
        return Standing(None, None, None, None, keys)
    return Standing(label.deployment_id, label.ends_at, label.expires_at, closed, keys)


def close(settings: Appliance) -> list[str]:
    """End every deployment that is held, at once; a van that looks stops within a second.

    Returns:
        Their names.

    Raises:
        LapsedError: none is held.
        SettingsError, MachineError: a key or a file cannot be destroyed.
    """
    part = settings.watchlist
    store, keyring = Store(part.folder), Keyring(part.keyring)
    labels = [generation.label() for generation in store.generations() if generation.inode()]
    ended: list[str] = []
    for label in labels:
        if label.deployment_id and label.ends_at and label.deployment_id not in ended:
            finish(store, keyring.destroy, label.deployment_id, label.ends_at, End.COMMAND)
            ended.append(label.deployment_id)
    if not ended:
        raise LapsedError("No deployment is held.", mend="Nothing is to do.")
    _destroy_alerts(settings.tablets.outbox)
    return ended


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
        Register(settings.tablets.ledger, lambda: wall).sweep()


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
