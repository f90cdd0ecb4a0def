"""Certificates such as the desk never makes, and what a roster says to a message."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from appliance.errors import InputError
from appliance.tablets import proof, wire
from appliance.tablets.envelope import parse
from provisioning.desk.certificates import Issued
from tests.tablets.conftest import NOON
from tests.tablets.events import as_bytes


def check(roster, message, tablet="tablet-7"):
    payload = as_bytes(message)
    roster.check(payload, parse(wire.DecisionEvent, payload), tablet)


def refused(roster, message, tablet="tablet-7"):
    with pytest.raises(InputError) as error:
        check(roster, message, tablet)
    assert "tablet-7" not in error.value.advice()
    assert "PC 456" not in error.value.advice()
    assert error.value.__cause__ is None
    return str(error.value)


def forge(force, *, name="tablet-7", key=None, more=(), version_3=True, usage=True, **changes):
    """Have the authority sign a certificate such as the desk never makes."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    names = [x509.NameAttribute(NameOID.COMMON_NAME, one) for one in ([name] * bool(name))]
    limits = {
        "basic": (x509.BasicConstraints(changes.get("ca", False), None), True),
        "usage": (key_usage(digital_signature=usage), True),
        "purpose": (x509.ExtendedKeyUsage(changes.get("purposes", [proof.SIGNING])), True),
    }
    built = (
        x509.CertificateBuilder()
        .subject_name(changes.get("subject", x509.Name(names)))
        .issuer_name(force.own.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(changes.get("from_at", NOON - timedelta(hours=1)))
        .not_valid_after(changes.get("until", NOON + timedelta(hours=1)))
    )
    kept = [limits[one] for one in limits if one != changes.get("without")] if version_3 else []
    for extension, critical in (*kept, *more):
        built = built.add_extension(extension, critical)
    return Issued(built.sign(force.own.key, SHA256()), key)


def key_usage(**given):
    every = [
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ]
    return x509.KeyUsage(**{one: given.get(one, False) for one in every})
