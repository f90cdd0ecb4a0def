"""The register keeps what went out and what was answered, through every kind of bad end."""

import json
import os
import resource
import stat
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from appliance.domain import slip
from appliance.errors import InputError, MachineError
from appliance.tablets.register import LIFE, Register, consult
from tests.tablets.conftest import NOON, make_alert
from tests.tablets.register.conftest import file_in, refusal
from tests.tablets.signing import SAME, VIABLE

DAY_S = LIFE.total_seconds()


def rows(folder):
    return [json.loads(line) for line in file_in(folder).read_bytes().splitlines()]


def test_an_alert_is_written_down_without_a_picture_and_found_by_its_code(folder, register):
    register.note(make_alert())
    entry = consult(folder, slip.code("alert-1"), NOON)
    assert entry == register.entry("alert-1")
    assert (entry.stub.subject, entry.stub.camera, entry.stub.code) == (
        "V-001",
        "mast-1",
        slip.code("alert-1"),
    )
    assert b"crop" not in file_in(folder).read_bytes()
    assert b"list\xfb" not in file_in(folder).read_bytes()
    assert "V-001" not in repr(entry)


def test_it_is_the_van_s_alone(folder, register):
    register.note(make_alert())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(file_in(folder).stat().st_mode) == 0o600


def test_an_alert_stands_there_once_however_often_it_goes_out(folder, register, clock):
    register.note(make_alert())
    register.note(make_alert())
    Register(folder, clock).note(make_alert())
    assert len(rows(folder)) == 1


def test_an_answer_is_kept_word_for_word_and_once(folder, register, clock, decide):
    register.note(make_alert())
    assert register.take(decide())
    assert not register.take(decide())
    again = Register(folder, clock)
    assert not again.take(decide())
    assert again.take(decide(VIABLE, decision_id="d-2"))
    assert again.take(decide(decision_id="d-1", tablet="tablet-8"))
    told = Register(folder, clock).entry("alert-1").answers
    assert [(one.tablet, one.id) for one in told] == [
        ("tablet-7", "d-1"),
        ("tablet-7", "d-2"),
        ("tablet-8", "d-1"),
    ]
    assert json.loads(told[0].event)["data"]["officer"] == "PC 456"


def test_an_answer_to_nothing_that_this_van_sent_is_refused(folder, register, decide):
    with pytest.raises(InputError, match="not sent"):
        register.take(decide())
    assert register.entry("alert-1") is None
    assert not folder.exists()


def test_each_deployment_has_its_file(folder, register, clock, decide):
    register.note(make_alert())
    register.note(make_alert("alert-2", deployment_id="d.4"))
    register.take(decide(alert_id="alert-2"))
    assert sorted(file.name for file in folder.iterdir()) == ["d.4.jsonl", "deployment-3.jsonl"]
    again = Register(folder, clock)
    assert len(again.entry("alert-1").answers) == 0
    assert len(again.entry("alert-2").answers) == 1


@pytest.mark.parametrize("torn", [b"{", b'{"at":"2026-06-01T12:00:00Z"}', b"\0" * 9, b"\xff"])
def test_a_line_that_was_not_written_whole_is_cut_off_before_the_next(
    folder, register, clock, decide, torn
):
    register.note(make_alert())
    register.take(decide())
    whole = file_in(folder).read_bytes()
    file_in(folder).write_bytes(whole + torn)
    again = Register(folder, clock)
    assert consult(folder, slip.code("alert-1"), NOON).answers == again.entry("alert-1").answers
    assert file_in(folder).read_bytes() == whole + torn
    again.take(decide(decision_id="d-2"))
    assert file_in(folder).read_bytes().startswith(whole)
    assert len(rows(folder)) == 3


def test_a_file_with_nothing_but_a_torn_line_begins_anew(folder, register, clock):
    register.note(make_alert())
    file_in(folder).write_bytes(file_in(folder).read_bytes()[:-1])
    again = Register(folder, clock)
    assert again.entry("alert-1") is None
    again.note(make_alert())
    assert len(rows(folder)) == 1


