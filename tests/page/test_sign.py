"""The tablet's signature: by the force's key alone, and checked by another library than made it."""

from __future__ import annotations

import base64
import json
import os

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.x509 import load_der_x509_certificate
from playwright.sync_api import expect

from appliance.tablets import envelope, wire
from provisioning.page import Trial
from tests.page.cast import TABLET

ACK, DECISION, HELLO = "alert/ack", "decision", "hello"
PASSWORD = "rain on a visor"
ROUNDS = 100_000


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def check(event):
    """Verify as any other program would, from RFC 7515, RFC 8785 and the certificate alone."""
    claim = {name: value for name, value in event.items() if name != "signature"}
    said = json.dumps(claim, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    halves = unpadded(event["signature"])
    numbers = (int.from_bytes(half, "big") for half in (halves[:32], halves[32:]))
    certificate = load_der_x509_certificate(base64.b64decode(event["certificate"]))
    key = certificate.public_key()
    key.verify(encode_dss_signature(*numbers), said, ec.ECDSA(SHA256()))
    return certificate


def lfrkey(signing, password=PASSWORD, **changes):
    """Make a key file as the desk writes it."""
    salt, iv = os.urandom(16), os.urandom(12)
    stretched = PBKDF2HMAC(SHA256(), 32, salt, ROUNDS).derive(password.encode())
    sealed = AESGCM(stretched).encrypt(iv, signing.pkcs8, None)
    binary = {"certificate": signing.der, "salt": salt, "iv": iv, "key": sealed}
    encoded = {name: base64.b64encode(data).decode() for name, data in binary.items()}
    document = {"v": 1, "tablet": TABLET, "iterations": ROUNDS, **encoded}
    return json.dumps(document | changes).encode()


@pytest.fixture
def load(url, open_tablet):
    """Open a page that has no key, and give it a file and a password."""

    def load(content, password=PASSWORD, officer="Sgt Núñez-O'Hara"):
        tablet = open_tablet()
        tablet.open(f"{url}?")
        file = {"name": f"{TABLET}.lfrkey", "mimeType": "", "buffer": content}
        tablet.page.locator("#shift-officer").fill(officer)
        tablet.page.locator("#shift-file").set_input_files(file)
        tablet.page.locator("#shift-password").fill(password)
        tablet.page.locator("#shift-start").click()
        return tablet

    return load


def test_an_answer_is_signed_by_the_tablets_key_and_names_its_certificate(van, tablet, signing):
    van.alert()
    tablet.tap("Viable")
    decision = van.decision()
    assert check(decision) == signing.certificate
    assert decision["data"]["officer"] == "demo-officer"


@pytest.mark.parametrize("field", ["officer", "alert_id", "decided_at", "answer"])
def test_an_answer_that_somebody_has_changed_is_not_signed(van, tablet, field):
    van.alert()
    tablet.tap("Viable")
    decision = van.decision()
    decision["data"][field] = "not_viable"
    with pytest.raises(InvalidSignature):
        check(decision)


def test_what_the_page_says_is_what_the_van_reads(van, tablet):
    van.alert()
    tablet.tap("Viable")
    said = {
        wire.HelloEvent: van.next(HELLO),
        wire.AckEvent: van.next(ACK),
        wire.DecisionEvent: van.decision(),
    }
    for kind, event in said.items():
        assert envelope.parse(kind, json.dumps(event).encode()).id == event["id"]


class TestOnAVan:
    """Where no server has the tablet's key."""

    @pytest.fixture
    def trial(self):
        return Trial(TABLET)

    def test_a_key_file_is_opened_with_its_password_and_signs(self, van, load, signing):
        tablet = load(lfrkey(signing))
        expect(tablet.page.locator("#shift")).to_be_hidden()
        van.alert()
        tablet.tap("Viable")
        decision = van.decision()
        assert check(decision) == signing.certificate
        assert decision["data"]["officer"] == "Sgt Núñez-O'Hara"

    def test_the_key_outlives_a_reload_and_no_script_can_read_it(self, van, load, signing):
        tablet = load(lfrkey(signing))
        expect(tablet.page.locator("#shift")).to_be_hidden()
        tablet.page.reload()
        expect(tablet.link).to_have_text("Connected")
        van.alert()
        tablet.tap("Viable")
        assert check(van.decision()) == signing.certificate
        assert tablet.page.evaluate(EXPORT) == "InvalidAccessError"

    @pytest.mark.parametrize(
        ("changes", "password"),
        [
            ({}, "rain on a window"),
            ({"v": 2}, PASSWORD),
            ({"iterations": 1}, PASSWORD),
            ({"iterations": 10**12}, PASSWORD),
            ({"key": "AAAA"}, PASSWORD),
            ({"tablet": "../tablet"}, PASSWORD),
            ({"salt": None}, PASSWORD),
        ],
        ids=["password", "kind", "weak", "endless", "cut", "name", "empty"],
    )
    def test_a_wrong_file_or_password_is_said_and_nothing_is_kept(
        self, load, signing, changes, password
    ):
        tablet = load(lfrkey(signing, **changes), password)
        expect(tablet.page.locator("#shift-fault")).to_contain_text("password")
        expect(tablet.page.locator("#shift-password")).to_have_value("")
        assert tablet.errors == []

    def test_a_key_of_another_tablet_is_refused_by_its_name(self, load, signing):
        tablet = load(lfrkey(signing, tablet="tablet-8"))
        expect(tablet.page.locator("#shift-fault")).to_contain_text("tablet-8")

    def test_without_a_key_alerts_are_seen_and_acknowledged_and_not_answered(
        self, van, open_tablet, url
    ):
        tablet = open_tablet()
        tablet.open(url)
        alert_id = van.alert()
        assert van.next(ACK)["data"]["alert_id"] == alert_id
        expect(tablet.page.locator("#keyless")).to_be_visible()
        expect(tablet.page.get_by_role("button", name="Viable", exact=True)).to_be_disabled()

    def test_a_name_that_is_none_is_asked_for_again(self, load, signing):
        tablet = load(lfrkey(signing), officer="<b>x</b>")
        expect(tablet.page.locator("#shift-fault")).to_be_visible()
        expect(tablet.page.locator("#officer")).not_to_contain_text("x")


EXPORT = """async () => {
  const opening = indexedDB.open("lfr-tablet");
  const base = await new Promise((give) => (opening.onsuccess = () => give(opening.result)));
  const asking = base.transaction("shift").objectStore("shift").get("key");
  const row = await new Promise((give) => (asking.onsuccess = () => give(asking.result)));
  return crypto.subtle.exportKey("pkcs8", row.key).catch((error) => error.name);
}"""
