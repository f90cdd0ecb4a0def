"""The signers' keys: Ed25519, each known by its public half."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]

from appliance.errors import InputError
from appliance.watchlist.trust import Keys

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    Signers = Sequence[CryptoSigner]

open_secret = partial(os.open, mode=0o600)


def make_signers(count: int) -> list[CryptoSigner]:
    """Make new keys, in memory only."""
    return [CryptoSigner.generate_ed25519() for _ in range(count)]


def public_keys(signers: Signers, threshold: int) -> bytes:
    """Write `keys.json`: whose signatures the van counts, and how many it needs."""
    keys = tuple(cast("str", signer.public_key.keyval["public"]) for signer in signers)
    return Keys(threshold=threshold, public_keys=keys).model_dump_json().encode()


def save_signer(signer: CryptoSigner, file: Path, passphrase: bytes) -> None:
    """Write a private key, encrypted (PEM, PKCS #8), where no file is yet.

    Raises:
        InputError: the file is there already, or cannot be written.
    """
    key = load_pem_private_key(signer.private_bytes, None)
    locked = BestAvailableEncryption(passphrase)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)
    try:
        with open(file, "xb", opener=open_secret) as opened:
            opened.write(pem)
    except OSError as error:
        raise _refusal(file, error.strerror, "Choose another file.") from None


def load_signer(file: Path, passphrase: bytes) -> CryptoSigner:
    """Read a private key.

    Raises:
        InputError: the file or the passphrase is wrong.
    """
    try:
        key = load_pem_private_key(file.read_bytes(), passphrase)
    except OSError as error:
        raise _refusal(file, error.strerror, "Name a signer's file.") from None
    except (TypeError, ValueError):
        raise _refusal(file, "no key opens", "Check the file and its passphrase.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise _refusal(file, "not an Ed25519 key", "Make a new one.")
    return CryptoSigner(key)


def _refusal(file: Path, fault: str | None, mend: str) -> InputError:
    return InputError(f"{file.name}: {fault}.", mend=mend)
