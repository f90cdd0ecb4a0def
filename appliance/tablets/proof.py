"""Who signed an answer: the tablet's key, by the word of the force's authority for tablets.

ES256 over the event in the form of RFC 8785, with the certificate beside it. Without the folder
of the authority, or with a list of revoked certificates that is out of date, nobody is believed.
"""

from __future__ import annotations

import json
from base64 import b64decode, urlsafe_b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from appliance.errors import InputError
from appliance.tablets.refusal import Flaw, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from appliance.tablets.wire import DecisionEvent

SIGNING: Final = ObjectIdentifier("1.3.6.1.5.5.7.3.36")
"""RFC 9336, signing documents: a key that connects a tablet, or serves, signs no answer."""
CONNECTING: Final = frozenset({
    ExtendedKeyUsageOID.CLIENT_AUTH,
    ExtendedKeyUsageOID.SERVER_AUTH,
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
})  # fmt: skip
UNDERSTOOD: Final = frozenset({
    x509.KeyUsage.oid,
    x509.ExtendedKeyUsage.oid,
    x509.BasicConstraints.oid,
})  # fmt: skip
NUMBER_BYTES: Final = 32
"""Of each of the two numbers of a signature on P-256."""
ODD: Final = (
    ValueError,
    TypeError,
    InvalidSignature,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.UnsupportedGeneralNameType,
    CryptographyDeprecationWarning,
)
"""What the library says to certificates and signatures that are none."""
_MEND = "Have the desk make the tablet's key anew."


@dataclass(frozen=True)
class _Word:
    """What the force says: its authority, which certificates hold no more, and how long."""

    authority: x509.Certificate
    revoked: frozenset[int]
    from_at: datetime
    until: datetime


class Roster:
    """Whose tablets may decide. What lies in the folder may change at any time.

    Args:
        folder: Holds `ca.pem` and `crl.pem`, as the desk made them for this van.
        now: Gives the time in UTC.
    """

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self._files, self._now = (folder / "ca.pem", folder / "crl.pem"), now
        self._state: tuple[tuple[int, ...], ...] = ()
        self._word: _Word | None = None

    def require_current(self) -> None:
        """Refuse a folder with which nobody could be believed now.

        Raises:
            InputError: something is missing, damaged or out of date.
        """
        self._current()

    def check(self, payload: bytes, event: DecisionEvent, tablet: str) -> None:
        """Refuse an answer that this tablet has not signed, or may not sign now.

        Args:
            payload: The event exactly as it came.
            event: What it says.
            tablet: On whose topic it came.

        Raises:
            RefusedError: it has not, or may not any more; the error names nobody.
            InputError: it may not now; other files, or another hour, may make it good.
        """
        certificate = _admitted(self._current(), event.certificate, tablet, self._now())
        key = certificate.public_key()
        try:
            if not isinstance(key, ec.EllipticCurvePublicKey):
                raise TypeError
            key.verify(_asn1(event.signature), signed_form(payload), ec.ECDSA(SHA256()))
        except ODD:
            raise _lasting("is not signed with its key") from None

    def _current(self) -> _Word:
        word = self._read()
        if not word.from_at <= self._now() < word.until:
            raise InputError(
                "The tablets' authority, or its list of what is revoked, is out of date.",
                mend="Bring new files from the desk.",
            )
        return word

    def _read(self) -> _Word:
        try:
            state = tuple(_state(file) for file in self._files)
            if self._word is None or state != self._state:
                self._word, self._state = _word(*(file.read_bytes() for file in self._files)), state
        except (OSError, *ODD):
            self._word = None
            raise InputError(
                "The tablets' authority is not here, or damaged.",
                mend="Bring ca.pem and crl.pem from the desk.",
            ) from None
        return self._word


def signed_form(payload: bytes) -> bytes:
    """Give what was signed of an event that has been read already: all but the signature.

    RFC 8785 for what occurs here: whole numbers, and fields in plain letters.
    """
    said = {name: value for name, value in json.loads(payload).items() if name != "signature"}
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _word(authority_pem: bytes, revoked_pem: bytes) -> _Word:
    authority = x509.load_pem_x509_certificate(authority_pem)
    revoked = x509.load_pem_x509_crl(revoked_pem)
    limits = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
    partial = any(extension.critical for extension in revoked.extensions)
    if not limits.ca or partial or revoked.issuer != authority.subject:
        raise ValueError
    # The library wants to know what kinds of key there are, and says a type error to others.
    if not revoked.is_signature_valid(authority.public_key()):  # type: ignore[arg-type]
        raise ValueError
    until = revoked.next_update_utc or authority.not_valid_after_utc
    return _Word(
        authority,
        frozenset(one.serial_number for one in revoked),
        authority.not_valid_before_utc,
        min(until, authority.not_valid_after_utc),
    )


def _admitted(word: _Word, certificate: str, tablet: str, now: datetime) -> x509.Certificate:
    try:
        found = x509.load_der_x509_certificate(b64decode(certificate, validate=True))
        if found.serial_number <= 0:
            # RFC 5280 allows none; the library still warns only, where warnings are no errors.
            raise ValueError
        found.verify_directly_issued_by(word.authority)
        named = [one.value for one in found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        signs = _may_sign(found.extensions)
    except ODD:
        raise _refusal("is of no key that the force has made") from None
    if named != [tablet]:
        raise _lasting("is signed with another's key")
    if not signs:
        raise _lasting("is signed with a key that is for something else")
    if found.serial_number in word.revoked:
        raise _lasting("is signed with a key that is revoked")
    # The van's clock may be wrong, and its authority another next time: not for good.
    if not found.not_valid_before_utc <= now <= found.not_valid_after_utc:
        raise _refusal("is signed with a key that is out of date")
    return found


def _may_sign(extensions: x509.Extensions) -> bool:
    limits = extensions.get_extension_for_class(x509.BasicConstraints).value
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    purposes = frozenset(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    return (
        usage.digital_signature
        and not limits.ca
        and SIGNING in purposes
        and not purposes & CONNECTING
        and not any(one.critical and one.oid not in UNDERSTOOD for one in extensions)
    )


def _asn1(signature: str) -> bytes:
    both = urlsafe_b64decode(signature + "==")
    numbers = (both[:NUMBER_BYTES], both[NUMBER_BYTES:])
    return encode_dss_signature(*(int.from_bytes(number, "big") for number in numbers))


def _state(file: Path) -> tuple[int, ...]:
    found = file.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _refusal(fault: str) -> InputError:
    return InputError(f"A tablet's answer {fault}.", mend=_MEND)


def _lasting(fault: str) -> RefusedError:
    return RefusedError(f"A tablet's answer {fault}.", Flaw.UNPROVEN, mend=_MEND)
