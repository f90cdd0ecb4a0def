"""The vans' one-time public keys: spent once, and taken from nobody's stick unchecked."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import InputError
from provisioning.desk.vans import fingerprint, open_keys


def test_a_van_s_keys_are_spent_one_by_one_and_never_again(desk, keyring):
    vans = desk.office.vans
    first = vans.spend("van-1", "list-1")
    vans.register(keyring.document("van-1"))
    spent = {first.key_id} | {vans.spend("van-1", f"list-{n}").key_id for n in range(5)}
    assert spent == set(keyring.ids())
    with pytest.raises(InputError, match="All keys of van-1 are spent"):
        vans.spend("van-1", "list-9")


def test_keys_that_the_van_has_destroyed_are_forgotten(desk, keyring):
    gone = keyring.ids()[0]
    keyring.destroy(gone)
    keyring.make(1)
    known = desk.office.vans.register(keyring.document("van-1"))
    assert gone not in {one.key_id for one in known.unspent}
    assert len(known.unspent) == 6


def test_a_fingerprint_is_sha256sum_s_in_fours():
    assert fingerprint(b"").replace(" ", "") == (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )


@pytest.fixture
def document(keyring):
    return json.loads(keyring.document("van-1"))


def spoil(document, how):
    first = document["recipients"][0]
    match how:
        case "a key twice":
            document["recipients"] *= 2
        case "a key under another's name":
            first["key_id"] = document["recipients"][1]["key_id"]
        case "a path for a name":
            document["van"] = "../../etc"
        case "a recipient that is none":
            first["recipient"] = first["recipient"][:-1] + "qp"[first["recipient"][-1] == "q"]
        case "an SSH key":
            first["recipient"] = "ssh-ed25519 AAAA"
        case "a private key":
            first["secret"] = "AGE-SECRET-KEY-1"
        case "no list":
            document["recipients"] = None
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "how",
    [
        "a key twice", "a key under another's name", "a path for a name",
        "a recipient that is none", "an SSH key", "a private key", "no list",
    ],
)  # fmt: skip
def test_a_hostile_file_of_keys_is_refused(document, how):
    with pytest.raises(InputError, match="no file of a van's keys"):
        open_keys(spoil(document, how))


@given(st.binary(max_size=200))
def test_whatever_is_on_the_stick_is_refused_or_read(data):
    with pytest.raises(InputError):
        open_keys(data)


def test_a_file_of_keys_that_the_desk_damaged_is_said(desk):
    (desk.office.folder / "vans" / "van-1.json").write_bytes(b"{}")
    with pytest.raises(InputError, match="damaged"):
        desk.office.vans.known("van-1")
