"""What is encrypted to a one-time key is opened with it whole, or not at all."""

from __future__ import annotations

from io import BytesIO

import pytest

from appliance.errors import InputError, TrustError
from appliance.watchlist.keyring import seal, unseal

NOBODY = "age1" + "q" * 58


def sealed(data, *recipients):
    cipher = BytesIO()
    seal(BytesIO(data), cipher, recipients)
    return BytesIO(cipher.getvalue())


def test_a_key_opens_what_was_encrypted_to_it(keyring):
    key = keyring.make(1)[0]
    plain = BytesIO()
    got = unseal(
        sealed(b"a list" * 9999, key.recipient), plain, keyring.identity(key.key_id), 10**6
    )
    assert plain.getvalue() == b"a list" * 9999
    assert got == len(plain.getvalue())


def test_the_desk_can_look_into_what_it_signs(keyring):
    van, desk = keyring.make(2)
    for key in (van, desk):
        plain = BytesIO()
        cipher = sealed(b"a list", van.recipient, desk.recipient)
        unseal(cipher, plain, keyring.identity(key.key_id), 100)
        assert plain.getvalue() == b"a list"


@pytest.mark.parametrize("recipients", [(), ("age1",), (NOBODY,), ("ssh-ed25519 AAAA",)])
def test_what_is_no_recipient_is_refused(recipients):
    with pytest.raises(InputError, match="recipient"):
        sealed(b"a list", *recipients)


def test_another_vans_key_opens_nothing(keyring):
    mine, theirs = keyring.make(2)
    with pytest.raises(TrustError, match="cannot be opened"):
        unseal(sealed(b"x", theirs.recipient), BytesIO(), keyring.identity(mine.key_id), 10)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda c: c[:-1],
        lambda c: c + b"x",
        lambda c: c[:-5] + bytes([c[-5] ^ 1]) + c[-4:],
        lambda c: b"\0" * 100,
        lambda c: b"",
        lambda c: c[:100],
    ],
)
def test_a_ciphertext_that_was_changed_is_refused(keyring, spoil):
    key = keyring.make(1)[0]
    cipher = BytesIO(spoil(sealed(b"a list" * 99, key.recipient).getvalue()))
    with pytest.raises(TrustError, match="damaged, or not for this van"):
        unseal(cipher, BytesIO(), keyring.identity(key.key_id), 10**6)


def test_what_grows_larger_than_was_signed_stops_there(keyring):
    key = keyring.make(1)[0]
    plain = BytesIO()
    with pytest.raises(TrustError, match="longer than was signed"):
        unseal(sealed(bytes(10**7), key.recipient), plain, keyring.identity(key.key_id), 100_000)
    assert len(plain.getvalue()) <= 100_000
