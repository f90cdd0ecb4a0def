"""The van writes answers while somebody holds, settles and erases: neither loses a word."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.errors import InputError, MachineError
from appliance.tablets.ledger import Ledger
from appliance.tablets.register import Register
from tests.tablets.conftest import NOON, make_alert
from tests.tablets.events import as_bytes
from tests.tablets.signing import VIABLE

ROOT = Path(__file__).parents[3]
ALERTS, ANSWERS = 10, 120


@pytest.fixture
def hand(folder, register):
    """Another process that has the same register, from when there were only alerts."""
    for number in range(ALERTS):
        register.note(make_alert(f"alert-{number}"))
    command = [sys.executable, "-m", "tests.tablets.register.hand", str(folder)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        yield process
        process.stdin.close()


def test_two_processes_write_into_one_register_and_each_knows_the_other_s_words(
    folder, register, hand, clock, say_decision
):
    for number in range(ANSWERS):
        answer = say_decision(f"alert-{number % ALERTS}", VIABLE, id=f"d-{number}")
        hand.stdin.write(as_bytes(answer) + b"\n")
    hand.stdin.flush()
    held = [f"alert-{number}" for number in range(ALERTS)]
    for round_ in range(5):
        for alert_id in held:
            register.hold(alert_id, NOON + timedelta(hours=round_ + 1))
            register.settle(alert_id)
    heard = [hand.stdout.readline() for _ in range(ANSWERS)]
    assert all(heard)
    told = Register(folder, clock)
    assert {one.id for alert_id in held for one in told.entry(alert_id).answers} == {
        f"d-{number}" for number in range(ANSWERS)
    }
    book = told.book("deployment-3")
    assert book.settled == {*held}
    assert {*book.holds.values()} == {NOON + timedelta(hours=5)}
    assert (folder / "deployment-3.jsonl").read_bytes().count(b"\n") == ALERTS * 11 + ANSWERS
    register.sweep()
    assert register.counts("deployment-3") == told.counts("deployment-3")


def test_what_one_has_erased_the_other_neither_answers_nor_brings_back(
    folder, register, clock, decide
):
    register.note(make_alert())
    register.note(make_alert("alert-2"))
    Register(folder, clock).keep("deployment-3", {"alert-2"})
    with pytest.raises(InputError, match="not sent"):
        register.take(decide())
    with pytest.raises(InputError, match="not sent"):
        register.hold("alert-1", NOON)
    assert register.take(decide(alert_id="alert-2"))
    Register(folder, clock).keep("deployment-3", ())
    register.sync("alert-2")
    assert list(folder.iterdir()) == []


def test_what_a_loss_of_power_has_left_of_another_content_goes_with_the_file(
    folder, register, clock
):
    register.note(make_alert())
    (folder / ".deployment-3.jsonl.new").write_bytes(b"V-001")
    Register(folder, clock).keep("deployment-3", ())
    assert list(folder.iterdir()) == []


def test_what_another_has_erased_is_neither_held_nor_settled(folder, register, clock):
    register.note(make_alert())
    register.note(make_alert("alert-2"))
    Register(folder, clock).keep("deployment-3", {"alert-2"})
    with pytest.raises(InputError, match="not sent"):
        register.hold("alert-1", NOON)


def test_counts_are_counted_once_until_something_changes(register):
    register.note(make_alert())
    assert register.counts("deployment-3") is register.counts("deployment-3")


def test_a_ledger_that_is_no_folder_is_said_and_one_without_the_file_is_empty(tmp_path):
    assert Ledger(tmp_path).read("deployment-3").entries == {}
    (tmp_path / "file").touch()
    with pytest.raises(MachineError, match="cannot be read"):
        Ledger(tmp_path / "file").stamp("deployment-3")
