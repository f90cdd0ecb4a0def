from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from appliance.errors import InputError
from appliance.watchlist.trust import open_keys
from provisioning.keys import load_signer, make_signers, public_keys, save_signer

PASSPHRASE = b"four words said once"


@pytest.fixture
def signer():
    return make_signers(1)[0]


def test_the_van_learns_public_halves_only():
    signers = make_signers(2)
    keys = open_keys(public_keys(signers, threshold=2))
    assert keys.threshold == 2
    assert list(keys.public_keys) == [s.public_key.keyval["public"] for s in signers]


def test_every_signer_is_another():
    assert len({signer.public_key.keyid for signer in make_signers(5)}) == 5


def test_a_saved_signer_comes_back_the_same(tmp_path, signer):
    save_signer(signer, tmp_path / "one.pem", PASSPHRASE)
    back = load_signer(tmp_path / "one.pem", PASSPHRASE)
    assert back.public_key == signer.public_key


def test_a_saved_signer_is_encrypted_and_private(tmp_path, signer):
    file = tmp_path / "one.pem"
    save_signer(signer, file, PASSPHRASE)
    assert b"ENCRYPTED" in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


def test_a_key_is_never_overwritten(tmp_path, signer):
    file = tmp_path / "one.pem"
    file.write_bytes(b"precious")
    with pytest.raises(InputError, match=r"one\.pem"):
        save_signer(signer, file, PASSPHRASE)
    assert file.read_bytes() == b"precious"


def test_a_wrong_passphrase_opens_nothing_and_is_not_repeated(tmp_path, signer):
    file = tmp_path / "one.pem"
    save_signer(signer, file, PASSPHRASE)
    with pytest.raises(InputError) as refusal:
        load_signer(file, b"open sesame")
    assert "sesame" not in refusal.value.advice()


def test_a_key_in_the_clear_is_refused(tmp_path, signer):
    file = tmp_path / "one.pem"
    file.write_bytes(signer.private_bytes)
    with pytest.raises(InputError):
        load_signer(file, PASSPHRASE)


def test_a_missing_key_is_named(tmp_path):
    with pytest.raises(InputError, match=r"one\.pem"):
        load_signer(tmp_path / "one.pem", PASSPHRASE)


def test_another_kind_of_key_is_refused(tmp_path):
    pem = X25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE)
    )
    (tmp_path / "one.pem").write_bytes(pem)
    with pytest.raises(InputError, match="Ed25519"):
        load_signer(tmp_path / "one.pem", PASSPHRASE)
