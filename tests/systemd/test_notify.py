"""systemd is told how it goes, over its own socket; without one, nothing happens."""

import os
import socket

import pytest

from appliance import notify


@pytest.fixture(params=["file", "abstract"])
def systemd(request, tmp_path, monkeypatch):
    """Listen as systemd does, on a file or on a name of Linux's own."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        name = f"lfr-notify-{os.getpid()}"
        link.bind(str(tmp_path / "s") if request.param == "file" else f"\0{name}")
        address = str(tmp_path / "s") if request.param == "file" else f"@{name}"
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        link.settimeout(10)
        yield link


def test_each_word_arrives_as_systemd_knows_it(systemd):
    for tell, said in (
        (notify.ready, b"READY=1"),
        (notify.alive, b"WATCHDOG=1"),
        (notify.stopping, b"STOPPING=1"),
    ):
        tell()
        assert systemd.recv(100) == said


def test_a_status_cannot_smuggle_another_word(systemd):
    notify.status("25 fps\nWATCHDOG_USEC=1")
    assert systemd.recv(100) == b"STATUS=25 fps WATCHDOG_USEC=1"


@pytest.mark.parametrize("address", [None, "", "/nowhere/at/all", "@nobody-listens", "relative"])
def test_without_systemd_nothing_happens(monkeypatch, tmp_path, address):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    if address is not None:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify.ready()


def test_a_systemd_that_does_not_read_cannot_stop_a_frame(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(str(tmp_path / "s"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "s"))
        for _ in range(5_000):
            notify.alive()
