"""What lies in the drop folder is installed if it is believed, and nothing in it can do harm."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import timedelta

import pytest

from appliance.errors import MachineError, SettingsError
from appliance.watchlist import updater
from appliance.watchlist.store import AUTHORITY_FILE, WATCHLIST_FILE, Store
from appliance.watchlist.trust import LARGE_BYTES, SMALL_BYTES
from appliance.watchlist.updater import BusyError, update
from provisioning.keys import make_signers
from provisioning.sign import sign_authority, sign_watchlist

MODEL = "an-encoder"


@pytest.fixture
def store(tmp_path, keys_json):
    (tmp_path / "keys.json").write_bytes(keys_json)
    (tmp_path / "held").mkdir()
    return Store(tmp_path / "held", tmp_path / "keys.json")


@pytest.fixture
def inbox(tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    return inbox


@pytest.fixture
def run(store, inbox, now):
    return lambda: update(inbox, store, now, lambda: MODEL)


@pytest.fixture
def signed(make_list, make_authority, signers, now):
    """A list and an authority by the names under which they are delivered."""
    return {
        WATCHLIST_FILE: sign_watchlist(make_list(), signers),
        AUTHORITY_FILE: sign_authority(make_authority(), signers),
    }


def left(inbox):
    return {file.name for file in inbox.iterdir()}


def deliver(inbox, signed):
    for name, data in signed.items():
        (inbox / name).write_bytes(data)


# -- In good order


def test_an_empty_drop_folder_is_nothing_to_do(store, inbox, now):
    def model_id():
        pytest.fail("nobody needs to know the encoder")

    assert update(inbox, store, now, model_id) == []


def test_what_is_believed_is_installed_and_leaves_the_drop_folder(run, store, inbox, signed, now):
    deliver(inbox, signed)
    outcomes = run()
    assert [(o.file, o.installed, o.exit_code) for o in outcomes] == [
        (WATCHLIST_FILE, True, 0),
        (AUTHORITY_FILE, True, 0),
    ]
    assert "2 subjects, until 2026-05-04 21:00 UTC" in outcomes[0].what
    assert "d-1, until 2026-05-04 16:00 UTC" in outcomes[1].what
    assert all("next start" in outcome.what for outcome in outcomes)
    assert store.load(now, MODEL).id == "list-1"
    assert store.authority(now).deployment_id == "d-1"
    assert left(inbox) == set()
    assert {file.name for file in store.folder.iterdir()} == {WATCHLIST_FILE, AUTHORITY_FILE}
    assert run() == []


def test_nobody_on_the_list_is_named(run, inbox, signed):
    deliver(inbox, signed)
    assert "V-001" not in repr(run())


@pytest.mark.parametrize("name", [WATCHLIST_FILE, AUTHORITY_FILE])
def test_either_may_come_alone_and_strangers_are_not_touched(run, inbox, signed, name):
    deliver(inbox, {name: signed[name], "notes.txt": b"Read me"})
    (outcome,) = run()
    assert (outcome.file, outcome.installed) == (name, True)
    assert left(inbox) == {"notes.txt"}


def test_what_is_on_its_way_out_may_be_gone_already(run, inbox, signed, monkeypatch):
    deliver(inbox, {AUTHORITY_FILE: signed[AUTHORITY_FILE]})
    install = Store.install_authority

    def meanwhile(self, data, now):
        (inbox / AUTHORITY_FILE).unlink()
        return install(self, data, now)

    monkeypatch.setattr(Store, "install_authority", meanwhile)
    assert [outcome.installed for outcome in run()] == [True]


def test_a_newer_file_that_comes_meanwhile_is_kept_for_the_next_time(
    run, inbox, signed, monkeypatch
):
    deliver(inbox, {AUTHORITY_FILE: signed[AUTHORITY_FILE]})
    install = Store.install_authority

    def meanwhile(self, data, now):
        newer = inbox / "arriving"
        newer.write_bytes(b"newer")
        newer.replace(inbox / AUTHORITY_FILE)
        return install(self, data, now)

    monkeypatch.setattr(Store, "install_authority", meanwhile)
    assert [outcome.installed for outcome in run()] == [True]
    assert (inbox / AUTHORITY_FILE).read_bytes() == b"newer"


# -- Refused


def test_each_refusal_has_its_family_s_exit_code_and_stays(
    run, store, inbox, make_list, signers, now
):
    later = timedelta(days=2)
    cases = {
        77: sign_watchlist(make_list(), make_signers(2)),
        65: b"not an envelope",
        75: sign_watchlist(make_list(made_at=now - later, expires_at=now - later / 2), signers),
    }
    for exit_code, data in cases.items():
        deliver(inbox, {WATCHLIST_FILE: data})
        (outcome,) = run()
        assert (outcome.installed, outcome.exit_code) == (False, exit_code)
        assert outcome.what
        assert outcome.mend
        assert (inbox / WATCHLIST_FILE).read_bytes() == data
        assert list(store.folder.iterdir()) == []


def test_a_refused_list_does_not_hinder_the_authority_nor_harm_what_is_held(
    run, store, inbox, signed, make_list, now
):
    deliver(inbox, signed)
    run()
    forged = sign_watchlist(make_list(watchlist_id="list-2"), make_signers(2))
    deliver(inbox, {WATCHLIST_FILE: forged, AUTHORITY_FILE: signed[AUTHORITY_FILE]})
    assert [outcome.installed for outcome in run()] == [False, True]
    assert store.load(now, MODEL).id == "list-1"
    assert left(inbox) == {WATCHLIST_FILE}


def test_an_older_list_than_the_one_held_is_refused(run, inbox, make_list, signers, now):
    for hours, installed in ((1, True), (2, False)):
        made = make_list(made_at=now - timedelta(hours=hours))
        deliver(inbox, {WATCHLIST_FILE: sign_watchlist(made, signers)})
        (outcome,) = run()
        assert outcome.installed is installed
    assert "older" in outcome.what


def test_a_list_and_an_authority_under_each_other_s_name_are_refused(run, inbox, signed):
    names = (WATCHLIST_FILE, AUTHORITY_FILE)
    deliver(inbox, dict(zip(names, reversed(signed.values()), strict=True)))
    assert not any(outcome.installed for outcome in run())
    assert left(inbox) == set(names)


# -- Hostile


def link_elsewhere(place, signed):
    real = place.parent.parent / "elsewhere"
    real.write_bytes(signed)
    place.symlink_to(real)


def listen(place, _signed):
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(place))


def sparse(place, _signed):
    with place.open("wb") as file:
        file.truncate((LARGE_BYTES if place.name == WATCHLIST_FILE else SMALL_BYTES) + 1)


TRAPS = {
    "a link": (link_elsewhere, "no ordinary file"),
    "a link to itself": (lambda place, _: place.symlink_to(place.name), "no ordinary file"),
    "a link to nothing": (lambda place, _: place.symlink_to("/nowhere"), "no ordinary file"),
    "a folder": (lambda place, _: place.mkdir(), "no ordinary file"),
    "a pipe": (lambda place, _: os.mkfifo(place), "no ordinary file"),
    "a socket": (listen, "no ordinary file"),
    "too large": (sparse, "larger than"),
    "empty": (lambda place, _: place.touch(), ""),
}


@pytest.mark.parametrize("name", [WATCHLIST_FILE, AUTHORITY_FILE])
@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_is_refused_left_and_reported(run, store, inbox, signed, name, trap):
    lay, said = TRAPS[trap]
    lay(inbox / name, signed[name])
    (outcome,) = run()
    assert not outcome.installed
    assert outcome.exit_code == 65
    assert said in outcome.what
    assert left(inbox) == {name}
    assert list(store.folder.iterdir()) == []


@pytest.mark.parametrize("change", ["grows", "shrinks", "is written anew"])
def test_a_file_that_changes_while_it_is_read_is_refused(
    run, store, inbox, signed, monkeypatch, change
):
    place = inbox / AUTHORITY_FILE
    deliver(inbox, {AUTHORITY_FILE: signed[AUTHORITY_FILE]})
    look, looks = os.fstat, []

    def meanwhile(handle):
        found = look(handle)
        looks.append(found)
        if len(looks) == 1 and change in ("grows", "shrinks"):
            os.truncate(place, found.st_size + (1 if change == "grows" else -1))
        elif len(looks) == 1:
            os.utime(place, ns=(0, 0))
        return found

    monkeypatch.setattr(updater.os, "fstat", meanwhile)
    (outcome,) = run()
    assert "changes while it is read" in outcome.what
    assert list(store.folder.iterdir()) == []


# -- Folders


def test_two_updates_at_once_are_one_and_a_word(run, store, inbox, signed):
    code = (
        "import fcntl, os, sys; h = os.open(sys.argv[1], os.O_RDONLY);"
        "fcntl.flock(h, fcntl.LOCK_EX); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(store.folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as other:  # fmt: skip
        assert other.stdout.readline() == b"held\n"
        deliver(inbox, signed)
        with pytest.raises(BusyError) as busy:
            run()
        other.communicate()
    assert busy.value.exit_code == 75
    assert left(inbox) == set(signed)
    assert [outcome.installed for outcome in run()] == [True, True]


@pytest.mark.parametrize("field", ["watchlist.inbox", "watchlist.folder"])
@pytest.mark.parametrize("wrong", ["missing", "a file"])
def test_a_folder_that_is_none_is_a_fault_of_the_settings(run, store, inbox, signed, field, wrong):
    folder = inbox if field == "watchlist.inbox" else store.folder
    folder.rmdir()
    if wrong == "a file":
        folder.touch()
    with pytest.raises(SettingsError, match=field):
        run()


def test_a_drop_folder_that_keeps_what_was_installed_is_reported(
    run, store, inbox, signed, now, monkeypatch
):
    def refuse(_name, **_how):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(updater.os, "unlink", refuse)
    deliver(inbox, {AUTHORITY_FILE: signed[AUTHORITY_FILE]})
    (outcome,) = run()
    assert outcome.installed
    assert outcome.exit_code == MachineError.exit_code
    assert "cannot be removed" in outcome.what
    assert store.authority(now).deployment_id == "d-1"


def test_a_file_that_may_not_be_read_is_refused(run, inbox, signed, monkeypatch):
    really = os.open

    def refuse(path, flags, **how):
        if path == AUTHORITY_FILE:
            raise PermissionError(13, "Permission denied")
        return really(path, flags, **how)

    monkeypatch.setattr(updater.os, "open", refuse)
    deliver(inbox, {AUTHORITY_FILE: signed[AUTHORITY_FILE]})
    (outcome,) = run()
    assert (outcome.installed, outcome.exit_code) == (False, 65)
    assert "Permission denied" in outcome.what
