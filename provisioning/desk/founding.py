"""The birth of a desk: eight keys, each locked for its holder, and an empty repository."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.durable import sync
from appliance.errors import InputError
from provisioning import disk
from provisioning.desk import keys
from provisioning.desk.office import Office, require_free

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def found(
    folder: Path, force: str, words: Mapping[str, str], tell: Callable[[str], None]
) -> Office:
    """Make a desk, whole or not at all.

    Args:
        folder: Where it is to be; missing or empty.
        force: Its name.
        words: The passphrase of each key.
        tell: Is told which key is being locked, which takes a second or two each.

    Raises:
        InputError: something is there already, nothing can be there, or a passphrase is short.
        MachineError: the disk refused it.
    """
    require_free(folder)
    for word in words.values():
        keys.require_strong(word)
    made = {name: keys.make_key() for name in keys.KEEPING}
    new = _beside(folder)
    try:
        for name, key in made.items():
            tell(name)
            keys.save(key, new / "keys" / f"{name}.key", words[name])
        ring = {name: keys.signer_of(key, name) for name, key in made.items()}
        Office.create(new / "desk", force, ring)
        (new / "keys").rename(new / "desk" / "keys")
        (new / "desk").replace(folder)
        sync(folder.parent)
    finally:
        disk.clear(new)
    return Office(folder)


def _beside(folder: Path) -> Path:
    """Make a folder that takes its place when all of it is there."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise InputError(
            f"The desk cannot be made there: {error.strerror}.", mend="Name another folder."
        ) from None
