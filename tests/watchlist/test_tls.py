"""A server is only asked over TLS, and only one whose certificate counts."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from ipaddress import ip_address

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import (
    BasicConstraints,
    CertificateBuilder,
    IPAddress,
    Name,
    NameAttribute,
    SubjectAlternativeName,
)
from cryptography.x509.oid import NameOID

from appliance.watchlist.refusals import UnreachableError
from tests.watchlist.places import FILES, LONG, get
from tests.watchlist.web import serving


def certify(file, address="127.0.0.1", days=1):
    """Make a certificate that vouches for itself, with its key, for this computer."""
    key, name = Ed25519PrivateKey.generate(), Name([NameAttribute(NameOID.COMMON_NAME, "force")])
    now = datetime.now(timezone.utc)
    times = (now - timedelta(days=2), now + timedelta(days=days))
    made = CertificateBuilder(name, name, key.public_key(), 1, *times)
    made = made.add_extension(SubjectAlternativeName([IPAddress(ip_address(address))]), False)
    made = made.add_extension(BasicConstraints(ca=True, path_length=None), True).sign(key, None)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return file


def test_a_server_whose_certificate_counts_is_asked(tmp_path):
    file = certify(tmp_path / "force.pem")
    with serving(FILES, file) as web:
        assert get(web.url, ca_file=file) == LONG


@pytest.mark.parametrize("wrong", ["nobody's", "another's", "elsewhere's", "expired"])
def test_a_server_whose_certificate_does_not_count_is_not_asked(tmp_path, wrong):
    how = {"elsewhere's": {"address": "192.0.2.1"}, "expired": {"days": -1}}.get(wrong, {})
    file = certify(tmp_path / "force.pem", **how)
    trusted = {"nobody's": None, "another's": certify(tmp_path / "other.pem")}.get(wrong, file)
    with serving(FILES, file) as web:
        with pytest.raises(UnreachableError, match="certificate") as refused:
            get(web.url, ca_file=trusted)
        assert web.asked == []
    assert "ca_file" in refused.value.mend


def test_certificates_that_cannot_be_read_are_said(tmp_path):
    (tmp_path / "broken.pem").write_bytes(b"nonsense")
    with serving(FILES, certify(tmp_path / "force.pem")) as web:
        with pytest.raises(UnreachableError, match="certificate"):
            get(web.url, ca_file=tmp_path / "broken.pem")
        assert web.asked == []
