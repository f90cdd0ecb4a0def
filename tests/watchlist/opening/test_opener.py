"""The child on its computer: what keeps it from opening anything, and how that is told."""

from __future__ import annotations

import runpy
import sys
from datetime import timedelta
from io import BytesIO
from types import SimpleNamespace

import pytest

from appliance.domain.ending import End, EndedError
from appliance.errors import InputError, LapsedError, MachineError, SettingsError, TrustError
from appliance.watchlist import locked, opener
from appliance.watchlist.asking import Answer, Refusal
from appliance.watchlist.refusals import EncoderError
from tests.watchlist.repository import MOMENT


def test_a_clock_that_was_set_back_opens_nothing(van, ask):
    van.send()
    van.store.raise_floor(MOMENT + timedelta(hours=1))
    with pytest.raises(TrustError, match="set back"):
        ask()


@pytest.mark.parametrize("spoil", [lambda f: f.unlink(), lambda f: f.write_bytes(b"x" * 10**5)])
def test_a_root_that_cannot_be_read_is_a_matter_of_settings(van, ask, spoil):
    van.send()
    spoil(van.root)
    with pytest.raises(SettingsError, match=r"watchlist\.root"):
        ask()


def test_a_list_that_does_not_fit_into_the_memory_is_told(van, ask, monkeypatch):
    van.send()
    monkeypatch.setattr(locked, "free_mb", lambda: 0.001)
    with pytest.raises(MachineError, match="free memory"):
        ask()


def test_an_error_of_a_library_is_told_without_its_words(van, ask, monkeypatch):
    van.send()

    def fail(_):
        raise RuntimeError("Jane Roe")

    monkeypatch.setattr(opener, "view", fail)
    with pytest.raises(MachineError, match=r"RuntimeError at appliance\.watchlist") as told:
        ask()
    assert "Roe" not in told.value.advice()


def test_every_family_comes_over_as_itself():
    errors = [
        family("What.", mend="Do.")
        for family in (SettingsError, MachineError, TrustError, LapsedError, InputError)
    ]
    for error in errors:
        got = Refusal.of(error).error()
        assert (type(got), got.advice()) == (type(error), "What. Do.")
    assert type(Refusal.of(EncoderError("What.", mend="Do.")).error()) is TrustError
    assert Refusal.of(EndedError(End.BUTTON)).error().end is End.BUTTON


@pytest.mark.parametrize("cpus", [(), (0,)])
def test_the_child_hardens_itself_before_it_reads_anything(van, request_of, monkeypatch, cpus):
    van.send()
    done = []
    request = request_of(cpus=cpus)
    line = request.model_dump_json().encode() + b"\n"
    told = BytesIO()
    monkeypatch.setattr(locked, "harden", lambda parent: done.append(("harden", parent)))
    monkeypatch.setattr(opener.os, "nice", lambda by: done.append(("nice", by)))
    monkeypatch.setattr(opener.os, "sched_setaffinity", lambda *to: done.append(("cpus", *to)))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=BytesIO(line)))
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=told))
    monkeypatch.delitem(sys.modules, "appliance.watchlist.opener")
    runpy.run_module("appliance.watchlist.opener", run_name="__main__")
    assert done == [("harden", 1), *([("cpus", 0, cpus)] if cpus else []), ("nice", 10)]
    assert Answer.model_validate_json(told.getvalue()).found.opened
