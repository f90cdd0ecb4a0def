"""A stick may hold anything: what is no ordinary file at its place is not read."""

from __future__ import annotations

import os
import socket
from functools import partial

import pytest

from appliance.errors import InputError
from appliance.watchlist import disk
from appliance.watchlist.refusals import UnreachableError
from appliance.watchlist.supply import open_supply
from tests.watchlist.places import LENGTH, PLACE, get


def swap(trap):
    """Put a trap where the file lay."""

    def lay(stick):
        (stick / PLACE).unlink()
        trap(stick / PLACE)

    return lay


def listen(place):
    with socket.socket(socket.AF_UNIX) as ear:
        ear.bind(str(place))


TRAPS = {
    "a link": swap(lambda place: place.symlink_to("/etc/hostname")),
    "a link to nothing": swap(lambda place: place.symlink_to("/nowhere")),
    "a folder": swap(lambda place: place.mkdir()),
    "a pipe": swap(os.mkfifo),
    "a socket": swap(listen),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_what_is_no_ordinary_file_is_refused(stick, land, trap, monkeypatch):
    monkeypatch.chdir(stick.parent)
    TRAPS[trap](stick)
    for ask in (lambda: get(str(stick)), lambda: land(str(stick))):
        with pytest.raises(InputError, match="no ordinary file"):
            ask()


@pytest.mark.parametrize("folder", ["targets", "targets/vans", "targets/vans/van-1"])
def test_a_folder_that_is_a_link_is_refused(stick, tmp_path, folder):
    (stick / folder).rename(tmp_path / "elsewhere")
    (stick / folder).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="cannot be opened"):
        get(str(stick))


@pytest.mark.parametrize("change", ["grows", "is written anew"])
def test_a_file_that_changes_while_it_is_read_is_refused(stick, land, monkeypatch, change):
    look, looks = os.fstat, []

    def meanwhile(handle):
        found = look(handle)
        looks.append(found)
        if len(looks) == 1 and change == "grows":
            os.truncate(stick / PLACE, LENGTH + 1)
        elif len(looks) == 1:
            os.utime(stick / PLACE, ns=(0, 0))
        return found

    monkeypatch.setattr(disk.os, "fstat", meanwhile)
    with pytest.raises(InputError, match="changes while it is read"):
        get(str(stick))


def test_a_stick_that_is_not_there_is_not_reached(tmp_path):
    with pytest.raises(UnreachableError, match="folder") as refused:
        get(str(tmp_path / "none"))
    assert "stick" in refused.value.mend


@pytest.mark.parametrize("call", ["pread", "fdopen", "open"])
def test_a_stick_that_fails_is_said(stick, land, monkeypatch, call):
    really = getattr(disk.os, call)

    def broken(name, *rest, **how):
        if call == "open" and name != "long.age":
            return really(name, *rest, **how)
        raise OSError(5, "Input/output error")

    with open_supply(str(stick)) as supply:
        monkeypatch.setattr(disk.os, call, broken)
        ask = partial(supply.fetch, PLACE, LENGTH)
        if call == "pread":
            ask = partial(supply.download, PLACE, LENGTH, stick / "part", lambda *_: None)
        with pytest.raises(InputError, match="Input/output error"):
            ask()
