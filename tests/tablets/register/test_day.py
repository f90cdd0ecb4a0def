"""A day after its last line a deployment is erased from the register, whatever lies there."""

import os

import pytest

from appliance import durable
from appliance.durable import PIECE_BYTES
from appliance.errors import MachineError
from appliance.tablets.register import LIFE, Register
from tests.tablets.conftest import NOON, make_alert
from tests.tablets.register.conftest import file_in, refusal

DAY_S = LIFE.total_seconds()


def test_a_day_after_its_last_line_a_deployment_is_forgotten(folder, register, clock, decide):
    register.note(make_alert())
    clock.turn(3600)
    register.take(decide())
    clock.turn(DAY_S - 1)
    register.sweep()
    assert register.entry("alert-1")
    clock.turn(1)
    assert refusal(folder, clock()) == "no longer held"
    register.sweep()
    assert register.entry("alert-1") is None
    assert refusal(folder, clock()) == "No alert"
    assert list(folder.iterdir()) == []


def test_a_van_that_was_off_forgets_when_it_starts(folder, register, clock):
    register.note(make_alert())
    clock.turn(DAY_S)
    assert Register(folder, clock).entry("alert-1") is None
    assert list(folder.iterdir()) == []


def test_what_is_forgotten_is_overwritten_for_whoever_has_another_name_for_it(
    folder, register, clock
):
    register.note(make_alert())
    with file_in(folder).open("ab") as file:
        file.write(b"V-001" * (PIECE_BYTES // 4))
    os.link(file_in(folder), folder / "second")
    length = file_in(folder).stat().st_size
    clock.turn(DAY_S)
    register.sweep()
    assert (folder / "second").read_bytes() == bytes(length)


def test_a_file_of_which_nothing_can_be_read_goes_a_day_after_it_was_written(folder, clock):
    folder.mkdir(parents=True)
    file_in(folder).write_bytes(b"nothing\n")
    written_s = NOON.timestamp()
    os.utime(file_in(folder), (written_s, written_s))
    clock.turn(DAY_S - 1)
    Register(folder, clock)
    assert file_in(folder).exists()
    clock.turn(1)
    Register(folder, clock)
    assert not file_in(folder).exists()


def test_somebody_else_may_have_removed_what_is_over(folder, register, clock):
    register.note(make_alert())
    file_in(folder).unlink()
    clock.turn(DAY_S)
    register.sweep()
    assert register.entry("alert-1") is None


def test_what_cannot_be_read_or_erased_is_said(folder, register, clock, monkeypatch):
    register.note(make_alert())
    file_in(folder).unlink()
    file_in(folder).mkdir()
    clock.turn(DAY_S)
    with pytest.raises(MachineError, match="cannot be read"):
        register.sweep()
    file_in(folder).rmdir()
    Register(folder, clock).note(make_alert())
    clock.turn(DAY_S)
    monkeypatch.setattr(durable, "erase", refuse)
    with pytest.raises(MachineError, match="cannot be erased"):
        register.sweep()


def refuse(_file):
    raise OSError(30, "Read-only file system")
