"""What a tablet is given: its certificates and keys in two files, behind one password."""

from __future__ import annotations

import json
import os
import secrets
from base64 import b64encode
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12

if TYPE_CHECKING:
    from cryptography import x509

    from provisioning.desk.certificates import Issued

CONSONANTS: Final = "bdfghjklmnprstvz"
VOWELS: Final = "aiou"
WORDS = 5
"""Of 16 bits each: 80 in all, each guess slowed down by the rounds below."""
ROUNDS = 600_000
SALT_BYTES, IV_BYTES, KEY_BYTES = 16, 12, 32


def password() -> str:
    """Draw a password that a person can say and type on glass: five made-up words."""
    shape = (CONSONANTS, VOWELS, CONSONANTS, VOWELS, CONSONANTS)
    return "-".join("".join(map(secrets.choice, shape)) for _ in range(WORDS))


def p12(issued: Issued, authority: x509.Certificate, words: str) -> bytes:
    """Pack a certificate and its key for a tablet's own store (PKCS #12)."""
    name = issued.certificate.subject.rfc4514_string().removeprefix("CN=")
    lock = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(ROUNDS)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(SHA256())
        .build(words.encode())
    )
    return pkcs12.serialize_key_and_certificates(
        name.encode(), issued.key, issued.certificate, [authority], lock
    )


def key_file(issued: Issued, tablet: str, words: str) -> bytes:
    """Pack a certificate and its key for the page, which keeps the key where nobody reads it."""
    salt, iv = os.urandom(SALT_BYTES), os.urandom(IV_BYTES)
    stretched = PBKDF2HMAC(SHA256(), KEY_BYTES, salt, ROUNDS).derive(words.encode())
    packed = {
        "v": 1,
        "tablet": tablet,
        "certificate": _base64(issued.der),
        "salt": _base64(salt),
        "iterations": ROUNDS,
        "iv": _base64(iv),
        "key": _base64(AESGCM(stretched).encrypt(iv, issued.pkcs8, None)),
    }
    return json.dumps(packed).encode()


def bare_key(issued: Issued) -> dict[str, str]:
    """Give a signing key in the clear, as a trial's `config.json` may hold it; a van's never."""
    return {"certificate": _base64(issued.der), "pkcs8": _base64(issued.pkcs8)}


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")
