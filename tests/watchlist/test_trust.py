from __future__ import annotations

import json
from base64 import b64decode, b64encode
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.errors import ApplianceError, InputError, LapsedError, TrustError
from appliance.watchlist.trust import (
    AUTHORITY_TYPE,
    SMALL_BYTES,
    WATCHLIST_TYPE,
    Keys,
    open_authority,
    open_keys,
    open_watchlist,
)
from provisioning.keys import make_signers, public_keys
from provisioning.sign import seal, sign_authority, sign_watchlist

MODEL = "an-encoder"
few = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def envelope(make_list, signers):
    return sign_watchlist(make_list(), signers)


def test_a_list_that_enough_have_signed_is_believed(envelope, keys, now):
    assert open_watchlist(envelope, keys, now, MODEL).id == "list-1"


def test_an_authority_that_enough_have_signed_is_believed(make_authority, signers, keys, now):
    authority = make_authority()
    assert open_authority(sign_authority(authority, signers), keys, now) == authority


def test_an_authority_may_be_installed_before_its_start(make_authority, signers, keys, now):
    envelope = sign_authority(make_authority(starts_at=now + timedelta(hours=1)), signers)
    assert open_authority(envelope, keys, now).deployment_id == "d-1"


def test_one_signer_alone_is_not_enough(make_list, signers, keys, now):
    with pytest.raises(TrustError, match="fewer than 2"):
        open_watchlist(sign_watchlist(make_list(), signers[:1]), keys, now, MODEL)


def test_one_signer_cannot_sign_twice(envelope, keys, now):
    sealed = json.loads(envelope)
    sealed["signatures"][1] = sealed["signatures"][0]
    with pytest.raises(InputError, match="envelope"):
        open_watchlist(json.dumps(sealed).encode(), keys, now, MODEL)


def test_one_signer_cannot_pass_as_the_other(envelope, keys, now):
    sealed = json.loads(envelope)
    sealed["signatures"][1]["sig"] = sealed["signatures"][0]["sig"]
    with pytest.raises(TrustError):
        open_watchlist(json.dumps(sealed).encode(), keys, now, MODEL)


def test_one_signer_cannot_come_under_a_second_name(envelope, keys, now):
    sealed = json.loads(envelope)
    sealed["signatures"][1] = {**sealed["signatures"][0], "keyid": "another"}
    with pytest.raises(TrustError):
        open_watchlist(json.dumps(sealed).encode(), keys, now, MODEL)


def test_a_stranger_does_not_count(make_list, signers, keys, now):
    envelope = sign_watchlist(make_list(), [signers[0], *make_signers(1)])
    with pytest.raises(TrustError):
        open_watchlist(envelope, keys, now, MODEL)


def test_an_edited_payload_is_not_believed(envelope, keys, now):
    sealed = json.loads(envelope)
    payload = b64decode(sealed["payload"]).replace(b"failed to appear", b"is our neighbour")
    sealed["payload"] = b64encode(payload).decode()
    with pytest.raises(TrustError):
        open_watchlist(json.dumps(sealed).encode(), keys, now, MODEL)


def test_an_authority_cannot_pass_as_a_list(make_authority, signers, keys, now):
    envelope = sign_authority(make_authority(), signers)
    with pytest.raises(TrustError, match="something else"):
        open_watchlist(envelope, keys, now, MODEL)


def test_a_relabelled_authority_cannot_pass_as_a_list(make_authority, signers, keys, now):
    sealed = json.loads(sign_authority(make_authority(), signers))
    sealed["payloadType"] = WATCHLIST_TYPE
    with pytest.raises(TrustError, match="fewer than 2"):
        open_watchlist(json.dumps(sealed).encode(), keys, now, MODEL)


def test_a_list_cannot_pass_as_an_authority(envelope, keys, now):
    with pytest.raises(TrustError, match="something else"):
        open_authority(envelope, keys, now)


def test_a_list_for_another_encoder_is_refused(envelope, keys, now):
    with pytest.raises(TrustError, match="another encoder"):
        open_watchlist(envelope, keys, now, "a-newer-encoder")


def test_a_list_ends_to_the_second(envelope, keys, now):
    end = now + timedelta(hours=11)
    open_watchlist(envelope, keys, end - timedelta(seconds=1), MODEL)
    with pytest.raises(LapsedError):
        open_watchlist(envelope, keys, end, MODEL)


