"""The force's own small authority for tablets: who may connect to a van, and who may decide.

A tablet has two certificates under one name. With the first its browser connects; the key of the
second signs what an officer decides, and connects to nothing. All keys are ECDSA P-256.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from appliance.errors import InputError
from provisioning.desk.repository import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from ipaddress import IPv4Address, IPv6Address

    Address = IPv4Address | IPv6Address
    Extensions = Sequence[tuple[x509.ExtensionType, bool]]
    """Each with whether a reader that does not know it must refuse the certificate."""

AUTHORITY_DAYS = 3650
TABLET_DAYS = 400
SERVER_DAYS = 397
"""Browsers refuse a server's certificate that lives longer than 398 days."""
CRL_DAYS = 100
"""Once it is over, brokers refuse every tablet: a quarter of a year, and ten days to be late."""
BEFORE: Final = timedelta(hours=1)
"""How far behind the desk's clock a van's may be."""
NAME_LETTERS = 64
"""What X.509 allows a name."""
HOST_LETTERS = 253
HOST: Final = re.compile(
    r"(?!(?:.*\.)?\d+\Z)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*",
    re.ASCII,
)
"""RFC 1123: labels of letters, digits and hyphens; the last is no number, as that of an address."""
SIGNING: Final = ObjectIdentifier("1.3.6.1.5.5.7.3.36")
"""RFC 9336: signing documents. No TLS library takes it for a client."""


class Revoked(NamedTuple):
    """A certificate that holds no more."""

    serial: int
    at: datetime


@dataclass(frozen=True)
class Issued:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def serial(self) -> int:
        """The certificate's number, by which it is revoked."""
        return self.certificate.serial_number

    @property
    def pem(self) -> bytes:
        """The certificate, as brokers, browsers and web servers read it."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        """The certificate, as a signed decision carries it."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def key_pem(self) -> bytes:
        """The key in the clear, as brokers and web servers read it."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def pkcs8(self) -> bytes:
        """The key in the clear, as a browser's WebCrypto reads it."""
        return self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


@dataclass(frozen=True)
class Authority:
    """Whom the force lets connect and decide; it trusts nobody else."""

    own: Issued
    """Its own certificate and key."""
    clock: Callable[[], datetime] = field(default=utc_now, repr=False)

    @classmethod
    def create(
        cls,
        force: str = "A trial",
        clock: Callable[[], datetime] = utc_now,
    ) -> Authority:
        """Make an authority with a key of its own, in memory only."""
        key = ec.generate_private_key(ec.SECP256R1())
        named = [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, force[:NAME_LETTERS]),
            x509.NameAttribute(NameOID.COMMON_NAME, "Tablets"),
        ]
        subject, now = x509.Name(named), clock()
        limits: Extensions = [
            (x509.BasicConstraints(ca=True, path_length=0), True),
            (_usage(authority=True), True),
        ]
        ends_at = now + timedelta(days=AUTHORITY_DAYS)
        built = _builder(subject, key.public_key(), now, ends_at, limits).issuer_name(subject)
        return cls(Issued(built.sign(key, SHA256()), key), clock)

    @classmethod
    def open(
        cls,
        pem: bytes,
        key_pem: bytes,
        clock: Callable[[], datetime] = utc_now,
    ) -> Authority:
        """Read an authority from its certificate and its key.

        Raises:
            InputError: they are none, or do not belong together.
        """
        try:
            certificate = x509.load_pem_x509_certificate(pem)
            key = load_pem_private_key(key_pem, None)
        except ValueError:
            raise _damaged() from None
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise _damaged()
        if key.public_key() != certificate.public_key():
            raise _damaged()
        return cls(Issued(certificate, key), clock)

    @property
    def pem(self) -> bytes:
        """The certificate that vans and tablets trust: `ca.pem`."""
        return self.own.pem

    def issue_tls(self, tablet: str, days: int = TABLET_DAYS) -> Issued:
        """Let a tablet connect, under its name."""
        return self._issue(tablet, days, [_purpose(ExtendedKeyUsageOID.CLIENT_AUTH)])

    def issue_signing(self, tablet: str, days: int = TABLET_DAYS) -> Issued:
        """Let a tablet sign what its officer decides. Nothing connects with it."""
        return self._issue(tablet, days, [_purpose(SIGNING)])

    def issue_server(
        self, hosts: Sequence[str], addresses: Sequence[Address] = (), days: int = SERVER_DAYS
    ) -> Issued:
        """Let a van's broker and web server answer under these names and addresses.

        Raises:
            InputError: there is none, or one is no name of a host.
        """
        if not (hosts or addresses):
            raise InputError("A van's server has no name.", mend="Name a host or an address.")
        if not all(len(host) <= HOST_LETTERS and HOST.fullmatch(host) for host in hosts):
            raise InputError(
                "One host is no name of a host.",
                mend="Name it like van-1.local; an address goes with --address.",
            )
        names = [*map(x509.DNSName, hosts), *map(x509.IPAddress, addresses)]
        purpose = _purpose(ExtendedKeyUsageOID.SERVER_AUTH)
        # Nobody reads this name; of a host's own name it may hold the beginning only.
        first = str([*hosts, *addresses][0])[:NAME_LETTERS]
        return self._issue(first, days, [purpose, (x509.SubjectAlternativeName(names), False)])

    def crl(self, revoked: Iterable[Revoked] = (), days: float = CRL_DAYS) -> bytes:
        """Say which certificates hold no more: `crl.pem`, to be made anew before so many days."""
        now = self.clock()
        issuer = self.own.certificate
        building = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuer.subject)
            .last_update(now - BEFORE)
            .next_update(now + timedelta(days=days))
            # Each is newer than the last, also two of one second.
            .add_extension(x509.CRLNumber(int(now.timestamp() * 1000)), critical=False)
            .add_extension(_issuer_key(issuer), critical=False)
        )
        for one in revoked:
            entry = x509.RevokedCertificateBuilder(one.serial, one.at)
            building = building.add_revoked_certificate(entry.build())
        return building.sign(self.own.key, SHA256()).public_bytes(Encoding.PEM)

    def _issue(self, name: str, days: int, limits: Extensions) -> Issued:
        own, now, key = self.own.certificate, self.clock(), ec.generate_private_key(ec.SECP256R1())
        ends_at = min(now + timedelta(days=days), own.not_valid_after_utc)
        every: Extensions = [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (_usage(authority=False), True),
            (_issuer_key(own), False),
            *limits,
        ]
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        built = _builder(subject, key.public_key(), now, ends_at, every).issuer_name(own.subject)
        return Issued(built.sign(self.own.key, SHA256()), key)


def _builder(
    subject: x509.Name,
    public: ec.EllipticCurvePublicKey,
    now: datetime,
    ends_at: datetime,
    extensions: Extensions,
) -> x509.CertificateBuilder:
    building = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(ends_at)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    for extension, critical in extensions:
        building = building.add_extension(extension, critical=critical)
    return building


def _purpose(purpose: ObjectIdentifier) -> tuple[x509.ExtensionType, bool]:
    # Critical, so that whoever does not know what it is for refuses it.
    return x509.ExtendedKeyUsage([purpose]), True


def _issuer_key(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    found = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(found.value)


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _damaged() -> InputError:
    return InputError(
        "The tablets' authority is damaged.", mend="Bring ca.pem and ca.key back from a backup."
    )
