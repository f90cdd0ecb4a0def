"""An update brings the newest list, or keeps what was held; to withdraw, it waits for nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import pytest

from appliance.domain.ending import End
from appliance.errors import SettingsError
from appliance.watchlist.refusals import (
    BusyError,
    EncoderError,
    MismatchError,
    MissingError,
    PairError,
)
from tests.watchlist.fleet import renew
from tests.watchlist.repository import MOMENT

# -- In good order


def test_a_list_comes_from_a_server(van, served):
    outcome = van.update(served.url)
    assert outcome.installed
    assert "d-1, 2 subjects, to 2026-05-04 16:00 UTC" in outcome.what
    assert "valid until 2026-05-05 10:00 UTC" in outcome.what
    assert van.held() == "list-1"


def test_a_list_comes_from_a_stick(van, repository, tmp_path):
    assert van.update(repository.publish(tmp_path / "stick")).installed
    assert van.held() == "list-1"


def test_nothing_newer_is_nothing_to_do(van, served):
    van.update(served.url)
    before = van.left()
    served.asked.clear()
    outcome = van.update(served.url)
    assert (outcome.installed, outcome.exit_code) == (False, 0)
    assert outcome.what.startswith("Nothing is newer")
    assert len(served.asked) == 2
    assert van.left() == before


def test_that_it_is_still_the_newest_is_worth_a_generation_but_no_download(van, served, repository):
    van.update(served.url)
    inode = van.store.current().inode()
    repository.now += timedelta(hours=1)
    repository.beat()
    served.asked.clear()
    assert van.update(served.url).installed
    assert not [path for path, _ in served.asked if "watchlist" in path]
    assert van.store.current().inode() == inode
    assert len(van.store.generations()) == 1
    assert van.trusted(van.store.current()).valid_until == MOMENT + timedelta(hours=24)


def test_a_newer_list_replaces_the_older_which_stays_in_reserve(van, served, repository):
    van.update(served.url)
    renew(repository)
    van.update(served.url)
    assert van.held() == "list-2"
    assert [g.name for g in van.store.generations()] == ["000004", "000002"]
    van.store.current().bundle.unlink()
    assert van.held() == "list-1"


def test_two_bundles_are_kept_and_the_key_of_the_third_is_to_be_destroyed(van, served, repository):
    van.update(served.url)
    renew(repository)
    van.update(served.url)
    repository.put_list(b"a third", watchlist_id="list-3", key_id="a" * 16)
    repository.put_authority(watchlist_id="list-3")
    repository.release()
    van.update(served.url)
    assert [van.held(), len(van.store.generations())] == ["list-3", 2]
    assert van.sweep() is None
    assert van.destroyed == ["0123456789abcdef"]


def test_nobody_is_named(van, served):
    outcome = van.update(served.url)
    assert "Superintendent" not in repr(outcome)
    assert "list-1" not in repr(outcome)


@pytest.mark.parametrize("umask", [0o077, 0o007])
def test_files_are_for_owner_and_group_whatever_the_umask(van, served, umask):
    before = os.umask(umask)
    try:
        van.update(served.url)
    finally:
        os.umask(before)
    modes = {f.stat().st_mode & 0o777 for f in van.folder.rglob("*") if f.name != "lock"}
    assert modes == {0o660, 0o770}


# -- What is taken back


def test_what_is_taken_back_comes_without_a_new_list(van, served, repository):
    van.update(served.url)
    repository.withdraw(b"x" * 32)
    repository.release_withdrawals()
    served.asked.clear()
    assert van.update(served.url).installed
    assert van.withdrawn() == (b"x" * 32,)
    assert van.held() == "list-1"
    assert not [path for path, _ in served.asked if "van-1" in path]


@pytest.mark.parametrize("trouble", ["gone", "another encoder", "another authority", "flipped"])
def test_what_is_taken_back_does_not_wait_for_a_list(van, served, repository, trouble):
    van.update(served.url)
    repository.withdraw(b"x" * 32)
    if trouble == "another encoder":
        renew(repository, model_id="another")
        expected = EncoderError
    elif trouble == "another authority":
        repository.put_authority(watchlist_id="list-9")
        repository.release()
        expected = PairError
    else:
        renew(repository)
        answer = (404, b"") if trouble == "gone" else (200, b"Sealed anew")
        served.tricks["watchlist.age"] = lambda handler: handler.answer(*answer)
        expected = MissingError if trouble == "gone" else MismatchError
    for _ in range(2):
        with pytest.raises(expected):
            van.update(served.url)
        assert van.withdrawn() == (b"x" * 32,)
        assert van.held() == "list-1"
    assert not list(van.store.incoming.glob("*"))


def test_a_revoked_deployment_is_not_fetched(van, served, repository):
    repository.revoke()
    repository.release_withdrawals()
    outcome = van.update(served.url)
    assert "Nothing is in force" in outcome.what
    assert "has ended (revoked)" in outcome.what
    assert "subjects" not in outcome.what
    assert van.held() is None
    assert not [path for path, _ in served.asked if "watchlist" in path]


def test_a_closed_deployment_is_not_fetched_again(van, served):
    van.update(served.url)
    van.finish(End.BUTTON)
    served.asked.clear()
    outcome = van.update(served.url)
    assert not outcome.installed
    assert "has ended (button)" in outcome.what
    assert not [path for path, _ in served.asked if "watchlist" in path]
    assert van.held() is None


# -- One at a time


def test_two_updates_at_once_are_one_and_a_word(van, served):
    code = (
        "import fcntl, os, sys; h = os.open(sys.argv[1], os.O_RDONLY);"
        "fcntl.flock(h, fcntl.LOCK_EX); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(van.folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as other:  # fmt: skip
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(BusyError) as busy:
            van.update(served.url)
        other.communicate()
    assert busy.value.exit_code == 75
    assert van.left() == set()
    assert van.update(served.url).installed


@pytest.mark.parametrize("wrong", ["missing", "a file"])
def test_a_folder_that_is_none_is_a_fault_of_the_settings(van, served, wrong):
    van.folder.rmdir()
    if wrong == "a file":
        van.folder.touch()
    with pytest.raises(SettingsError, match=r"watchlist\.folder"):
        van.update(served.url)