def test_a_list_from_the_future_is_refused(envelope, keys, now):
    with pytest.raises(LapsedError, match="not yet made"):
        open_watchlist(envelope, keys, now - timedelta(hours=2), MODEL)


def test_an_authority_that_has_ended_is_refused(make_authority, signers, keys, now):
    envelope = sign_authority(make_authority(), signers)
    with pytest.raises(LapsedError):
        open_authority(envelope, keys, now + timedelta(hours=6))


def test_a_signed_payload_is_mistrusted_all_the_same(signers, keys, now):
    with pytest.raises(InputError):
        open_watchlist(seal(b"rubbish", WATCHLIST_TYPE, signers), keys, now, MODEL)
    with pytest.raises(InputError):
        open_authority(seal(b"{}", AUTHORITY_TYPE, signers), keys, now)


def test_the_desk_refuses_to_sign_what_the_van_would_refuse(make_list, signers):
    with pytest.raises(InputError, match="templates"):
        sign_watchlist(make_list(templates=make_list().templates * 2), signers)


def test_too_large_a_file_is_refused_unread(keys, now):
    large = b" " * (SMALL_BYTES + 1)
    with pytest.raises(InputError, match="larger"):
        open_authority(large, keys, now)
    with pytest.raises(InputError, match="larger"):
        open_keys(large)


def test_a_payload_that_is_not_base64_is_refused(envelope, keys, now):
    sealed = {**json.loads(envelope), "payload": "£"}
    with pytest.raises(InputError, match="envelope"):
        open_watchlist(json.dumps(sealed).encode(), keys, now, MODEL)


def test_a_signature_of_the_wrong_length_does_not_count(envelope, keys, now):
    sealed = json.loads(envelope)
    sealed["signatures"][0]["sig"] = b64encode(b"short").decode()
    with pytest.raises(TrustError):
        open_watchlist(json.dumps(sealed).encode(), keys, now, MODEL)


def test_two_of_three_signers_are_enough_where_two_are_asked(make_list, now):
    three = make_signers(3)
    keys = open_keys(public_keys(three, threshold=2))
    assert open_watchlist(sign_watchlist(make_list(), three[1:]), keys, now, MODEL).id == "list-1"


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"threshold": 2, "public_keys": ["ab" * 32, "ab" * 32]}, "twice"),
        ({"threshold": 2, "public_keys": ["ab" * 32, "AB" * 32]}, "public_keys.1"),
        ({"threshold": 2, "public_keys": ["ab" * 32]}, "more signatures"),
        ({"threshold": 0, "public_keys": []}, "threshold"),
        ({"threshold": 1, "public_keys": ["ab"]}, "public_keys.0"),
        ({"threshold": 1}, "public_keys"),
        ([], "as a whole"),
    ],
)
def test_keys_that_would_weaken_the_promise_are_refused(keys, fault):
    with pytest.raises(InputError, match=fault):
        open_keys(json.dumps(keys).encode())


@given(data=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@few
def test_any_bytes_at_all_are_refused_in_one_line(keys, now, data):
    for read in (
        lambda: open_keys(data),
        lambda: open_watchlist(data, keys, now, MODEL),
        lambda: open_authority(data, keys, now),
    ):
        with pytest.raises(InputError) as refusal:
            read()
        assert "\n" not in refusal.value.advice()


@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@few
def test_a_flipped_bit_changes_nothing_that_is_believed(envelope, make_list, keys, now, place, bit):
    data = bytearray(envelope)
    data[int(place * len(data))] ^= 1 << bit
    with suppress(InputError, TrustError):
        assert open_watchlist(bytes(data), keys, now, MODEL).register == make_list().register


@given(share=st.floats(0, 1, exclude_max=True))
@few
def test_a_truncated_envelope_is_refused(envelope, keys, now, share):
    with pytest.raises(ApplianceError):
        open_watchlist(envelope[: int(share * len(envelope))], keys, now, MODEL)


def test_a_deeply_nested_file_is_refused(keys, now):
    with pytest.raises(InputError):
        open_authority(b"[" * 50_000, keys, now)


def test_key_ids_are_made_from_the_keys(signers, keys):
    assert [k.keyid for k in keys.verifiers()] == [s.public_key.keyid for s in signers]
    assert Keys.model_fields.keys() == {"threshold", "public_keys"}
