"""The force's keys: eight files, each locked with a passphrase, each for another pocket.

A file is age's own format (scrypt, about a second for each guess), so that any age program opens
it; inside is the key as PKCS #8. PKCS #8's own lock has but 2,048 rounds in this library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pyrage import DecryptError, passphrase
from securesystemslib.signer import CryptoSigner, Key, SSlibKey

from appliance.errors import InputError, TrustError
from provisioning import disk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    Ring = Mapping[str, CryptoSigner]
    """Signers by the name of their key."""

ROOTS: Final = ("root-1", "root-2", "root-3")
SIGNERS: Final = ("signer-1", "signer-2", "signer-3")
ONLINE: Final = "online"
ANSWER: Final = "answer"
KEEPING: Final[Mapping[str, str]] = {
    **dict.fromkeys(ROOTS, "Offline, on a stick in a safe of its own. Two of the three together."),
    **dict.fromkeys(SIGNERS, "With one officer who may sign lists, and nobody else."),
    ONLINE: "On the desk's computer: it says that the list is still the newest.",
    ANSWER: "On the desk's computer, and a copy in a safe: without it no question is answered.",
}
"""Where each key belongs."""
NAME_FIELD = "x-lfr-name"
"""Where the signed root says whose a key is."""
NEWEST_KEY: Final = "Name its newest file with --key; `lfr desk root --replace` said where it lies."
KEY_BYTES = 16 * 1024
LEAST_LETTERS = 12


def make_key() -> Ed25519PrivateKey:
    """Make a new key, in memory only."""
    return Ed25519PrivateKey.generate()


def signer_of(key: Ed25519PrivateKey, name: str) -> CryptoSigner:
    """Let a key sign, under the name that the root gives it."""
    public = SSlibKey.from_crypto(key.public_key())
    public.unrecognized_fields[NAME_FIELD] = name
    return CryptoSigner(key, public)


def name_of(key: Key) -> str:
    """Say whose a key of the root is."""
    return str(key.unrecognized_fields.get(NAME_FIELD, key.keyid[:8]))


def require_strong(words: str) -> None:
    """Refuse a passphrase that can be guessed.

    Raises:
        InputError: it is short.
    """
    if len(words) < LEAST_LETTERS:
        raise InputError(
            f"The passphrase has less than {LEAST_LETTERS} letters.", mend="Take four words."
        )


def save(key: Ed25519PrivateKey, file: Path, words: str) -> None:
    """Write a key, locked, where no file is yet; errors as of `lock`."""
    lock(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), file, words)


def load(file: Path, words: str) -> Ed25519PrivateKey:
    """Read a key.

    Raises:
        InputError: the file or the passphrase is wrong.
    """
    try:
        key = load_pem_private_key(unlock(file, words), None)
    except ValueError:
        raise _unopened(file) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise _refusal(file, "is not an Ed25519 key", "Make a new one.")
    return key


def lock(plain: bytes, file: Path, words: str) -> None:
    """Write a key of any kind, locked, where no file is yet.

    Raises:
        InputError: the file is there already, or the passphrase is short.
        MachineError: the disk refused it.
    """
    require_strong(words)
    if file.exists():
        raise _refusal(file, "is there already", "Choose another file.")
    disk.write(file, passphrase.encrypt(plain, words, armored=True))


def unlock(file: Path, words: str) -> bytes:
    """Read what was locked.

    Raises:
        InputError: the file or the passphrase is wrong.
    """
    try:
        return passphrase.decrypt(disk.read(file, KEY_BYTES), words)
    except (DecryptError, ValueError):
        raise _unopened(file) from None


def answer_key(key: Ed25519PrivateKey) -> bytes:
    """Give the 32 secret bytes that open the log. This key never signs anything."""
    return key.private_bytes_raw()


def require_known(signer: CryptoSigner, keyids: list[str], role: str) -> None:
    """Refuse a key that the root does not name for this.

    Raises:
        TrustError: it does not.
    """
    if signer.public_key.keyid not in keyids:
        whose = name_of(signer.public_key)
        own = [name for name in KEEPING if name.startswith(role)]
        raise TrustError(
            f"The key of {whose} is none of those that sign as {role}.",
            mend=NEWEST_KEY if whose in own else f"Take a key of {', '.join(own)}.",
        )


def _unopened(file: Path) -> InputError:
    return _refusal(file, "is not opened by this passphrase", "Check the file and the passphrase.")


def _refusal(file: Path, fault: str, mend: str) -> InputError:
    return InputError(f"{file.name} {fault}.", mend=mend)
