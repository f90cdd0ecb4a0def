"""What is kept of an alert after the close, for how long, and how it comes to the force."""

import io
import json
import tarfile
from datetime import timedelta
from hashlib import sha256

import pyrage
import pytest
from pyrage import x25519

from appliance.deployment.closing import close_ended
from appliance.deployment.export import export
from appliance.domain import slip
from appliance.domain.ending import End
from appliance.errors import InputError, LapsedError, SettingsError
from appliance.oversight import entries, keys
from appliance.oversight.note import Note
from appliance.tablets.register import consult
from tests.deployment.conftest import DEPLOYMENT
from tests.tablets.signing import LOST, OUTCOME, SAME, VERDICT, VIABLE

DAY = timedelta(hours=24)


@pytest.fixture
def identity():
    return x25519.Identity.generate()


@pytest.fixture
def knowing(van, identity):
    """The van knows to whom it encrypts."""
    part = van.settings.oversight.model_copy(update={"recipient": str(identity.to_public())})
    return van.settings.model_copy(update={"oversight": part})


def sweep(van):
    van.retention.sweep({DEPLOYMENT: End.COMMAND})


def test_a_hold_keeps_an_alert_beyond_the_close_and_ends_by_itself(van):
    van.alert("alert-1", VERDICT)
    until = van.retention.hold(slip.code("alert-1"), "A solicitor has asked.")
    assert until == van.clock() + DAY
    van.close()
    assert van.held() == ["alert-1"]
    held = next(one for one in van.said() if one.fact.what == "hold")
    assert held.why == "A solicitor has asked."
    van.clock.time = until - timedelta(seconds=1)
    sweep(van)
    assert consult(van.folder / "ledger", slip.code("alert-1"), van.clock()).stub.id == "alert-1"
    van.clock.turn(1)
    sweep(van)
    assert van.held() == []
    assert van.fact("erasure") == entries.Forgotten(of="alerts", count=1)


def test_a_hold_for_days_outlives_the_day_of_its_deployment_and_nothing_else_does(van):
    van.alert("alert-1", VIABLE, LOST)
    van.alert("alert-2", VIABLE, LOST)
    van.close()
    van.retention.hold(slip.code("alert-1"), "A court has asked.", timedelta(days=3))
    van.clock.turn(25 * 3600)
    sweep(van)
    van.register.sweep()
    assert van.held() == ["alert-1"]
    assert van.register.entry("alert-1")
    van.clock.turn(48 * 3600)
    van.register.sweep()
    assert van.held() == []


def test_what_nobody_holds_cannot_be_held(van):
    with pytest.raises(InputError, match="No alert with this code"):
        van.retention.hold(slip.code("alert-1"), "Why")


def test_a_day_after_the_last_word_it_is_closed_whatever_is_lacking_and_nothing_is_left(van):
    van.alert("alert-1", VIABLE, SAME)
    van.end()
    van.clock.turn(DAY.total_seconds() - 600)
    sweep(van)
    assert van.kinds() == []
    van.clock.turn(500)
    close_ended(van.settings, van.clock())
    assert van.held() == []
    assert van.kinds() == [
        "settled", "authority_closed", "concluded", "deployment_closed", "erasure",
    ]  # fmt: skip
    assert van.said()[0].why == "Nobody has said more within its day."


def test_a_van_whose_log_takes_no_word_erases_all_the_same_when_the_day_is_over(van):
    van.alert("alert-1", VERDICT)
    van.end()
    van.clock.turn(DAY.total_seconds())
    (van.folder / "audit").touch()
    with pytest.raises(Exception, match="log"):
        close_ended(van.settings, van.clock())
    assert van.held() == []


def test_of_a_deployment_that_goes_on_what_is_over_is_erased_and_said(van):
    van.alert("alert-1", VERDICT)
    van.clock.turn(DAY.total_seconds())
    van.retention.sweep({})
    assert van.held() == []
    assert van.kinds() == ["erasure"]


def test_true_alerts_come_to_the_force_signed_and_encrypted_and_are_erased_here(
    van, knowing, identity, tmp_path
):
    van.alert("true", VIABLE, SAME, OUTCOME)
    van.alert("false", VERDICT)
    van.close()
    van.kinds()  # the log's key is made
    (sent,) = export(knowing, tmp_path, van.clock)
    sealed = sent.file.read_bytes()
    assert (sent.alerts, sent.sha256) == (1, sha256(sealed).hexdigest())
    with tarfile.open(fileobj=io.BytesIO(pyrage.decrypt(sealed, [identity]))) as tar:
        note, alerts = (tar.extractfile(name).read() for name in ("export.note", "alerts.json"))
    signed = Note.read(note)
    signed.require(keys.public(van.settings.oversight.folder))
    assert f"alerts.json sha256 {sha256(alerts).hexdigest()}\n" in signed.text
    (told,) = json.loads(alerts)
    assert (told["id"], told["code"], told["subject"]) == ("true", slip.code("true"), "V-001")
    assert [json.loads(answer)["data"]["answer"]["stage"] for answer in told["answers"]] == [
        "verdict", "engagement", "outcome",
    ]  # fmt: skip
    assert van.held() == []
    assert van.fact("export") == entries.Exported(alerts=1, package=sent.sha256)
    assert [one.count for one in (e.fact for e in van.said()) if one.what == "erasure"] == [1, 1]


def test_a_held_alert_is_exported_and_stays(van, knowing, tmp_path):
    van.alert("true", VIABLE, SAME, OUTCOME)
    van.close()
    van.kinds()
    van.retention.hold(slip.code("true"), "A solicitor has asked.")
    assert export(knowing, tmp_path, van.clock)[0].alerts == 1
    assert van.held() == ["true"]


def test_what_cannot_be_exported_is_said_and_stays(van, knowing, tmp_path):
    van.alert("true", VIABLE, SAME)
    with pytest.raises(SettingsError, match="nobody to encrypt"):
        export(van.settings, tmp_path, van.clock)
    with pytest.raises(LapsedError, match="not closed yet"):
        export(knowing, tmp_path, van.clock)
    van.answer("true", OUTCOME)
    van.close()
    van.kinds()
    with pytest.raises(InputError, match="cannot be written"):
        export(knowing, tmp_path / "nowhere", van.clock)
    assert van.held() == ["true"]
    export(knowing, tmp_path, van.clock)
    with pytest.raises(LapsedError, match="no true alert"):
        export(knowing, tmp_path, van.clock)
