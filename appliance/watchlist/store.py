"""The signed files on the van's disk, verified before they replace and whenever they are read."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from appliance.errors import ApplianceError, InputError, MachineError, SettingsError, TrustError
from appliance.watchlist.trust import (
    LARGE_BYTES,
    SMALL_BYTES,
    open_authority,
    open_keys,
    open_watchlist,
)

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from appliance.domain.deployment import Authority
    from appliance.domain.watchlist import Watchlist
    from appliance.watchlist.trust import Keys

WATCHLIST_FILE = "watchlist.dsse.json"
AUTHORITY_FILE = "authority.dsse.json"
open_private = partial(os.open, mode=0o640)
"""Opens a file for its owner, who installs, and its group, which looks."""


class Store:
    """A folder with one list and one authority, each in its envelope."""

    def __init__(self, folder: Path, keys_file: Path) -> None:
        self.folder = folder
        self.keys_file = keys_file

    def load(self, now: datetime, model_id: str) -> Watchlist:
        """Read the list.

        Raises:
            SettingsError: the keys cannot be read.
            InputError: there is no list, or it is damaged.
            TrustError: it is not to be believed.
            LapsedError: it is not in its time.
        """
        data = _read(self.folder / WATCHLIST_FILE, LARGE_BYTES)
        return open_watchlist(data, self._keys(), now, model_id)

    def authority(self, now: datetime) -> Authority:
        """Read the authority; errors as for `load`."""
        data = _read(self.folder / AUTHORITY_FILE, SMALL_BYTES)
        return open_authority(data, self._keys(), now)

    def install_watchlist(self, data: bytes, now: datetime, model_id: str) -> Watchlist:
        """Replace the list by one that is to be believed and is not older.

        Raises:
            MachineError: the disk refused it.
            ApplianceError: as for `load`. In every case the old list stays.
        """
        new = open_watchlist(data, self._keys(), now, model_id)
        held = self._held(now, model_id)
        if held and new.head.made_at < held.head.made_at:
            raise TrustError(
                "The watchlist is older than the one held.", mend="Install the newest one."
            )
        _replace(self.folder / WATCHLIST_FILE, data)
        return new

    def install_authority(self, data: bytes, now: datetime) -> Authority:
        """Replace the authority; errors as for `install_watchlist`."""
        new = open_authority(data, self._keys(), now)
        _replace(self.folder / AUTHORITY_FILE, data)
        return new

    def _keys(self) -> Keys:
        try:
            return open_keys(_read(self.keys_file, SMALL_BYTES))
        except InputError as error:
            raise SettingsError(str(error), mend="Put the signers' keys there.") from None

    def _held(self, now: datetime, model_id: str) -> Watchlist | None:
        try:
            return self.load(now, model_id)
        except ApplianceError:
            return None


def _read(file: Path, limit_bytes: int) -> bytes:
    try:
        with file.open("rb") as opened:
            # One byte more tells a file that is too large from one that just fits.
            return opened.read(limit_bytes + 1)
    except OSError as error:
        raise InputError(
            f"{file.name} cannot be read: {error.strerror}.", mend=f"Install one in {file.parent}."
        ) from None


def _replace(file: Path, data: bytes) -> None:
    """Put a whole file in place of another; a loss of power leaves one of the two."""
    new = file.with_suffix(".new")
    try:
        with open(new, "wb", opener=open_private) as opened:
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
        new.replace(file)
        _sync(file.parent)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise MachineError(
            f"{file.name} cannot be written: {error.strerror}.", mend="Check the disk."
        ) from None


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
