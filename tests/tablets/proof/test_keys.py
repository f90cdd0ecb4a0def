"""A key counts while the force stands by it, and for what the force has made it for."""

import warnings
from base64 import b64decode, b64encode
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from appliance.errors import InputError
from appliance.tablets import proof
from appliance.tablets.proof import Roster
from provisioning.desk.certificates import Authority, Revoked
from tests.tablets.conftest import NOON
from tests.tablets.proof.forgery import check, forge, refused
from tests.tablets.signing import Pen

SERVER = ExtendedKeyUsageOID.SERVER_AUTH
CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH


def test_a_key_of_another_force_counts_for_nothing(roster):
    stranger = Authority.create(clock=lambda: NOON).issue_signing("tablet-7")
    assert "no key that the force has made" in refused(roster, Pen("tablet-7", stranger).decide())


def test_the_key_that_connects_a_tablet_signs_nothing(roster, trial):
    tls = Pen("tablet-7", trial.tablets["tablet-7"].tls)
    assert "for something else" in refused(roster, tls.decide())


@pytest.mark.parametrize(
    "changes",
    [
        {"usage": False},
        {"ca": True},
        {"purposes": [SERVER]},
        {"purposes": [proof.SIGNING, CLIENT]},
        {"purposes": [proof.SIGNING, SERVER]},
        {"purposes": [proof.SIGNING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]},
        {"more": [(x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)]},
    ],
)
def test_a_certificate_for_something_else_is_refused(roster, force, changes):
    pen = Pen("tablet-7", forge(force, **changes))
    assert "for something else" in refused(roster, pen.decide())


def test_a_mark_that_need_not_be_understood_does_no_harm(roster, force):
    mark = x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    check(roster, Pen("tablet-7", forge(force, more=[(mark, False)])).decide())


@pytest.mark.parametrize("without", ["basic", "usage", "purpose"])
def test_a_certificate_that_does_not_say_what_it_is_for_is_refused(roster, force, without):
    pen = Pen("tablet-7", forge(force, without=without))
    assert "no key that the force has made" in refused(roster, pen.decide())


def test_a_certificate_of_an_older_version_is_refused(roster, force):
    pen = Pen("tablet-7", forge(force, version_3=False))
    assert "no key that the force has made" in refused(roster, pen.decide())


def test_a_certificate_with_no_name_or_two_names_no_tablet(roster, force):
    two = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tablet-7")] * 2)
    nobody = Pen("tablet-7", forge(force, name=""))
    both = Pen("tablet-7", forge(force, subject=two))
    assert "another's key" in refused(roster, nobody.decide())
    assert "another's key" in refused(roster, both.decide())


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP384R1())])
def test_a_key_of_another_kind_signs_nothing(roster, force, key):
    pen = Pen("tablet-7", forge(force, key=key))
    message = Pen("tablet-7", forge(force)).decide()
    message["certificate"] = b64encode(pen.issued.der).decode()
    assert "not signed with its key" in refused(roster, message)


def test_a_key_that_is_on_no_curve_signs_nothing(roster, force):
    issued = forge(force, key=ed25519.Ed25519PrivateKey.generate())
    message = Pen("tablet-7", forge(force)).decide()
    message["certificate"] = b64encode(issued.der).decode()
    assert "not signed with its key" in refused(roster, message)


def test_a_certificate_counts_from_its_first_to_its_last_moment(roster, force, clock):
    pen = Pen("tablet-7", forge(force))
    clock.turn(3600)
    check(roster, pen.decide())
    clock.turn(1)
    assert "out of date" in refused(roster, pen.decide())
    clock.turn(-7201)
    check(roster, pen.decide())
    clock.turn(-1)
    assert "authority" in refused(roster, pen.decide())


def test_a_revoked_tablet_is_refused_from_the_moment_the_van_has_the_list(roster, trial, pen):
    check(roster, pen.decide())
    trial.revoke("tablet-7")
    assert "revoked" in refused(roster, pen.decide())
    other = Pen("tablet-8", trial.tablets["tablet-8"].signing)
    check(roster, other.decide(), "tablet-8")


