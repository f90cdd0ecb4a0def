"""True alerts come to the force, signed and encrypted, and the log names no package but these."""

import io
import json
import tarfile
from datetime import timedelta
from hashlib import sha256

import pyrage
import pytest
from pyrage import x25519

from appliance.deployment import outgoing
from appliance.deployment.closing import close_ended
from appliance.deployment.export import export
from appliance.domain import slip
from appliance.errors import InputError, LapsedError, MachineError, SettingsError
from appliance.oversight import entries, keys
from appliance.oversight.note import Note
from tests.deployment.conftest import DEPLOYMENT, Van
from tests.deployment.dying import crash
from tests.tablets.signing import OUTCOME, SAME, VERDICT, VIABLE

DAY = timedelta(hours=24)


@pytest.fixture
def identity():
    return x25519.Identity.generate()


@pytest.fixture
def knowing(van, identity):
    """The van knows to whom it encrypts."""
    return to(van, identity)


def to(van, identity):
    part = van.settings.oversight.model_copy(update={"recipient": str(identity.to_public())})
    return van.settings.model_copy(update={"oversight": part})


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
    assert van.fact("export") == entries.Exported(
        alerts=1, package=sent.sha256, deployment_id=DEPLOYMENT
    )
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


def closed(van):
    """Have one true alert, of a deployment that is closed."""
    van.alert("true", VIABLE, SAME, OUTCOME)
    van.close()
    van.kinds()


def waiting(van):
    return sorted(file.name for file in (van.folder / "ledger").glob("[0-9]*-*"))


def test_killed_at_any_of_its_words_to_the_disk_it_sends_one_package_and_names_that(
    tmp_path, pen, identity
):
    calls, dies = 0, True
    while dies:
        van = Van(tmp_path / f"{calls}", pen)
        closed(van)
        knowing, stick = to(van, identity), tmp_path / f"{calls}" / "stick"
        stick.mkdir()

        def send(knowing=knowing, stick=stick, van=van):
            return export(knowing, stick, van.clock)

        dies = crash(send, calls)
        if van.held():
            close_ended(knowing, van.clock())
        if van.held():
            send()
        close_ended(knowing, van.clock())
        sent = [sha256(file.read_bytes()).hexdigest() for file in stick.glob("*.age")]
        told = [one.fact.package for one in van.said() if one.fact.what == "export"]
        assert told == sent, calls
        assert len(sent) == 1, calls
        assert (van.held(), waiting(van)) == ([], []), calls
        calls += 1
    assert calls > 12


def test_a_package_that_does_not_fit_on_the_stick_goes_with_the_next_one(van, knowing, tmp_path):
    closed(van)
    with pytest.raises(InputError, match="cannot be written"):
        export(knowing, tmp_path / "nowhere", van.clock)
    (name,) = waiting(van)
    assert name.startswith("1-")
    assert b"V-001" not in (van.folder / "ledger" / name).read_bytes()
    (sent,) = export(knowing, tmp_path, van.clock)
    assert [one.fact.package for one in van.said() if one.fact.what == "export"] == [sent.sha256]
    assert waiting(van) == []


def test_a_package_that_never_went_is_erased_with_its_day_as_the_log_says(van, knowing, tmp_path):
    closed(van)
    with pytest.raises(InputError):
        export(knowing, tmp_path / "nowhere", van.clock)
    close_ended(van.settings, van.clock())
    assert waiting(van)
    van.clock.turn(DAY.total_seconds())
    close_ended(van.settings, van.clock())
    assert (waiting(van), van.held()) == ([], [])
    undone = next(one for one in van.said() if one.fact.what == "export_undone")
    assert undone.fact == entries.Unsent(
        alerts=1, package=van.fact("export").package, deployment_id=DEPLOYMENT
    )
    assert undone.why == "It never came to where it was to go, and its day is over."


def test_a_package_for_somebody_else_is_made_anew_for_who_is_set_now(van, knowing, tmp_path):
    closed(van)
    with pytest.raises(InputError):
        export(knowing, tmp_path / "nowhere", van.clock)
    other = x25519.Identity.generate()
    (sent,) = export(to(van, other), tmp_path, van.clock)
    assert pyrage.decrypt(sent.file.read_bytes(), [other])
    told = [one.fact.what for one in van.said() if one.fact.what.startswith("export")]
    assert told == ["export", "export_undone", "export"]


def test_a_package_of_which_the_log_knows_nothing_is_erased_unsaid(van, knowing):
    closed(van)
    kept = outgoing.Outgoing(van.folder / "ledger")
    kept.keep(DEPLOYMENT, 1, "age1", b"sealed")
    half = van.folder / "ledger" / ".1-0-d.package.new"
    half.write_bytes(b"half")
    van.clock.time = van.wall() + DAY
    close_ended(van.settings, van.clock())
    assert waiting(van) == []
    assert not half.exists()
    assert "export_undone" not in van.kinds()


def test_a_disk_that_keeps_no_package_sends_none(van, knowing, tmp_path, monkeypatch):
    def full(folder):
        raise OSError(28, "No space left on device")

    closed(van)
    monkeypatch.setattr(outgoing.durable, "sync", full)
    with pytest.raises(MachineError, match="cannot be kept on the van: No space"):
        export(knowing, tmp_path, van.clock)
    assert not [*tmp_path.glob("*.age")]
    assert "export" not in van.kinds()
