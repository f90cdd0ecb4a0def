"""What OpenSSL and Mosquitto make of the tablets' certificates."""

import base64
import getpass
import json
import re
import secrets
import shutil
import signal
import socket
import subprocess
from contextlib import contextmanager, suppress
from datetime import timedelta
from ipaddress import ip_address

import paho.mqtt.client as mqtt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    pkcs12,
)
from cryptography.x509 import load_der_x509_certificate
from paho.mqtt.enums import CallbackAPIVersion

from appliance.errors import InputError
from provisioning.broker import QUIET
from provisioning.desk import luggage
from provisioning.desk.certificates import AUTHORITY_DAYS, Authority, Revoked
from provisioning.trial import make_roster

WORDS = "five words that nobody says"


@pytest.fixture
def authority():
    return Authority.create("Kent Police")


@pytest.fixture
def openssl(authority, tmp_path):
    """Ask OpenSSL, as a broker does, whether a certificate holds; gives what it has against it."""

    def verify(issued, *more, revoked=(), trusted=None):
        pieces = {
            "ca.pem": (trusted or authority).pem,
            "crl.pem": authority.crl(revoked),
            "leaf.pem": issued.pem,
        }
        for name, data in pieces.items():
            (tmp_path / name).write_bytes(data)
        told = subprocess.run(
            ["openssl", "verify", "-x509_strict", "-check_ss_sig", "-crl_check",
             "-CAfile", "ca.pem", "-CRLfile", "crl.pem", *map(str, more), "leaf.pem"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return "" if told.returncode == 0 else told.stderr

    return verify


def test_a_tablet_s_certificate_is_one_for_a_client_and_for_nothing_else(authority, openssl):
    tablet = authority.issue_tls("tablet-7")
    assert openssl(tablet, "-purpose", "sslclient") == ""
    assert "unsuitable certificate purpose" in openssl(tablet, "-purpose", "sslserver")


def test_nobody_connects_with_what_signs(authority, openssl):
    signing = authority.issue_signing("tablet-7")
    assert openssl(signing) == ""
    for purpose in ("sslclient", "sslserver"):
        assert "unsuitable certificate purpose" in openssl(signing, "-purpose", purpose)


def test_a_van_s_certificate_has_its_names_and_is_for_a_server_only(authority, openssl):
    server = authority.issue_server(["van-1.local"], [ip_address("10.0.0.1"), ip_address("::1")])
    for name in (("-verify_hostname", "van-1.local"), ("-verify_ip", "10.0.0.1")):
        assert openssl(server, "-purpose", "sslserver", *name) == ""
    assert "ostname mismatch" in openssl(server, "-verify_hostname", "van-2.local")
    assert "unsuitable certificate purpose" in openssl(server, "-purpose", "sslclient")


def test_a_server_s_certificate_lives_no_longer_than_browsers_allow(authority):
    made = authority.issue_server(["van-1.local"]).certificate
    assert made.not_valid_after_utc - made.not_valid_before_utc < timedelta(days=398)


def test_a_revoked_certificate_is_refused_and_the_other_is_not(authority, openssl):
    lost, kept = authority.issue_tls("tablet-7"), authority.issue_tls("tablet-8")
    revoked = [Revoked(lost.serial, authority.clock())]
    assert "certificate revoked" in openssl(lost, revoked=revoked)
    assert openssl(kept, revoked=revoked) == ""


def test_a_list_of_the_revoked_that_has_ended_lets_nobody_in(authority, openssl):
    later = int((authority.clock() + timedelta(days=101)).timestamp())
    assert "CRL has expired" in openssl(authority.issue_tls("tablet-7"), "-attime", later)


def test_another_force_s_tablet_is_refused(authority, openssl):
    stranger = Authority.create("Kent Police").issue_tls("tablet-7")
    assert openssl(stranger)
    assert openssl(authority.issue_tls("tablet-7"), trusted=Authority.create("Kent Police"))


def test_a_tablet_issues_nothing(authority, openssl, tmp_path):
    tablet = authority.issue_tls("tablet-7")
    own = Authority.open(tablet.pem, tablet.key_pem)
    (tmp_path / "between.pem").write_bytes(tablet.pem)
    assert openssl(own.issue_tls("tablet-8"), "-untrusted", "between.pem")


def test_nothing_outlives_the_authority(clock):
    authority = Authority.create("Kent Police", clock)
    clock.pass_by(days=AUTHORITY_DAYS - 10)
    made = authority.issue_tls("tablet-7").certificate
    assert made.not_valid_after_utc == authority.own.certificate.not_valid_after_utc


def test_every_number_is_another_one(authority):
    made = [authority.issue_tls("tablet-7") for _ in range(20)]
    assert len({one.serial for one in made}) == 20
    assert all(0 < one.serial < 1 << 160 for one in made)


def test_no_key_is_shown_by_accident(authority):
    assert "key" not in repr(authority.issue_tls("tablet-7"))
    assert "key=" not in repr(authority)


def test_a_force_with_a_long_name_has_an_authority_too(openssl):
    assert openssl(Authority.create("K" * 200).issue_tls("tablet-7"))  # of another one
    assert Authority.create("K" * 200).own.certificate


NO_HOSTS = [
    "ünter.local", "", "*", "*.local", "bad host name", "van-1.local ", "van-1.local\n", "van\0",
    "van..local", ".local", "van-1.local.", "-van.local", "van-.local", "van_1.local", "10.0.0.1",
    "7", "https://van-1", "van-1:8883", "a" * 64, ".".join(4 * ["a" * 63]),
]  # fmt: skip


@pytest.mark.parametrize("hosts", [[], *([host] for host in NO_HOSTS), ["van-1.local", "*"]])
def test_a_server_without_a_proper_name_is_refused(authority, hosts):
    with pytest.raises(InputError, match="name"):
        authority.issue_server(hosts)


@pytest.mark.parametrize("host", ["van-1", "VAN-1.local", "7van", "10.0.0.a", "a" * 63 + ".x"])
def test_a_server_s_name_may_be_whatever_a_host_s_may(authority, openssl, host):
    assert openssl(authority.issue_server([host]), "-verify_hostname", host) == ""


def test_an_authority_is_opened_again_and_only_with_its_own_key(authority):
    again = Authority.open(authority.pem, authority.own.key_pem)
    assert again.issue_tls("tablet-7").certificate.issuer == authority.own.certificate.subject
    other = Ed25519PrivateKey.generate()
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for key in (Authority.create().own.key_pem, pem, b"no key"):
        with pytest.raises(InputError, match="damaged"):
            Authority.open(authority.pem, key)


# -- What a tablet is given


def test_a_tablet_s_store_opens_its_certificate_with_the_password_only(authority):
    tablet = authority.issue_tls("tablet-7")
    packed = luggage.p12(tablet, authority.own.certificate, WORDS)
    opened = pkcs12.load_pkcs12(packed, WORDS.encode())
    assert opened.cert.certificate == tablet.certificate
    assert opened.cert.friendly_name == b"tablet-7"
    assert opened.key.private_numbers() == tablet.key.private_numbers()
    assert [one.certificate for one in opened.additional_certs] == [authority.own.certificate]
    with pytest.raises(ValueError, match=r"(?i)password"):
        pkcs12.load_pkcs12(packed, b"guessed")


def test_chromium_s_store_takes_it(authority, tmp_path):
    assert shutil.which("pk12util"), "Install libnss3-tools."
    file = tmp_path / "tablet-7.p12"
    file.write_bytes(luggage.p12(authority.issue_tls("tablet-7"), authority.own.certificate, WORDS))
    store = f"sql:{tmp_path}"
    for command in (
        ["certutil", "-N", "-d", store, "--empty-password"],
        ["pk12util", "-i", file, "-d", store, "-W", WORDS],
    ):
        subprocess.run(command, check=True, capture_output=True)
    listed = subprocess.check_output(["certutil", "-K", "-d", store], text=True)
    assert "tablet-7" in listed


def test_the_page_s_key_file_opens_with_the_password(authority):
    signing = authority.issue_signing("tablet-7")
    packed = json.loads(luggage.key_file(signing, "tablet-7", WORDS))
    raw = {
        name: base64.b64decode(packed[name], validate=True)
        for name in ("certificate", "salt", "iv", "key")
    }
    assert (packed["v"], packed["tablet"], packed["iterations"]) == (1, "tablet-7", 600_000)
    lock = PBKDF2HMAC(SHA256(), 32, raw["salt"], packed["iterations"]).derive(WORDS.encode())
    key = load_der_private_key(AESGCM(lock).decrypt(raw["iv"], raw["key"], None), None)
    assert load_der_x509_certificate(raw["certificate"]).public_key() == key.public_key()


def test_no_two_key_files_share_a_salt(authority):
    signing = authority.issue_signing("tablet-7")
    one, two = (json.loads(luggage.key_file(signing, "tablet-7", WORDS)) for _ in range(2))
    assert one["salt"] != two["salt"]
    assert one["iv"] != two["iv"]


def test_a_trial_s_key_lies_open(authority):
    signing = authority.issue_signing("tablet-7")
    bare = luggage.bare_key(signing)
    assert base64.b64decode(bare["certificate"]) == signing.der
    assert base64.b64decode(bare["pkcs8"]) == signing.pkcs8


def test_a_password_is_five_words_and_never_the_same():
    drawn = {luggage.password() for _ in range(50)}
    assert len(drawn) == 50
    assert all(re.fullmatch(r"[a-z]{5}(-[a-z]{5}){4}", one) for one in drawn)


# -- Mosquitto


def free_port():
    while True:
        port = secrets.choice(QUIET)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@pytest.fixture
def roster(tmp_path):
    return make_roster(tmp_path / "roster", ["tablet-7", "tablet-8"])


@pytest.fixture
def broker(roster, tmp_path):
    """Start Mosquitto as a van has it; gives its port, and how it is told to read its files."""
    port, van, config = free_port(), roster.folder, tmp_path / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\ncafile {van}/ca.pem\ncrlfile {van}/crl.pem\n"
        f"certfile {van}/server.pem\nkeyfile {van}/server.key\nuser {getpass.getuser()}\n"
        "require_certificate true\nuse_identity_as_username true\ntls_version tlsv1.3\n"
        "persistence false\nlog_dest stderr\n"
    )
    binary = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    with subprocess.Popen([binary, "-c", config], stderr=subprocess.PIPE, text=True) as process:
        assert any("running" in line for line in process.stderr)
        yield port, process
        process.terminate()


@contextmanager
def connection(port, roster, name):
    """Connect as a tablet; gives whether the broker let it in."""
    tablet, let_in = roster.tablets[name], []
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.tls_set(roster.folder / "ca.pem", tablet.certificate, tablet.key)
    client.on_connect = lambda *_: let_in.append(True)
    client.on_disconnect = lambda *_: let_in.append(False)
    client.connect("localhost", port)
    while not let_in:
        client.loop()
    yield let_in[0]
    client.disconnect()


def test_mosquitto_lets_a_tablet_in_until_it_is_revoked(roster, broker):
    port, process = broker
    with connection(port, roster, "tablet-7") as let_in:
        assert let_in
    roster.revoke("tablet-7")
    process.send_signal(signal.SIGHUP)
    assert any("Reloading" in line for line in process.stderr)
    with connection(port, roster, "tablet-8") as let_in:
        assert let_in
    with connection(port, roster, "tablet-7") as let_in:
        assert not let_in
