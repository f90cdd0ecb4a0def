"""What the van does stands in its log, and where nothing can be written nobody is looked for."""

import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from appliance import sealing
from appliance.account import open_account, prove
from appliance.domain.ending import End
from appliance.domain.lamp import Lamp
from appliance.domain.scores import Scores
from appliance.errors import MachineError, SettingsError
from appliance.oversight import entries, keys, log
from appliance.oversight.interim import Interim
from appliance.oversight.proof import Proof
from appliance.oversight.recall.book import utc_now
from appliance.oversight.recall.plan import Plan, Volunteer
from appliance.tablets import wire
from appliance.tablets.envelope import parse
from appliance.van import Ears, look, open_station, open_van
from provisioning.desk.certificates import Authority
from tests.tablets.conftest import make_alert
from tests.tablets.events import as_bytes
from tests.tablets.signing import OUTCOME, SAME, VIABLE, Pen, undo

pytestmark = pytest.mark.timeout(300)


def said(settings):
    """Prove the van's log, and give what stands in it."""
    folder = settings.oversight.folder
    assert prove(folder).size > 0
    return [entries.read(line) for line in Proof(folder / keys.LOG, keys.public(folder)).entries()]


def kinds(settings):
    # The lamp may say more than once how it is.
    return [one.fact.what for one in said(settings) if one.fact.what != "health"]


def test_a_deployment_is_accounted_for_from_its_start_to_its_end(born):
    with open_station(born.settings, Ears()) as station:
        law = station.custody.find()
        authority, subjects = law.deployment.authority, len(law.watchlist.subjects)
        with look(station, law) as van:
            van.beat()
        station.end(End.BUTTON)
    assert kinds(born.settings) == [
        "started", "authority_opened", "list_installed", "in_force",
        "counted", "erasure", "list_erased", "authority_closed", "stopped",
    ]  # fmt: skip
    facts = {one.fact.what: one.fact for one in said(born.settings)}
    assert facts["started"].sealed == tuple(sealing.held())
    opened, listed = facts["authority_opened"], facts["list_installed"]
    assert (opened.starts_at, opened.ends_at) == (authority.starts_at, authority.ends_at)
    assert opened.authorising_officer == authority.authorising_officer
    assert (listed.watchlist_id, listed.bundle) == (law.watchlist.id, law.bundle_sha256)
    assert listed.subjects == subjects
    assert sum(facts["list_installed"].grounds.values()) == subjects
    assert facts["authority_closed"].end is End.BUTTON
    assert facts["counted"].final
    assert facts["counted"].deployment_id == authority.deployment_id
    assert facts["in_force"].threshold >= facts["in_force"].floor
    lamps = [one.fact.lamp for one in said(born.settings) if one.fact.what == "health"]
    assert Lamp.LOOKING in lamps
    assert lamps[-1] is Lamp.OFF


def test_every_alert_and_answer_stands_there_with_its_tablet_and_no_officer(born):
    pen = Pen("t-7", Authority.create().issue_signing("t-7"))
    with open_account(born.settings.oversight.folder, born.settings.van) as account:
        account.alert(make_alert())
        for number, answer in enumerate((VIABLE, SAME, undo("d-1"), OUTCOME)):
            payload = as_bytes(pen.decide(answer, id=f"d-{number}"))
            account.decide(decision(payload))
    told = [(one.who, one.fact.what) for one in said(born.settings)]
    assert told == [
        ("van", "started"), ("van", "alert"),
        *[("tablet/t-7", "decision")] * 3, ("tablet/t-7", "outcome"), ("van", "stopped"),
    ]  # fmt: skip
    written = b"".join(
        file.read_bytes() for file in born.settings.oversight.folder.rglob("*") if file.is_file()
    )
    assert b"PC 456" not in written
    assert b"V-001" not in written


def decision(payload):
    return parse(wire.DecisionEvent, payload).decision("t-7", payload)


