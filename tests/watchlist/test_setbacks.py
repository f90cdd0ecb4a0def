"""Networks break off, disks fill and lose bits: what was held stays, the next update mends."""

from __future__ import annotations

import os

import pytest

from appliance.errors import InputError, MachineError
from appliance.watchlist import updater
from appliance.watchlist.refusals import SpaceError, UnreachableError
from tests.watchlist.fleet import renew

# -- Broken off


def test_a_download_that_broke_off_is_taken_up_again(van, served, repository):
    bundle = bytes(range(256)) * 1000
    renew(repository, bundle)
    served.tricks["watchlist.age"] = lambda h: h.answer(200, bundle[:100_000], length=len(bundle))
    with pytest.raises(UnreachableError):
        van.update(served.url)
    assert van.held() is None
    assert [f.stat().st_size for f in van.store.incoming.iterdir()] == [100_000]
    repository.beat()
    with pytest.raises(UnreachableError):
        van.update(served.url)
    served.tricks.clear()
    served.asked.clear()
    van.update(served.url)
    assert [range_ for path, range_ in served.asked if "age" in path] == ["bytes=100000-"]
    assert van.held() == "list-2"
    assert not list(van.store.incoming.iterdir())
    assert van.sweep() is None
    assert van.destroyed == []


def test_a_beginning_that_the_disk_has_spoilt_is_fetched_again(van, served, repository):
    bundle = bytes(range(256)) * 1000
    renew(repository, bundle)
    served.tricks["watchlist.age"] = lambda h: h.answer(200, bundle[:100_000], length=len(bundle))
    with pytest.raises(UnreachableError):
        van.update(served.url)
    (begun,) = van.store.incoming.iterdir()
    begun.write_bytes(bytes(100_000))
    served.tricks.clear()
    van.update(served.url)
    assert van.held() == "list-2"


def test_the_part_of_a_list_that_nobody_wants_any_more_goes(van, served, repository):
    van.store.incoming.mkdir()
    (van.store.incoming / "old.part").write_bytes(b"half")
    van.update(served.url)
    assert not list(van.store.incoming.iterdir())


def test_a_disk_that_is_full_in_the_middle_keeps_what_was_held(
    van, served, repository, monkeypatch
):
    van.update(served.url)
    renew(repository)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(SpaceError) as refused:
        van.update(served.url)
    assert refused.value.mend
    assert van.held() == "list-1"
    assert not list(van.store.incoming.iterdir())


def test_a_disk_that_is_too_small_is_said_before_anything_is_fetched(
    van, served, repository, monkeypatch
):
    free = type("Usage", (), {"free": 1_000_000})
    monkeypatch.setattr(updater.shutil, "disk_usage", lambda _: free)
    with pytest.raises(SpaceError, match="lacks 16 MB"):
        van.update(served.url)
    assert not [path for path, _ in served.asked if "watchlist" in path]


def test_a_disk_that_refuses_keeps_what_was_held(van, served, repository, monkeypatch):
    van.update(served.url)
    before = van.left()
    renew(repository)

    def refuse(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(MachineError, match="Input/output error"):
        van.update(served.url)
    monkeypatch.undo()
    assert van.left() == before
    van.update(served.url)
    assert van.held() == "list-2"


# -- What is held, damaged


def test_a_bundle_that_the_disk_has_spoilt_is_fetched_again(van, served, repository):
    van.update(served.url)
    van.store.current().bundle.write_bytes(b"spoilt")
    repository.beat()
    van.update(served.url)
    assert van.held() == "list-1"


def test_a_generation_that_the_disk_has_spoilt_is_mended(van, served):
    van.update(served.url)
    folder = van.store.current().folder
    (folder / "targets.json").write_bytes(b"{")
    (folder / "label.json").write_bytes(b"{")
    assert van.held() is None
    assert van.update(served.url).installed
    assert van.held() == "list-1"


def test_what_cannot_be_read_guards_no_more_but_the_one_before_does(van, served, repository):
    van.update(served.url)
    renew(repository)
    van.update(served.url)
    (van.store.current().folder / "targets.json").unlink()
    (van.store.current().folder / "targets.json").mkdir()
    with pytest.raises(InputError):
        van.store.current().files()
    van.update(served.url)
    assert van.held() == "list-2"