def test_a_list_of_revoked_keys_that_is_out_of_date_lets_nobody_decide(
    roster, trial, force, pen, clock
):
    roster.require_current()
    (trial.folder / "crl.pem").write_bytes(force.crl(days=1))
    clock.turn(24 * 3600 - 1)
    roster.require_current()
    clock.turn(1)
    assert "out of date" in refused(roster, pen.decide())
    with pytest.raises(InputError, match="out of date"):
        roster.require_current()


def test_an_authority_that_is_over_lets_nobody_decide(trial, pen, clock):
    roster = Roster(trial.folder, clock)
    clock.turn(3651 * 24 * 3600)
    assert "out of date" in refused(roster, pen.decide())


@pytest.mark.parametrize("name", ["ca.pem", "crl.pem"])
def test_without_the_force_s_word_nobody_decides(roster, trial, pen, name):
    check(roster, pen.decide())
    kept = (trial.folder / name).read_bytes()
    for spoilt in (b"", b"nothing", kept[:-40], kept.replace(b"A", b"B", 9)):
        (trial.folder / name).write_bytes(spoilt)
        assert "not here, or damaged" in refused(roster, pen.decide())
    (trial.folder / name).unlink()
    assert "not here, or damaged" in refused(roster, pen.decide())
    (trial.folder / name).write_bytes(kept)
    check(roster, pen.decide())


def test_a_list_that_another_authority_has_signed_is_none(roster, trial, force, pen):
    stranger = Authority.create(clock=lambda: NOON)
    namesake = Authority.create("Another", clock=lambda: NOON)
    for crl in (stranger.crl(), namesake.crl()):
        (trial.folder / "crl.pem").write_bytes(crl)
        assert "not here, or damaged" in refused(roster, pen.decide())
    (trial.folder / "crl.pem").write_bytes(force.crl([Revoked(1, NOON)]))
    check(roster, pen.decide())


def test_a_tablet_is_no_authority(roster, trial, pen):
    (trial.folder / "ca.pem").write_bytes(pen.issued.pem)
    assert "not here, or damaged" in refused(roster, pen.decide())


@pytest.mark.parametrize("critical", [True, False])
def test_a_list_that_holds_only_a_part_is_none(roster, trial, force, pen, critical):
    built = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(force.own.certificate.subject)
        .last_update(NOON)
        .add_extension(x509.DeltaCRLIndicator(1), critical)
        .next_update(NOON + timedelta(days=1))
    )
    (trial.folder / "crl.pem").write_bytes(
        built.sign(force.own.key, SHA256()).public_bytes(Encoding.PEM)
    )
    if critical:
        assert "not here, or damaged" in refused(roster, pen.decide())
    else:
        check(roster, pen.decide())


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_certificate_with_any_byte_changed_is_refused_and_does_no_more(roster, pen, data):
    der = bytearray(pen.issued.der)
    for _ in range(data.draw(st.integers(1, 3))):
        der[data.draw(st.integers(0, len(der) - 1))] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.integers(100, len(der)) | st.just(len(der)))
    message = pen.decide()
    message["certificate"] = b64encode(der[:cut]).decode()
    if b64decode(message["certificate"]) != pen.issued.der:
        refused(roster, message)


@pytest.mark.parametrize("action", ["error", "ignore"])
def test_a_certificate_with_a_number_below_zero_is_refused(roster, pen, action):
    serial = pen.issued.serial.to_bytes(20, "big")
    der = pen.issued.der.replace(serial, bytes([serial[0] | 0x80]) + serial[1:])
    message = {**pen.decide(), "certificate": b64encode(der).decode()}
    with warnings.catch_warnings():
        warnings.simplefilter(action, CryptographyDeprecationWarning)
        assert "no key that the force has made" in refused(roster, message)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_bytes=st.binary(min_size=75, max_size=400))
@example(given_bytes=b"\x30\x82\xff\xff" + b"\x30\x82" * 60)
def test_no_bytes_whatever_are_a_certificate(roster, pen, given_bytes):
    message = {**pen.decide(), "certificate": b64encode(given_bytes).decode()}
    refused(roster, message)


@pytest.mark.parametrize("padding", ["", "=", "=="])
def test_a_certificate_that_is_not_proper_base64_is_refused(roster, pen, padding):
    refused(roster, {**pen.decide(), "certificate": "A" * 101 + padding})
