"""The vans' one-time public keys, each spent on one list, and the desk's own for that list."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pydantic import Field, ValidationError
from pyrage import RecipientError, x25519

from appliance.domain.watchlist import Part, Reference
from appliance.errors import InputError
from appliance.watchlist.keyring import KeysDocument, Recipient
from appliance.watchlist.trust import KeyId, VanName
from provisioning import disk

if TYPE_CHECKING:
    from pathlib import Path

FILE_BYTES = 4 << 20
FEW = 8
"""Fewer than this, and it is time to ask the van for more."""


class Known(Part):
    """What the desk knows of a van."""

    van: VanName
    unspent: tuple[Recipient, ...] = ()
    spent: dict[KeyId, Reference] = Field(default_factory=dict[KeyId, Reference])
    """Which list each was spent on."""


class Vans:
    """The vans that this desk makes lists for.

    Args:
        folder: Where each has a file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """Name them all."""
        return sorted(file.stem for file in self._folder.glob("*.json"))

    def register(self, data: bytes) -> Known:
        """Take a van's newest keys; those that were spent stay so.

        Raises:
            InputError: it is no such file.
        """
        keys = open_keys(data)
        held = self.known(keys.van) if keys.van in self.names() else Known(van=keys.van)
        unspent = tuple(one for one in keys.recipients if one.key_id not in held.spent)
        known = held.model_copy(update={"unspent": unspent})
        self._save(known)
        return known

    def known(self, van: str) -> Known:
        """Give what is known of a van.

        Raises:
            InputError: nothing is.
        """
        if van not in self.names():
            raise InputError(
                f"This desk has no keys of {van}.",
                mend="Run `lfr deployment keys` on the van, and `lfr desk van FILE` here.",
            )
        try:
            return Known.model_validate_json(disk.read(self._folder / f"{van}.json", FILE_BYTES))
        except ValidationError:
            raise InputError(f"What is known of {van} is damaged.", mend="Register it.") from None

    def spend(self, van: str, watchlist_id: str) -> Recipient:
        """Take a key that no list had yet.

        Raises:
            InputError: there is none left.
        """
        known = self.known(van)
        if not known.unspent:
            raise InputError(
                f"All keys of {van} are spent.",
                mend="Run `lfr deployment keys` on the van, and `lfr desk van FILE` here.",
            )
        one, *rest = known.unspent
        spent = {**known.spent, one.key_id: watchlist_id}
        self._save(known.model_copy(update={"unspent": tuple(rest), "spent": spent}))
        return one

    def _save(self, known: Known) -> None:
        disk.write(self._folder / f"{known.van}.json", known.model_dump_json().encode())


def open_keys(data: bytes) -> KeysDocument:
    """Read `VAN.keys.json`, which may have come on anybody's stick.

    Raises:
        InputError: it is no such file.
    """
    try:
        keys = KeysDocument.model_validate_json(data)
        for one in keys.recipients:
            x25519.Recipient.from_str(one.recipient)
    except (ValidationError, RecipientError):
        raise InputError(
            "This is no file of a van's keys.", mend="Run `lfr deployment keys` on the van."
        ) from None
    return keys


def fingerprint(data: bytes) -> str:
    """Give what two people compare over the telephone: the file's sha256 in groups of four."""
    digits = hashlib.sha256(data).hexdigest()
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))
