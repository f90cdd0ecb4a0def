"""Which list is in force: the newest that is good."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from appliance.errors import InputError, TrustError
from appliance.watchlist.bundle import pack, view
from tests.watchlist.bundles import a_list, another, forged
from tests.watchlist.repository import MOMENT


def test_a_deployment_that_is_still_to_come_does_not_end_the_one_before_it(van, ask):
    van.send()
    soon = MOMENT + timedelta(minutes=5)
    later = {"watchlist_id": "list-2", "starts_at": soon.isoformat()}
    van.send(another(watchlist_id="list-2"), authority=later)
    found = ask()
    assert found.generation == "000001"
    assert "not begun" in found.refused
    assert ask(wall=soon).generation == "000002"


def test_the_newest_list_is_opened(van, ask, lies):
    van.send()
    van.send(another(watchlist_id="list-2"), authority={"watchlist_id": "list-2"})
    found = ask()
    assert (found.generation, found.opened, found.refused) == ("000002", True, "")
    assert view(lies()).id == "list-2"


def test_a_list_that_is_made_for_another_encoder_leaves_the_one_before_in_force(van, ask, lies):
    van.send()
    van.send(another(model_id="another"))
    found = ask()
    assert found.generation == "000001"
    assert "another encoder" in found.refused
    assert view(lies()).subjects[0].reference == "V-001"


SPOILT = {
    "the length 1": {"data": forged(templates=np.zeros((3, 16), np.float16))},
    "not that of a list": {"data": b"x" * 100},
    "shorter than": {"custom": {"plain_bytes": len(pack(a_list())) + 50}},
    "longer than": {"data": bytes(10**6), "custom": {"plain_bytes": 10}},
    "signed for": {"custom": {"subjects": 1}},
    "damaged, or not for this van": {"cipher": b"no age file" * 999},
    "no longer, on this van": {"custom": {"key_id": "f" * 16}},
    "longer than the authority allows": {"authority": {"maximum_subjects": 1}},
    "another watchlist": {"authority": {"watchlist_id": "list-7"}},
}


@pytest.mark.parametrize("fault", SPOILT)
def test_a_list_that_is_refused_leaves_the_one_before_in_force(fault, van, ask, lies):
    van.send(a_list())
    van.send(a_list(seed=8), **SPOILT[fault])
    found = ask()
    assert found.generation == "000001"
    assert fault in found.refused
    assert lies() == pack(a_list())


@pytest.mark.parametrize("fault", SPOILT)
def test_a_list_that_is_refused_with_none_before_is_told_and_leaves_nothing(fault, van, ask, lies):
    van.send(a_list(), **SPOILT[fault])
    with pytest.raises((TrustError, InputError), match=fault):
        ask()
    assert not lies().strip(b"\0")


def change_a_byte(file):
    data = bytearray(file.read_bytes())
    data[-20] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (change_a_byte, "not the file that was signed"),
        (lambda f: f.write_bytes(f.read_bytes()[:-1]), "not the file that was signed"),
        (lambda f: f.write_bytes(f.read_bytes() + b"x"), "longer than"),
        (lambda f: f.write_bytes(b""), "not the file that was signed"),
        (lambda f: f.unlink(), "not there"),
        (lambda f: (f.unlink(), f.symlink_to("/dev/zero")), "ordinary file"),
    ],
)
def test_a_bundle_that_was_changed_on_the_disk_is_refused(van, ask, spoil, fault):
    generation = van.send()
    spoil(generation.bundle)
    with pytest.raises((TrustError, InputError), match=fault):
        ask()


def test_both_lists_spoilt_tell_of_the_newest(van, ask):
    change_a_byte(van.send().bundle)
    van.send(another(model_id="another"))
    with pytest.raises(TrustError, match="another encoder"):
        ask()
