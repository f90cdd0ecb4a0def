"""`lfr deployment open` looks at everything first, and opens nothing that is not in order."""

import json
import os
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from appliance.__main__ import app
from appliance.app import now
from appliance.deployment import opening
from appliance.deployment.opening import Checklist, open_by_hand
from appliance.domain.ending import End
from appliance.errors import ApplianceError, LapsedError, MachineError, TrustError
from appliance.oversight.openings import Openings
from appliance.van import Ears, open_station
from appliance.watchlist.store import Store

pytestmark = pytest.mark.timeout(300)
LINES = ["authority", "notice", "place", "time", "lamp", "calibration", "list"]


def by_hand(born, **changes):
    part = born.settings.deployment.model_copy(update={"opens": "by-hand", **changes})
    return born.settings.model_copy(update={"deployment": part})


def reds(done):
    return [finding.name for finding in done.findings if not finding.ok]


def test_where_all_is_in_order_it_is_opened_and_the_van_looks(born):
    settings = by_hand(born)
    with open_station(settings, Ears()) as station:
        with pytest.raises(LapsedError, match="not been opened"):
            station.custody.find()
        done = open_by_hand(settings)
        assert [finding.name for finding in done.findings] == LINES
        assert (reds(done), done.deployment_id) == ([], "demo-1-1")
        assert station.custody.find().by == "hand"


@pytest.mark.parametrize(
    ("login", "user"), [("1007", 1007), ("4294967295", os.getuid()), ("?", os.getuid())]
)
def test_who_has_logged_in_has_opened_it_whoever_the_command_runs_as(tmp_path, login, user):
    (tmp_path / "loginuid").write_text(login)
    assert opening._person(tmp_path / "loginuid") == user
    assert opening._person(tmp_path / "nowhere") == os.getuid()


def test_outside_its_place_nothing_is_opened_and_the_rest_is_looked_at_all_the_same(born):
    settings = by_hand(born, latitude_deg=0.0)
    done = open_by_hand(settings)
    assert (reds(done), done.deployment_id) == (["place"], None)
    assert Openings(settings.oversight.folder).find("demo-1-1") is None


def test_what_has_ended_is_opened_no_more(born):
    store = Store(born.settings.watchlist.folder)
    store.close("demo-1-1", now(), End.COMMAND)
    done = open_by_hand(by_hand(born))
    assert "authority" in reds(done)
    assert done.deployment_id is None


def test_a_list_for_other_networks_or_of_too_many_people_is_red(born, monkeypatch):
    settings = by_hand(born)
    desk = Checklist(settings, now())
    few = desk.standing.granted().model_copy(update={"maximum_subjects": 0})
    monkeypatch.setattr(desk.standing, "granted", lambda: few)
    with pytest.raises(TrustError, match="0 are allowed"):
        desk.watchlist()
    other = settings.model_copy(
        update={"vision": settings.vision.model_copy(update={"pack": "no"})}
    )
    with pytest.raises(ApplianceError):
        Checklist(other, now()).watchlist()


def test_before_the_public_is_told_nothing_is_opened(born):
    desk = Checklist(by_hand(born), now() - timedelta(days=365))
    with pytest.raises(ApplianceError):
        desk.notice()


def test_a_notice_that_is_still_to_come_opens_nothing(born, monkeypatch):
    desk = Checklist(by_hand(born), now())
    later = now() + timedelta(days=1)
    early = desk.standing.granted().model_copy(update={"notice_published_at": later})
    monkeypatch.setattr(desk.standing, "granted", lambda: early)
    with pytest.raises(LapsedError, match="not told yet"):
        desk.notice()


@pytest.mark.parametrize(("synced", "told"), [(True, "synchronised"), (False, "source unknown")])
def test_a_van_without_a_network_is_told_that_nobody_sets_its_clock(
    born, monkeypatch, synced, told
):
    monkeypatch.setattr(opening, "synchronised", lambda: synced)
    assert told in Checklist(by_hand(born), now()).time()


def test_a_clock_that_was_set_back_opens_nothing(born):
    desk = Checklist(by_hand(born), now())
    Store(born.settings.watchlist.folder).raise_floor(now() + timedelta(hours=1))
    with pytest.raises(TrustError, match="set back"):
        desk.time()


def test_a_van_that_runs_lights_its_lamp_itself(born, monkeypatch):
    monkeypatch.setattr(opening, "on_duty", lambda *_: True)
    assert "reads back lit" in Checklist(by_hand(born), now()).lamp()


def test_a_lamp_that_stays_dark_is_red(born, monkeypatch):
    def dark(_settings):
        raise MachineError("The lamp is dark.", mend="Look at its cable.")

    monkeypatch.setattr(opening, "try_lamp", dark)
    assert reds(open_by_hand(by_hand(born))) == ["lamp"]


def test_the_command_says_each_line_and_what_came_of_it(born, monkeypatch):
    file = born.folder / "update.toml"
    where = born.settings.deployment
    file.write_text(
        file.read_text().replace("[tablets]", f"[tablets]\nport = {born.settings.tablets.port}")
        + f"[deployment]\nlatitude_deg = {where.latitude_deg}\n"
        f"longitude_deg = {where.longitude_deg}\n"
    )

    def say(*words):
        given = ["deployment", *words, "--settings", str(file)]
        return CliRunner().invoke(app, given, env={"COLUMNS": "300"})

    told = say("open")
    assert told.exit_code == 0, told.output
    assert [line.split()[1] for line in told.stdout.splitlines()[:-1]] == LINES
    assert told.stdout.endswith("demo-1-1 is open.\n")
    assert "Opened by hand" in say("status").stdout
    assert json.loads(say("status", "--json").stdout)["opened"]["deployment_id"] == "demo-1-1"
    Store(born.settings.watchlist.folder).close("demo-1-1", now(), End.COMMAND)
    told = say("open", "--json")
    assert told.exit_code == 1
    assert json.loads(told.stdout)["deployment_id"] is None
    assert "Nothing is opened." in say("open").stdout


def test_a_list_for_which_no_score_is_rare_enough_is_red(born, monkeypatch):
    desk = Checklist(by_hand(born), now())
    strict = {"expected_faces": 10_000_000, "most_false_alerts": 1e-9}
    hopeless = desk.standing.granted().model_copy(update=strict)
    monkeypatch.setattr(desk.standing, "granted", lambda: hopeless)
    with pytest.raises(LapsedError, match="No score is as rare"):
        desk.calibration()
