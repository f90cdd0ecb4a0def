from __future__ import annotations

from datetime import timedelta

import pytest

from appliance.errors import InputError, LapsedError, MachineError, SettingsError, TrustError
from appliance.watchlist.store import AUTHORITY_FILE, WATCHLIST_FILE, Store
from provisioning.keys import make_signers
from provisioning.sign import sign_authority, sign_watchlist

MODEL = "an-encoder"


@pytest.fixture
def store(tmp_path, keys_json):
    keys_file = tmp_path / "keys.json"
    keys_file.write_bytes(keys_json)
    folder = tmp_path / "watchlist"
    folder.mkdir()
    return Store(folder, keys_file)


def test_what_is_installed_can_be_read(store, make_list, make_authority, signers, now):
    store.install_watchlist(sign_watchlist(make_list(), signers), now, MODEL)
    store.install_authority(sign_authority(make_authority(), signers), now)
    assert store.load(now, MODEL).id == "list-1"
    assert store.authority(now).deployment_id == "d-1"


def test_a_refused_list_leaves_the_old_one_in_place(store, make_list, signers, now):
    store.install_watchlist(sign_watchlist(make_list(), signers), now, MODEL)
    forged = sign_watchlist(make_list(watchlist_id="list-2"), make_signers(2))
    with pytest.raises(TrustError):
        store.install_watchlist(forged, now, MODEL)
    assert store.load(now, MODEL).id == "list-1"


def test_a_refused_authority_leaves_the_old_one_in_place(store, make_authority, signers, now):
    store.install_authority(sign_authority(make_authority(), signers), now)
    with pytest.raises(InputError):
        store.install_authority(b"", now)
    assert store.authority(now).deployment_id == "d-1"


def test_a_newer_list_replaces_an_older_one_and_never_back(store, make_list, signers, now):
    old = sign_watchlist(make_list(), signers)
    new = sign_watchlist(make_list(made_at=now, watchlist_id="list-2"), signers)
    store.install_watchlist(old, now, MODEL)
    store.install_watchlist(new, now, MODEL)
    with pytest.raises(TrustError, match="older"):
        store.install_watchlist(old, now, MODEL)
    assert store.load(now, MODEL).id == "list-2"


def test_a_damaged_list_on_the_disk_is_refused_and_can_be_replaced(store, make_list, signers, now):
    (store.folder / WATCHLIST_FILE).write_bytes(b"half of a li")
    with pytest.raises(InputError):
        store.load(now, MODEL)
    store.install_watchlist(sign_watchlist(make_list(), signers), now, MODEL)
    assert store.load(now, MODEL).id == "list-1"


def test_a_held_list_lapses_where_it_lies(store, make_list, signers, now):
    store.install_watchlist(sign_watchlist(make_list(), signers), now, MODEL)
    with pytest.raises(LapsedError):
        store.load(now + timedelta(days=1), MODEL)


def test_a_missing_file_is_named(store, now):
    with pytest.raises(InputError, match=WATCHLIST_FILE):
        store.load(now, MODEL)
    with pytest.raises(InputError, match=AUTHORITY_FILE):
        store.authority(now)


@pytest.mark.parametrize("content", [None, b"{}"])
def test_keys_that_cannot_be_read_stop_the_start(store, now, make_list, signers, content):
    store.install_watchlist(sign_watchlist(make_list(), signers), now, MODEL)
    store.keys_file.unlink()
    if content is not None:
        store.keys_file.write_bytes(content)
    with pytest.raises(SettingsError, match=r"keys\.json"):
        store.load(now, MODEL)


def test_an_installed_list_is_not_for_everybody_to_read(store, make_list, signers, now):
    store.install_watchlist(sign_watchlist(make_list(), signers), now, MODEL)
    assert (store.folder / WATCHLIST_FILE).stat().st_mode & 0o007 == 0


def test_nothing_but_the_two_files_is_left_behind(store, make_list, make_authority, signers, now):
    store.install_watchlist(sign_watchlist(make_list(), signers), now, MODEL)
    store.install_authority(sign_authority(make_authority(), signers), now)
    left = {file.name for file in store.folder.iterdir()}
    assert left == {WATCHLIST_FILE, AUTHORITY_FILE}


def test_a_disk_that_refuses_is_reported_and_leaves_nothing_half(store, make_list, signers, now):
    (store.folder / WATCHLIST_FILE).mkdir()
    with pytest.raises(MachineError, match=WATCHLIST_FILE):
        store.install_watchlist(sign_watchlist(make_list(), signers), now, MODEL)
    assert [file.name for file in store.folder.iterdir()] == [WATCHLIST_FILE]