@pytest.mark.parametrize(
    "damage",
    [
        b"not JSON",
        b"{}",
        b'{"at":"2026-06-01T12:00:00Z","said":{"tablet":"tablet-7","event":"{}"}}',
        b'{"at":"2026-06-01T12:00:00Z","alert":{}}',
        b"\xff\xfe",
        b"",
    ],
)
def test_a_damaged_line_takes_no_other_with_it(folder, register, clock, decide, damage):
    register.note(make_alert())
    register.take(decide())
    first, second = file_in(folder).read_bytes().splitlines(keepends=True)
    file_in(folder).write_bytes(first + damage + b"\n" + second)
    assert len(Register(folder, clock).entry("alert-1").answers) == 1


def test_an_answer_whose_alert_cannot_be_read_is_passed_over(folder, register, clock, decide):
    register.note(make_alert())
    register.take(decide())
    file_in(folder).write_bytes(file_in(folder).read_bytes().splitlines(keepends=True)[1])
    assert Register(folder, clock).entry("alert-1") is None


def test_an_answer_that_stands_there_twice_counts_once(folder, register, clock, decide):
    register.note(make_alert())
    register.take(decide(SAME))
    first, second = file_in(folder).read_bytes().splitlines(keepends=True)
    file_in(folder).write_bytes(first + second + second)
    assert len(Register(folder, clock).entry("alert-1").answers) == 1


LINES = st.lists(st.binary(max_size=60) | st.text(max_size=60).map(str.encode), max_size=6)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES, cut=st.integers(0, 2000))
@example(lines=[b"[" * 60_000], cut=0)
@example(lines=[b'{"at":' * 9_000], cut=1)
def test_no_file_whatever_keeps_a_van_from_its_duty(tmp_path, clock, decide, lines, cut):
    folder = tmp_path / "ledger"
    Register(folder, clock).note(make_alert())
    whole = file_in(folder).read_bytes()
    whole = whole[: max(0, len(whole) - cut)]
    file_in(folder).write_bytes(whole + b"\n".join(lines))
    again = Register(folder, clock)
    again.note(make_alert())
    assert again.take(decide())
    assert len(Register(folder, clock).entry("alert-1").answers) == 1
    file_in(folder).unlink()


@contextmanager
def no_room(file):
    """Let no file grow beyond what this one has."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + 10, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_where_the_disk_is_full_nothing_counts_as_kept_and_it_is_tried_again(
    folder, register, clock, decide
):
    register.note(make_alert())
    with no_room(file_in(folder)), pytest.raises(MachineError, match="cannot be written"):
        register.take(decide())
    assert not register.entry("alert-1").answers
    assert register.take(decide())
    assert len(rows(folder)) == 2
    assert len(Register(folder, clock).entry("alert-1").answers) == 1


@pytest.mark.parametrize("make", [lambda f: f.symlink_to("/dev/null"), os.mkfifo, os.mkdir])
def test_what_is_no_file_is_not_written_to(folder, register, make):
    folder.mkdir(parents=True)
    make(file_in(folder))
    with pytest.raises(MachineError, match="cannot be read"):
        register.note(make_alert())


@pytest.mark.parametrize("make", [lambda f: f.symlink_to("/dev/null"), os.mkfifo, os.mkdir])
def test_what_is_no_file_is_not_read_and_kept_waiting_for(folder, clock, make):
    folder.mkdir(parents=True)
    make(file_in(folder))
    with pytest.raises(MachineError, match="cannot be read"):
        Register(folder, clock)
    with pytest.raises(MachineError, match="cannot be read"):
        consult(folder, slip.code("alert-1"), NOON)


def test_a_register_that_is_no_folder_is_said(tmp_path, clock):
    (tmp_path / "ledger").write_bytes(b"")
    with pytest.raises(MachineError, match="cannot be read"):
        Register(tmp_path / "ledger", clock)


def test_an_alert_that_officers_see_is_brought_to_the_disk(register):
    register.note(make_alert())
    register.sync("alert-1")
    register.sync("alert-2")


def test_a_code_is_asked_for_as_it_is_read_from_a_slip(folder, register):
    register.note(make_alert())
    register.note(make_alert("alert-2"))
    typed = slip.code("alert-2").lower().replace("-", " ")
    assert consult(folder, typed, NOON).stub.id == "alert-2"
    with pytest.raises(InputError, match="no code"):
        consult(folder, "nothing", NOON)


def test_where_there_is_no_register_nothing_is_found(folder):
    assert refusal(folder, NOON) == "No alert"
