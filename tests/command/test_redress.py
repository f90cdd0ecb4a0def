"""`lfr redress` finds exactly the alert of a slip, and says in one line where it does not."""

import json
import re
from datetime import datetime, timedelta, timezone

import pytest
from typer.testing import CliRunner

from appliance.__main__ import app
from appliance.domain import slip
from appliance.errors import ApplianceError, InputError, MachineError
from appliance.oversight import entries, keys
from appliance.oversight.proof import Proof
from appliance.tablets import wire
from appliance.tablets.envelope import parse
from appliance.tablets.register import LIFE, Register
from provisioning.desk.certificates import Authority
from tests.tablets.conftest import make_alert
from tests.tablets.events import as_bytes
from tests.tablets.signing import LOST, OUTCOME, SAME, VIABLE, Pen, undo

STOP = {**OUTCOME, "minutes": 15, "force_used": True}


@pytest.fixture
def pen():
    return Pen("tablet-7", Authority.create().issue_signing("tablet-7"))


@pytest.fixture
def ledger(tmp_path):
    return tmp_path / "ledger"


@pytest.fixture
def register(ledger):
    register = Register(ledger, lambda: datetime.now(timezone.utc))
    for number in (1, 2, 3):
        register.note(make_alert(f"alert-{number}"))
    return register


@pytest.fixture
def answer(register, pen):
    def take(message):
        payload = as_bytes(message)
        register.take(parse(wire.DecisionEvent, payload).decision("tablet-7", payload))

    return take


@pytest.fixture
def ask(tmp_path, ledger):
    settings = tmp_path / "van.toml"
    settings.write_text(
        f'[tablets]\nledger = "{ledger}"\n[oversight]\nfolder = "{tmp_path / "audit"}"\n'
    )

    def ask(code, *options, why="Somebody has asked."):
        given = ["redress", code, "--why", why, "--settings", str(settings), *options]
        told = CliRunner().invoke(app, given)
        if isinstance(told.exception, ApplianceError):
            raise told.exception
        assert told.exit_code == 0, told.output
        return told.stdout

    return ask


def test_a_code_finds_its_alert_and_no_other_however_it_is_typed(register, ask):
    code = slip.code("alert-2")
    for typed in (code, code.lower(), code.replace("-", ""), code.replace("0", "o")):
        told = json.loads(ask(typed, "--json"))
        assert (told["alert_id"], told["code"]) == ("alert-2", code)
    assert "alert-2" in ask(code)
    assert "answers   none" in ask(code)


def test_it_tells_why_the_alert_was_raised_and_what_each_officer_said(ask, answer, pen):
    answer(pen.decide(VIABLE, id="d-1"))
    answer(pen.decide(SAME, id="d-2", at_s=30))
    answer(pen.decide(STOP, id="d-3", at_s=45))
    answer(pen.decide(undo("d-3"), id="d-4", at_s=50))
    assert ask(slip.code("alert-1")).splitlines()[1:] == [
        "seen      2026-06-01 12:00:00 UTC by mast-1, deployment-3",
        "listed    V-001 on list-7: volunteer",
        "likeness  likely, threshold 0.506, sha256-0",
        "answer    2026-06-01 12:00:00 UTC tablet-7, PC 456: verdict viable",
        "answer    2026-06-01 12:00:30 UTC tablet-7, PC 456: engagement same_person",
        (
            "answer    2026-06-01 12:00:45 UTC tablet-7, PC 456: disposal no_action, minutes 15,"
            " force used yes, leaflet given yes"
        ),
        "answer    2026-06-01 12:00:50 UTC tablet-7, PC 456: undoes d-3",
    ]


def test_a_program_gets_the_signed_word_too(ask, answer, pen):
    message = pen.decide(LOST, id="d-1")
    answer(message)
    told = json.loads(ask(slip.code("alert-1"), "--json"))
    assert told.pop("answers") == [
        {
            "id": "d-1",
            "tablet": "tablet-7",
            "officer": "PC 456",
            "decided_at": "2026-06-01T12:00:00+00:00",
            "stage": "engagement",
            "engagement": "lost",
            "event": as_bytes(message).decode(),
        }
    ]
    assert told == {
        "code": slip.code("alert-1"),
        "alert_id": "alert-1",
        "camera": "mast-1",
        "taken_at": "2026-06-01T12:00:00+00:00",
        "expires_at": "2026-06-01T12:01:00+00:00",
        "deployment_id": "deployment-3",
        "watchlist_id": "list-7",
        "model_id": "sha256-0",
        "subject": "V-001",
        "ground": "volunteer",
        "band": "likely",
        "threshold": 0.506,
    }


def test_no_officer_s_name_commands_the_terminal(ask, answer, pen):
    message = pen.decide(VIABLE)
    message["data"]["officer"] = "[red]PC\u00ad 456"
    del message["signature"]
    answer(pen.sign(message))
    assert "[red]PC? 456" in ask(slip.code("alert-1"))


def one_line(ask, code):
    with pytest.raises(InputError) as refused:
        ask(code)
    advice = refused.value.advice()
    assert "\n" not in advice
    assert refused.value.exit_code == 65
    return advice


def test_a_slip_of_the_pen_is_called_that(register, ask):
    code = slip.code("alert-2")
    wrong = code[:-1] + ("A" if code[-1] != "A" else "B")
    assert "slip of the pen" in one_line(ask, wrong)
    assert "no code" in one_line(ask, "alert-2")


def test_a_code_that_nobody_gave_out_is_not_held(register, ask):
    assert "No alert with this code is held" in one_line(ask, slip.code("alert-9"))


def test_where_there_is_no_register_nothing_is_held(ask):
    assert "No alert with this code is held" in one_line(ask, slip.code("alert-1"))


def test_an_alert_whose_day_is_over_is_no_longer_held_though_nobody_has_swept(ledger, ask):
    yesterday = datetime.now(timezone.utc) - LIFE - timedelta(seconds=1)
    Register(ledger, lambda: yesterday).note(make_alert())
    assert "no longer held" in one_line(ask, slip.code("alert-1"))
    assert list(ledger.iterdir()), "asking changes nothing"


def test_a_register_that_may_not_be_read_is_said_in_one_line(tmp_path, ask, ledger):
    ledger.write_bytes(b"")
    with pytest.raises(MachineError, match="cannot be read") as refused:
        ask(slip.code("alert-1"))
    assert re.fullmatch(r".+", refused.value.advice())


def test_who_was_told_of_which_alert_stands_in_the_log_and_nobody_is_named(register, ask, tmp_path):
    ask(slip.code("alert-2"), why="The person has asked at the counter.")
    proof = Proof(tmp_path / "audit" / "log", keys.public(tmp_path / "audit"))
    (told,) = map(entries.read, proof.entries())
    assert told.fact == entries.Disclosed(alert_id="alert-2")
    assert told.why == "The person has asked at the counter."
    assert told.who.startswith("user/")


def test_what_cannot_be_written_down_is_not_told(register, ask, tmp_path):
    (tmp_path / "audit").touch()
    with pytest.raises(MachineError, match="cannot be left"):
        ask(slip.code("alert-2"))


@pytest.mark.parametrize("why", ["", "two\nlines", "na\u00efve", "x" * 201])
def test_a_reason_is_one_that_the_log_can_hold(register, ask, why):
    with pytest.raises(InputError, match="A reason for the log"):
        ask(slip.code("alert-2"), why=why)


def test_without_a_reason_nobody_looks_anything_up(register, tmp_path):
    told = CliRunner().invoke(app, ["redress", slip.code("alert-2")])
    assert told.exit_code == 2
    assert "--why" in told.output
