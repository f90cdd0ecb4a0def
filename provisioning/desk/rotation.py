"""A new root: it renews itself, or puts a new key in the place of one that was lost or leaked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuf.api.metadata import Metadata, Root

from appliance.errors import InputError
from provisioning import disk
from provisioning.desk import keys
from provisioning.desk.keys import name_of, require_known
from provisioning.desk.repository import names
from provisioning.desk.roles import LIVES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from securesystemslib.signer import CryptoSigner, Key
    from tuf.api.metadata import RootVerificationResult

    from provisioning.desk.office import Office
    from provisioning.desk.repository import Repository


def renew(repository: Repository, name: str = "", key: CryptoSigner | None = None) -> list[str]:
    """Lay out the next root, which root's holders sign; and new targets, which signers sign.

    Args:
        repository: The desk's.
        name: Whose key is replaced; empty: nobody's.
        key: The new one, under that name.

    Returns:
        Whose signatures of what was pending fell away.

    Raises:
        InputError: the root names nobody so, or has the key already.
    """
    draft, published = repository.draft_root(), repository.shelf.require(Root).signed
    root = (draft or repository.shelf.require(Root)).signed
    lost = names(_standing(published, draft).signed.values()) if draft else []
    if key is not None:
        _replace(root, name, key.public_key)
    root.version = published.version + 1
    root.expires = repository.clock() + LIVES[Root.type]
    disk.write(repository.pending / "root.json", Metadata(root).to_bytes())
    # The targets name the signers too, as those who may withdraw.
    return [*lost, *repository.stage(lambda _: None)]


def replace(office: Office, name: str, file: Path, words: Callable[[str], str]) -> list[str]:
    """Make a key in the place of one that was lost or leaked, and lay out the root that says so.

    Args:
        office: The desk.
        name: Whose.
        file: Where the new key lies, or is to lie.
        words: Gives the passphrase of a key.

    Returns:
        Whose signatures of what was pending fell away.

    Raises:
        InputError: the root names nobody so, or the file or passphrase is wrong.
    """
    _require_named(office.repository.root(), name)
    if file.exists():
        key = keys.load(file, words(name))
    else:
        key = keys.make_key()
        keys.save(key, file, words(name))
    return renew(office.repository, name, keys.signer_of(key, name))


def sign(repository: Repository, signer: CryptoSigner) -> list[str]:
    """Add one holder's signature to the next root, with an old key or a new one.

    Returns:
        Whose signatures would still do; empty when there are enough.

    Raises:
        InputError: no root wants signatures.
        TrustError: the key is none of root's.
    """
    draft, before = repository.draft_root(), repository.shelf.require(Root).signed
    if draft is None:
        raise InputError("No root wants signatures.", mend="Lay one out: --renew or --replace.")
    known = [*before.roles[Root.type].keyids, *draft.signed.roles[Root.type].keyids]
    require_known(signer, known, "root")
    draft.sign(signer, append=True)
    disk.write(repository.pending / "root.json", draft.to_bytes())
    return missing(repository)


def missing(repository: Repository) -> list[str]:
    """Say whose signatures the next root still wants; enough of them will do."""
    draft = repository.draft_root()
    if draft is None:
        return []
    found = _standing(repository.shelf.require(Root).signed, draft)
    wanting = [part for part in (found.first, found.second) if not part.verified]
    return sorted({name for part in wanting for name in names(part.unsigned.values())})


def _standing(before: Root, draft: Metadata[Root]) -> RootVerificationResult:
    return draft.signed.get_root_verification_result(before, draft.signed_bytes, draft.signatures)


def _replace(root: Root, name: str, new: Key) -> None:
    old = [key.keyid for key in root.keys.values() if name_of(key) == name]
    if not old:
        raise InputError(
            f"The root names no {name}.", mend="Name root-1 to 3, signer-1 to 3, online."
        )
    if new.keyid in root.keys:
        raise InputError("The root has this key already.", mend="Make a new key.")
    for role, part in root.roles.items():
        for keyid in set(old).intersection(part.keyids):
            root.revoke_key(keyid, role)
            root.add_key(new, role)


def _require_named(root: Root, name: str) -> list[str]:
    old = [key.keyid for key in root.keys.values() if name_of(key) == name]
    if not old:
        raise InputError(
            f"The root names no {name}.", mend="Name root-1 to 3, signer-1 to 3, or online."
        )
    return old
