"""What the force publishes is believed link by link, and each broken link has a name of its own."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.ending import End
from appliance.errors import ApplianceError, InputError
from appliance.watchlist.chain import Chain
from appliance.watchlist.refusals import RootError, parse
from appliance.watchlist.trust import AuthorityPromise, Promise, believe, read
from tests.watchlist.repository import (
    MOMENT,
    Repository,
    a_promise,
    a_repository,
    an_authority,
    dump,
    signers,
)


def follow(repository, held=None, now=MOMENT, van="van-1", root=None):
    """Go the whole way, and remember what was asked for."""
    asked = []

    def fetch(want):
        asked.append(want.path)
        data = repository.files.get(want.path)
        assert data is None or len(data) <= want.most_bytes
        return data

    chain = Chain(root or repository.pinned, now, fetch, held)
    trusted = read(chain, van, now)
    return trusted, chain.files, asked


# -- On good days


def test_a_list_and_its_authority_are_believed():
    trusted, _, _ = follow(a_repository())
    assert trusted.fault is None
    assert trusted.authority.deployment_id == "d-1"
    assert trusted.promise.watchlist_id == "list-1"
    assert (trusted.bundle_bytes, len(trusted.bundle_sha256)) == (6, 64)
    assert trusted.valid_until == MOMENT + timedelta(hours=24)
    assert trusted.made_at == MOMENT - timedelta(hours=1)
    assert trusted.end(MOMENT) is None


def test_what_was_fetched_is_believed_again_offline():
    repository = a_repository()
    trusted, files, _ = follow(repository)
    assert believe(files, repository.pinned, "van-1", MOMENT) == trusted


def test_a_van_that_nobody_has_a_list_for_learns_what_is_taken_back():
    trusted, _, _ = follow(a_repository(van="van-2"))
    assert (trusted.authority, trusted.promise, trusted.fault) == (None, None, None)
    assert trusted.end(MOMENT) is None


def test_an_authority_may_come_before_its_list():
    repository = Repository()
    repository.put_authority()
    trusted, _, _ = follow(repository.release())
    assert trusted.authority.deployment_id == "d-1"
    assert (trusted.promise, trusted.fault) == (None, None)


def test_one_officer_alone_takes_somebody_off():
    repository = a_repository()
    _, held, _ = follow(repository)
    repository.withdraw(b"x" * 32)
    repository.revoke("d-9")
    repository.by["withdrawals"] = repository.signers[2:]
    trusted, _, asked = follow(repository.release_withdrawals(), held)
    assert trusted.withdrawals.commitments() == (b"x" * 32,)
    assert trusted.withdrawals.revokes("d-9")
    assert not any("targets.json" in path or "van-1" in path for path in asked)


def test_what_has_not_changed_is_not_fetched_again():
    repository = a_repository()
    _, held, _ = follow(repository)
    _, files, asked = follow(repository, held)
    assert asked == ["metadata/2.root.json", "metadata/timestamp.json"]
    assert files == held
    _, files, asked = follow(repository.beat(), held)
    assert asked == ["metadata/2.root.json", "metadata/timestamp.json"]
    assert files != held


def test_new_keys_for_every_role_are_followed_and_held():
    repository = a_repository()
    _, held, _ = follow(repository)
    pinned = repository.pinned
    repository.rotate()
    repository.rotate()
    trusted, files, _ = follow(repository.release(), held, root=pinned)
    assert trusted.promise
    assert {"2.root.json", "3.root.json"} < files.keys()
    assert believe(files, pinned, "van-1", MOMENT) == trusted
    _, _, asked = follow(repository, files, root=pinned)
    assert asked == ["metadata/4.root.json", "metadata/timestamp.json"]


def test_a_held_file_that_is_damaged_is_fetched_again():
    repository = a_repository()
    repository.rotate()
    trusted, held, _ = follow(repository.release())
    for name in held:
        again, files, _ = follow(repository, {**held, name: b"{}"})
        assert again == trusted
        assert files == held


@pytest.mark.parametrize(
    ("later", "revoked", "end"),
    [
        ({"hours": 5}, False, None),
        ({"hours": 6}, False, End.DEPLOYMENT_OVER),
        ({"hours": 1}, True, End.REVOKED),
    ],
)
def test_a_deployment_ends_by_its_time_or_by_revocation(later, revoked, end):
    repository = a_repository()
    if revoked:
        repository.revoke()
        repository.release_withdrawals()
    trusted, _, _ = follow(repository)
    assert trusted.end(MOMENT + timedelta(**later)) is end


def test_a_list_may_end_before_its_deployment():
    repository = Repository()
    repository.put_list(expires_at=(MOMENT + timedelta(hours=1)).isoformat())
    repository.put_authority()
    trusted, _, _ = follow(repository.release())
    assert trusted.end(MOMENT + timedelta(hours=1)) is End.LIST_EXPIRED


# -- The root


def test_a_root_by_which_one_person_decides_is_refused():
    for role in ("root", "targets"):
        repository = Repository()
        repository.root.roles[role].threshold = 1
        with pytest.raises(RootError, match="alone"):
            follow(repository, root=repository.release_root())


def test_one_key_under_two_names_is_one_person():
    repository = Repository()
    key = repository.signers[0].public_key
    twin = type(key)("f" * 64, key.keytype, key.scheme, key.keyval)
    repository.root.add_key(twin, "targets")
    with pytest.raises(RootError, match="alone"):
        follow(repository, root=repository.release_root())


def test_a_root_without_consistent_snapshots_is_refused():
    repository = Repository()
    repository.root.consistent_snapshot = False
    with pytest.raises(RootError, match="consistent"):
        follow(repository, root=repository.release_root())


def test_a_newer_root_is_held_to_the_same():
    repository = a_repository()
    pinned = repository.pinned
    repository.root.roles["targets"].threshold = 1
    repository.release_root()
    with pytest.raises(RootError):
        follow(repository.release(), root=pinned)


def test_roots_without_end_are_not_followed_for_ever():
    repository = a_repository()
    pinned = repository.pinned
    for _ in range(70):
        repository.release_root()
    _, files, asked = follow(repository.release(), root=pinned)
    assert len([path for path in asked if "root" in path]) == 64
    assert "65.root.json" in files


# -- Promises


@pytest.mark.parametrize(
    "changes",
    [
        {"key_id": "../../etc"},
        {"subjects": 0},
        {"templates": 10**9},
        {"expires_at": (MOMENT + timedelta(hours=30)).isoformat()},
        {"expires_at": "2026-05-04T21:00:00"},
        {"kind": "authority"},
        {"more": 1},
        {"plain_bytes": -1},
    ],
)
def test_an_odd_promise_is_refused_by_its_field_and_never_by_its_value(changes):
    repository = Repository()
    repository.put_list(**changes)
    repository.put_authority()
    trusted, _, _ = follow(repository.release())
    assert isinstance(trusted.fault, InputError)
    assert trusted.promise is None
    assert trusted.fault.mend
    assert "etc" not in str(trusted.fault)


def test_a_promise_says_what_the_simulator_says():
    promise = Promise.model_validate(a_promise(b"sealed"))
    assert promise.model_dump(mode="json")["van"] == "van-1"
    assert AuthorityPromise.model_fields.keys() == {
        "kind", "van", "deployment_id", "watchlist_id", "ends_at",
    }  # fmt: skip


# -- Whatever else may come


PARTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda part: (
        st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=8), part, max_size=3)
    ),
    max_leaves=8,
)
REPOSITORY = a_repository()
HELD = follow(REPOSITORY)[1]


@given(st.sampled_from(sorted(HELD)), st.binary(max_size=64) | PARTS.map(json.dumps))
def test_no_file_can_do_more_than_be_refused(name, data):
    data = data if isinstance(data, bytes) else data.encode()
    refused(name, data)


@given(st.sampled_from(sorted(HELD)), st.data())
def test_no_field_of_a_file_can_do_more_than_be_refused(name, data):
    document = json.loads(HELD[name])
    at, key = document, None
    while isinstance(at, dict | list) and at:
        holder, key = (
            at,
            data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at)))),
        )
        at = holder[key]
        if data.draw(st.booleans()):
            break
    holder[key] = data.draw(PARTS)
    refused(name, json.dumps(document).encode())


def refused(name, data):
    """See that a changed file is refused, or changes nothing that is signed."""
    whole = believe(HELD, REPOSITORY.pinned, "van-1", MOMENT)
    try:
        found = believe({**HELD, name: data}, REPOSITORY.pinned, "van-1", MOMENT)
    except ApplianceError as error:
        found = error
    assert found == whole or getattr(found, "mend", None) or found.fault


@given(st.sampled_from([Promise, AuthorityPromise]), st.binary(max_size=40) | PARTS.map(json.dumps))
def test_no_document_can_do_more_than_be_refused(part, data):
    data = data if isinstance(data, bytes) else data.encode()
    with pytest.raises(InputError):
        parse(part, data, "it")


def test_deep_json_and_json_that_says_a_thing_twice_are_refused():
    authority = dump(an_authority())
    twice = authority.replace(b'"deployment_id"', b'"deployment_id": "d-2", "deployment_id"', 1)
    for data in (b"[" * 200_000, b'{"a":' * 100_000, twice, b'{"van": NaN}', authority[:-1]):
        with pytest.raises(InputError):
            parse(AuthorityPromise, data, "it")
    for data in (b"[" * 60_000, b'{"signed":' * 6_000):
        with pytest.raises(ApplianceError):
            believe({**HELD, "timestamp.json": data}, REPOSITORY.pinned, "van-1", MOMENT)


def test_signers_of_a_stranger_count_for_nothing():
    repository = a_repository()
    repository.by["targets"] = signers(2)
    with pytest.raises(ApplianceError, match="too few signatures"):
        follow(repository.release())
