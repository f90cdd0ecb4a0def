"""One-time keys: each list is encrypted to a key of its own, and lost for good with it.

When a list ends, its key is overwritten and removed. From then on nobody can open that list again,
wherever a copy of its ciphertext lies. Flash may keep what was overwritten in a block that it has
set aside; only an encrypted disk, or taking the disk away, covers somebody who reads the chip.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, BinaryIO, Final

import pyrage
from pydantic import Field, StringConstraints, model_validator
from pyrage import x25519

from appliance.domain.watchlist import Part
from appliance.errors import InputError, SettingsError, TrustError
from appliance.watchlist import secret
from appliance.watchlist.disk import FOLDER
from appliance.watchlist.trust import KeyId, VanName  # noqa: TC001 -- pydantic reads them

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

KEY_ID = re.compile(r"[0-9a-f]{16}")
MAX_KEYS: Final = 10_000


class Recipient(Part):
    """The public half of a one-time key."""

    key_id: KeyId
    recipient: Annotated[str, StringConstraints(pattern=r"^age1[02-9ac-hj-np-z]{58}$")]

    @model_validator(mode="after")
    def _of_itself(self) -> Recipient:
        if self.key_id != key_id(self.recipient):
            raise ValueError("key_id is not that of the recipient")
        return self


class KeysDocument(Part):
    """What a van gives to the desk: public, and good for one list each."""

    van: VanName
    recipients: tuple[Recipient, ...] = Field(max_length=MAX_KEYS)

    @model_validator(mode="after")
    def _once(self) -> KeysDocument:
        if len({each.key_id for each in self.recipients}) != len(self.recipients):
            raise ValueError("a key stands twice")
        return self


def key_id(recipient: str) -> str:
    """Name a key by its public half."""
    return sha256(recipient.encode()).hexdigest()[:16]


class Keyring:
    """A folder of private keys, for its owner alone.

    Args:
        folder: Where they lie; it is made where it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make(self, count: int) -> tuple[Recipient, ...]:
        """Make new keys.

        Raises:
            SettingsError: the folder is not its owner's alone.
            MachineError: the disk refused it.
        """
        with suppress(FileExistsError, FileNotFoundError, PermissionError):
            self._folder.mkdir(mode=0o700)
        with self._open() as folder:
            made = [_make(folder) for _ in range(count)]
            os.fsync(folder)
        return tuple(made)

    def document(self, van: str) -> bytes:
        """Write the public halves of all keys that are left, for the desk.

        Raises:
            SettingsError, TrustError: the folder or a key in it was tampered with.
        """
        halves = (str(self.identity(name).to_public()) for name in self.ids())
        recipients = tuple(Recipient(key_id=key_id(half), recipient=half) for half in halves)
        return KeysDocument(van=van, recipients=recipients).model_dump_json(indent=1).encode()

    def ids(self) -> list[str]:
        """Name the keys that are left, in order.

        Raises:
            SettingsError: the folder is not its owner's alone.
        """
        with self._open() as folder:
            return sorted(filter(KEY_ID.fullmatch, secret.names(folder)))

    def identity(self, name: str) -> x25519.Identity:
        """Read a private key.

        Raises:
            SettingsError: the folder is not its owner's alone.
            TrustError: there is no such key, or it was tampered with.
        """
        _require_name(name)
        with self._open() as folder:
            try:
                identity = x25519.Identity.from_str(
                    secret.read(folder, name).decode("ascii").strip()
                )
            except FileNotFoundError:
                raise TrustError(
                    "The key of this list is not, or no longer, on this van.",
                    mend="Have the desk encrypt a list to one of the keys that are left.",
                ) from None
            except (OSError, ValueError, pyrage.IdentityError):
                raise _tampered() from None
        if key_id(str(identity.to_public())) != name:
            raise _tampered()
        return identity

    def destroy(self, name: str) -> None:
        """Overwrite a key and remove it; one that is not there is destroyed already.

        Raises:
            SettingsError: the folder is not its owner's alone.
            MachineError: the disk refused it.
        """
        _require_name(name)
        with self._open() as folder:
            secret.destroy(folder, name)

    def destroy_all(self) -> None:
        """Destroy every key, and whatever else lies there; errors as for `destroy`."""
        with self._open() as folder:
            for name in secret.names(folder):
                secret.destroy(folder, name)

    @contextmanager
    def _open(self) -> Generator[int]:
        try:
            folder = os.open(self._folder, FOLDER)
        except OSError as error:
            raise SettingsError(
                f"watchlist.keyring names a folder that cannot be opened: {error.strerror}.",
                mend="Make it, for the appliance's user alone, or name another.",
            ) from None
        try:
            found = os.fstat(folder)
            if found.st_uid != os.geteuid() or found.st_mode & secret.OTHERS:
                raise SettingsError(
                    "watchlist.keyring names a folder that others can open.",
                    mend="Give it to the appliance's user, with mode 0700.",
                )
            yield folder
        finally:
            os.close(folder)


def seal(plain: BinaryIO, into: BinaryIO, recipients: Sequence[str]) -> None:
    """Encrypt a stream, which is never held whole.

    Raises:
        InputError: a recipient is none.
    """
    try:
        known = [x25519.Recipient.from_str(recipient) for recipient in recipients]
        pyrage.encrypt_io(plain, into, known)
    except (pyrage.RecipientError, pyrage.EncryptError):
        raise InputError(
            "A recipient is no X25519 key of age.", mend="Take one of the van's own document."
        ) from None


def unseal(cipher: BinaryIO, into: BinaryIO, identity: x25519.Identity, most_bytes: int) -> int:
    """Decrypt a stream, up to a bound.

    Returns:
        How many bytes came out.

    Raises:
        TrustError: it is not for this key, was changed, or more than `most_bytes` comes out.
    """
    bounded = _Bounded(into, most_bytes)
    try:
        pyrage.decrypt_io(cipher, bounded, [identity])  # type: ignore[arg-type]
    except (pyrage.DecryptError, OSError):
        raise TrustError(
            "The list cannot be opened with its key: it is damaged, or not for this van.",
            mend="Have the desk encrypt it again.",
        ) from None
    return bounded.written


class _Bounded:
    """A file that takes so much and no more."""

    def __init__(self, into: BinaryIO, most_bytes: int) -> None:
        self._into, self._most_bytes, self.written = into, most_bytes, 0

    def write(self, data: bytes) -> int:
        self.written += len(data)
        if self.written > self._most_bytes:
            raise TrustError(
                "The list is longer than was signed.", mend="Have the desk make it again."
            )
        self._into.write(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""


def _make(folder: int) -> Recipient:
    identity = x25519.Identity.generate()
    half = str(identity.to_public())
    name = key_id(half)
    secret.write(folder, name, f"{identity}\n".encode())
    return Recipient(key_id=name, recipient=half)


def _require_name(name: str) -> None:
    if not KEY_ID.fullmatch(name):
        raise InputError("That is no name of a key.", mend="Take one of the van's own document.")


def _tampered() -> TrustError:
    return TrustError(
        "A key of this van is damaged, or was left open to others.",
        mend="Destroy it, make new keys, and give their document to the desk.",
    )