def test_what_changes_meanwhile_is_said_once(born):
    with open_van(born.settings, Ears()) as van:
        station = van.station
        station.link._answers.refused += 2
        station.custody.taken_off += 1
        for _ in range(3):
            van.beat()
    assert kinds(born.settings).count("refused") == 1
    assert kinds(born.settings).count("list_withdrawn") == 1
    (refused,) = [one.fact for one in said(born.settings) if one.fact.what == "refused"]
    assert refused.count == 2


def test_where_nothing_can_be_written_down_nobody_is_looked_for(born, monkeypatch):
    with pytest.raises(MachineError, match="No space left"):
        fill_the_disk(born, monkeypatch)


def fill_the_disk(born, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with open_van(born.settings, Ears()) as van:
        monkeypatch.setattr(log, "_write", full)
        van.station.account.feel(Lamp.READY)
        while van.station.failure is None:
            pass
        van.beat()


def test_a_van_that_fails_says_so_at_last(tmp_path):
    with pytest.raises(ZeroDivisionError), open_account(tmp_path, "van-1"):
        raise ZeroDivisionError
    last = [entries.read(line) for line in Proof(tmp_path / "log", keys.public(tmp_path)).entries()]
    assert (last[-1].fact.what, last[-1].why) == ("stopped", "ZeroDivisionError.")


def test_one_van_s_log_is_not_continued_by_another(tmp_path):
    with open_account(tmp_path, "van-1"):
        pass
    with pytest.raises(SettingsError, match="is of lfr/van-1"), open_account(tmp_path, "van-2"):
        pass


def test_how_near_strangers_came_and_who_was_recognised_is_said_at_the_end(born):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        oversight = born.settings.oversight.model_copy(update={"interim": Path(memory)})
        settings = born.settings.model_copy(update={"oversight": oversight})
        interim = Interim(Path(memory))
        interim.keep("an-older-model", {"gone": strangers()})
        with open_station(settings, Ears()) as station:
            law = station.custody.find()
            held = law.deployment.authority.deployment_id
            interim.book.begin(one_test(held))
            with look(station, law) as van:
                pipeline = van.watch.pipeline
                pipeline.report.recognised("V-1")
                pipeline.match.scores[held] = strangers()
            assert len(interim.book.sightings()) == 1
            assert [file.name for file in Path(memory).glob("*.scores")] == [f"{held}.scores"]
            station.end(End.BUTTON)
        assert not any(Path(memory).iterdir())
    facts = [one.fact for one in said(settings)]
    scored = {fact.deployment_id: fact.faces for fact in facts if fact.what == "scored"}
    assert scored == {"gone": 1000, held: 1000}
    (recalled,) = [fact for fact in facts if fact.what == "recalled"]
    assert recalled.deployment_id == held


def test_strangers_of_all_spans_are_told_together_when_a_newer_authority_takes_its_place(born):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        oversight = born.settings.oversight.model_copy(update={"interim": Path(memory)})
        settings = born.settings.model_copy(update={"oversight": oversight})
        with open_station(settings, Ears()) as station:
            law = station.custody.find()
            held = law.deployment.authority.deployment_id
            with look(station, law) as van:
                match = van.watch.pipeline.match
                Interim(Path(memory)).keep(match.calibration.model_id, {held: strangers(600)})
                match.scores[held] = strangers(600)
                newer = law.deployment.authority.model_copy(update={"deployment_id": "newer"})
                word = replace(law, deployment=replace(law.deployment, authority=newer))
                station.account.tend(word, match, 0, 0)
                match.scores["newer"] = strangers(999)
            station.account.close(word, End.COMMAND)
        assert not any(Path(memory).iterdir())
    facts = [one.fact for one in said(settings) if one.fact.what == "scored"]
    assert [(fact.deployment_id, fact.faces) for fact in facts] == [(held, 1200)]


def strangers(faces=1000):
    scores = Scores()
    for _ in range(faces):
        scores.add(0.1, 3)
    return scores


def one_test(deployment_id):
    """A recall test, which nobody runs."""
    return Plan(
        deployment_id=deployment_id,
        began_at=utc_now(),
        before=timedelta(0),
        window=timedelta(seconds=20),
        volunteers=(Volunteer(code="CODE", reference="V-1"),),
    )
