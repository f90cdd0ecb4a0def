"""`lfr deployment status`, `close`, `hold` and `export`: from the last alert to nothing left."""

import json
import re
from datetime import datetime

import pytest
from pyrage import x25519
from typer.testing import CliRunner

from appliance.__main__ import app
from appliance.account import open_account
from appliance.deployment import closing
from appliance.domain import slip
from appliance.domain.ending import End
from appliance.errors import ApplianceError, InputError, LapsedError
from appliance.watchlist.generation import Label
from provisioning.desk.certificates import Authority
from tests.deployment.conftest import DEPLOYMENT, Van
from tests.oversight.record.facts import opened
from tests.tablets.conftest import NOON
from tests.tablets.signing import NOT_THE_PERSON, OUTCOME, SAME, VERDICT, VIABLE, Pen

CODE = slip.code("alert-1")
FORCE = x25519.Identity.generate()


@pytest.fixture
def van(tmp_path):
    pen = Pen("tablet-7", Authority.create(clock=lambda: NOON).issue_signing("tablet-7"))
    return Van(tmp_path, pen)


@pytest.fixture
def say(van):
    """Give a command to it, as somebody would who stands at the van, at the clock of today."""
    file = van.folder / "van.toml"
    file.write_text(f"""
[tablets]
ledger = "{van.settings.tablets.ledger}"
outbox = "{van.settings.tablets.outbox}"
[oversight]
folder = "{van.settings.oversight.folder}"
recipient = "{FORCE.to_public()}"
[watchlist]
folder = "{van.settings.watchlist.folder}"
keyring = "{van.settings.watchlist.keyring}"
root = "{van.settings.watchlist.root}"
""")
    van.clock.time = van.wall()

    def say(*words, rc=0):
        given = ["deployment", *map(str, words), "--settings", str(file)]
        told = CliRunner().invoke(app, given, env={"COLUMNS": "200"})
        if isinstance(told.exception, ApplianceError):
            raise told.exception
        assert told.exit_code == rc, told.output
        return told.stdout

    return say


@pytest.fixture
def hold_list(van):
    (van.folder / "bundle").write_bytes(b"sealed")
    label = Label(deployment_id=DEPLOYMENT, ends_at=van.wall(), expires_at=van.wall())
    van.store.install({"timestamp.json": b"{}"}, van.folder / "bundle", label)


def test_closing_destroys_the_list_at_once_and_says_which_alerts_have_no_end(van, say, hold_list):
    van.alert("alert-1", VIABLE, SAME)
    van.alert("alert-2", VERDICT)
    said = say("close", rc=75)
    assert f"Closed: {DEPLOYMENT}. Its list cannot be opened any more." in said
    assert "Not closed for good: 1 alerts have no end." in said
    assert re.search(rf"{CODE}  mast-1  .* UTC  lacks an outcome", said)
    assert not van.store.current().inode()
    assert CODE in say("status")
    told = json.loads(say("close", "--json", rc=75))
    assert [one["code"] for one in told["unended"]] == [CODE]
    van.answer("alert-1", OUTCOME)
    assert "every alert has its end" in say("close")
    assert "1 alerts, 1 for the force, closed" in say("status")
    with pytest.raises(LapsedError, match="No deployment is held"):
        say("close")


def test_a_van_that_does_not_let_go_is_named_and_nothing_is_closed_meanwhile(
    van, say, hold_list, monkeypatch
):
    monkeypatch.setattr(closing, "PATIENCE_S", 0.0)
    van.alert("alert-1", VERDICT)
    with open_account(van.settings.oversight.folder, van.settings.van) as account:
        account._say(opened(DEPLOYMENT))
        account._scribe.settle()
        assert f"{DEPLOYMENT}: `lfr run` has not let go of it yet" in say("close", rc=75)
        assert json.loads(say("close", "--json", rc=75))["looking"] == [DEPLOYMENT]
        assert van.held() == ["alert-1"]
    assert "every alert has its end" in say("close")


def test_to_settle_or_to_hold_needs_a_reason_that_the_log_can_hold(van, say):
    van.alert("alert-1", VIABLE, SAME)
    van.end()
    for words in (("close", "--settle", CODE), ("hold", CODE)):
        with pytest.raises(InputError, match="needs a reason"):
            say(*words)
    assert "every alert" in say("close", "--settle", CODE, "--why", "The tablet broke.")
    assert van.fact("settled").alert_id == "alert-1"


def test_a_hold_is_said_with_its_end_and_seen_in_the_status(van, say):
    van.alert("alert-1", VERDICT)
    van.end()
    said = say("hold", CODE, "--why", "A solicitor has asked.", "--hours", "48")
    assert said.startswith("Held until ")
    told = json.loads(say("hold", CODE, "--why", "A court has asked.", "--json"))
    assert datetime.fromisoformat(told["held_until"]) > van.clock()
    say("close")
    assert f"{CODE}  held until" in say("status")
    (kept,) = json.loads(say("status", "--json"))["kept"]
    assert (kept["alerts"], [*kept["held"]]) == (1, [CODE])


def test_what_is_exported_is_said_with_its_hash_and_gone(van, say, tmp_path):
    van.alert("alert-1", VIABLE, SAME, OUTCOME)
    van.alert("alert-2", VIABLE, NOT_THE_PERSON, OUTCOME)
    van.end()
    say("close")
    (sent,) = json.loads(say("export", tmp_path, "--json"))
    assert sent["alerts"] == 1
    assert van.held() == ["alert-2"]
    assert van.fact("export").package == sent["sha256"]
    with pytest.raises(LapsedError):
        say("export", tmp_path)


def unpacked(*words):
    told = CliRunner().invoke(app, ["deployment", "unpack", *map(str, words)])
    if isinstance(told.exception, ApplianceError):
        raise told.exception
    assert told.exit_code == 0, told.output
    return told.stdout


def test_what_was_exported_is_opened_at_the_force_and_shown(van, say, tmp_path):
    van.alert("alert-1", VIABLE, SAME, OUTCOME)
    van.end()
    say("close")
    (sent,) = json.loads(say("export", tmp_path, "--json"))
    (tmp_path / "force.key").write_text(f"{FORCE}\n")
    ways = "--identity", tmp_path / "force.key", "--key", van.settings.oversight.folder / "key.pub"
    said = unpacked(sent["file"], *ways, "--out", tmp_path / "case")
    assert f"{DEPLOYMENT}: 1 alerts, as the van has signed them" in said
    assert sent["sha256"] in said
    assert f"{CODE}  alert alert-1" in said
    assert "same person" in said.replace("_", " ")
    assert {file.name for file in (tmp_path / "case").iterdir()} == {"alerts.json", "export.note"}
    told = json.loads(unpacked(sent["file"], *ways, "--json"))
    assert (told["deployment_id"], told["sha256"]) == (DEPLOYMENT, sent["sha256"])
    assert [one["code"] for one in told["alerts"]] == [CODE]
    with pytest.raises(InputError, match="no key of age"):
        unpacked(sent["file"], "--identity", sent["file"], *ways[2:])


def test_the_timer_closes_what_has_its_ends_and_says_nothing_of_it(van, say):
    van.alert("alert-1", VERDICT)
    van.end(End.BUTTON)
    assert say("close", "--if-ended") == "Nothing is past its end.\n"
    assert json.loads(say("close", "--if-ended", "--json")) == {"destroyed": None}
    assert van.held() == []
    assert van.fact("authority_closed").end is End.BUTTON
