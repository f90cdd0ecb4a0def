"""A day after its last line a deployment is erased from the register, whatever lies there."""

import os

import pytest

from appliance.domain import slip
from appliance.errors import InputError, MachineError
from appliance.tablets import wire
from appliance.tablets.envelope import parse
from appliance.tablets.register import LIFE, PIECE_BYTES, Register, consult
from tests.tablets.conftest import NOON, make_alert
from tests.tablets.events import as_bytes
from tests.tablets.signing import VERDICT

DAY_S = LIFE.total_seconds()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "deep" / "ledger"


@pytest.fixture
def register(folder, clock):
    return Register(folder, clock)


@pytest.fixture
def decide(say_decision):
    """Make an answer as the link hands it to the register."""

    def make(answer=VERDICT, alert_id="alert-1", decision_id="d-1", tablet="tablet-7"):
        payload = as_bytes(say_decision(alert_id, answer, id=decision_id))
        return parse(wire.DecisionEvent, payload).decision(tablet, payload)

    return make


def file_in(folder, deployment_id="deployment-3"):
    return folder / f"{deployment_id}.jsonl"


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


def refusal(folder, at):
    with pytest.raises(InputError) as refused:
        consult(folder, slip.code("alert-1"), at)
    assert "\n" not in refused.value.advice()
    return "no longer held" if "no longer held" in str(refused.value) else str(refused.value)[:8]


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


def test_what_cannot_be_erased_is_said(folder, register, clock):
    register.note(make_alert())
    file_in(folder).unlink()
    file_in(folder).mkdir()
    clock.turn(DAY_S)
    with pytest.raises(MachineError, match="cannot be erased"):
        register.sweep()
