"""From a folder of pictures to a van, with the desk's own commands, and back again."""

import json
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from appliance.__main__ import app
from appliance.errors import InputError, MachineError, TrustError
from engines import calibrated
from provisioning.desk.inspect import Sealed, opened
from tests.command.desk_at import FOLDER, authorise, believe, files, lfr, said
from tests.tablets.conftest import mosquitto, tablet_on

pytestmark = pytest.mark.timeout(300)


# -- From pictures to a van


def test_six_commands_bring_pictures_to_a_van(enrol, desk, keyring, reference):
    report = enrol("list-1")
    assert report["summary"]["subjects"] == 1
    assert Path(report["report"]).read_bytes()
    authorise("list-1")
    assert said("sign", "--as", "signer-1", "--yes")["missing"] == 1
    assert said("sign", "--as", "signer-3", "--yes")["missing"] == 0
    said("publish", "out")
    trusted = believe(desk.parent / "out", desk)
    identity = keyring.identity(trusted.promise.key_id)
    cipher = desk.parent / "out" / trusted.bundle_path
    with opened(Sealed(cipher, identity, trusted.promise)) as (watchlist, _):
        assert [one.reference for one in watchlist.subjects] == [reference]
        assert watchlist.head.pictures.refused == report["summary"]["refused"]
        assert 0 < watchlist.head.pictures.quality[1] <= 1


def test_who_signs_is_shown_all_of_it_and_may_refuse(enrol, desk):
    enrol("list-1")
    authorise("list-1", "--deployment", "d-1")
    shown = lfr("sign", "--as", "signer-1", types="n\n", code=1).output
    for word in ("list-1", "volunteer", "Superintendent", "d-1", "Market", "van-1", "0.400"):
        assert word in shown
    (cipher,) = (desk / "repository/targets/vans/van-1").glob("*.watchlist.age")
    assert cipher.name.split(".")[0] in shown.replace("\n", "")
    assert said("status")["pending"]["missing"] == 2
    shown = lfr("sign", "--as", "signer-1", types="y\n").output
    assert "1 more signature" in shown


def test_what_a_list_foretells_is_shown_before_anybody_signs(enrol, desk):
    enrol("list-1")
    made = authorise("list-1", "--faces", "20000", "--false-alerts", "0.5")
    assert (made["expected_faces"], made["most_false_alerts"]) == (20_000, 0.5)
    foretold = made["forecast"]
    shown = lfr("sign", "--as", "signer-1", types="n\n", code=1).output
    assert "0.5 in 20,000 faces" in shown
    assert f"van-1: With {foretold['pack']} and {foretold['templates']} templates" in shown
    signed = said("sign", "--as", "signer-1", "--yes")
    assert signed["forecasts"] == {"van-1": foretold}


def test_a_list_whose_network_has_no_calibration_here_foretells_nothing(enrol, desk, monkeypatch):
    monkeypatch.setattr(calibrated, "load_packs", dict)
    enrol("list-1")
    assert authorise("list-1")["forecast"] is None
    shown = lfr("sign", "--as", "signer-1", types="n\n", code=1).output
    assert "no calibration of the list's encoder is here" in shown


def test_a_change_after_a_signature_says_who_must_sign_again(enrol, desk):
    enrol("list-1")
    authorise("list-1")
    said("sign", "--as", "signer-1", "--yes")
    assert enrol("list-1")["signatures_lost"] == ["signer-1"]


def test_a_list_without_authority_cannot_be_signed(enrol):
    enrol("list-1")
    with pytest.raises(TrustError, match="no authority"):
        lfr("sign", "--as", "signer-1", "--yes")


def test_one_signature_publishes_nothing(enrol, desk):
    enrol("list-1")
    authorise("list-1")
    said("sign", "--as", "signer-1", "--yes")
    with pytest.raises(TrustError, match="1 of 2"):
        lfr("publish", "out")
    assert not files(desk.parent / "out")


def test_a_folder_of_pictures_says_everything_or_nothing(desk, keyring, people):
    said("van", "van-1.keys.json", "--yes")
    with pytest.raises(InputError, match="Of a folder everything"):
        lfr("enrol", people, "--van", "van-1", "--ground", "volunteer")
    with pytest.raises(InputError, match="no ground"):
        lfr("enrol", people, "--van", "van-1")


def test_a_van_that_is_not_known_is_said_before_anything_is_read(desk, people):
    with pytest.raises(InputError, match="no keys of van-1"):
        lfr("enrol", people, "--van", "van-1", *FOLDER)


def test_a_word_of_acceptance_names_who_gives_it_and_why(enrol):
    with pytest.raises(InputError, match="no reason"):
        enrol("list-1", "--accept", "R-1")


def test_several_computers_enrol_one_list(desk, keyring, people, pack):
    said("van", "van-1.keys.json", "--yes")
    recipient = said("prepare", "--list", "list-5")["recipient"]
    looked = ("--pack", pack, "--workers", "0")
    for part in ("1/2", "2/2"):
        lfr("shard", people, part, "parts", "--recipient", recipient, *looked, *FOLDER)
    told = said("merge", "parts", "--list", "list-5", "--van", "van-1", "--pack", pack)
    assert told["summary"]["subjects"] == 1
    with pytest.raises(InputError, match="No such part"):
        lfr("shard", people, "3/2", "parts", "--recipient", recipient, *FOLDER)


def test_a_list_is_inspected_without_pictures_unless_asked(enrol, desk, reference):
    enrol("list-1")
    before = set(files(desk))
    assert said("inspect", "--list", "list-1")["references"] == [reference]
    assert set(files(desk)) == before
    shown = lfr("inspect", "--list", "list-1", "--pictures", "look").output
    assert "list.html" in shown
    assert b"<img" in (desk.parent / "look" / "list.html").read_bytes()


def test_a_folder_that_cannot_be_made_is_said_with_its_mend(enrol, desk, keyring, people):
    enrol("list-1")
    file = desk.parent / "file"
    file.touch()
    with pytest.raises(InputError, match="look cannot be made"):
        lfr("inspect", "--list", "list-1", "--pictures", file / "look")
    recipient = said("prepare", "--list", "long-1")["recipient"]
    with pytest.raises(InputError, match="parts cannot be made"):
        lfr("shard", people, "1/2", file / "parts", "--recipient", recipient, *FOLDER)
    with pytest.raises(InputError, match="desk cannot be made"):
        lfr("init", "Another Force", "--desk", file / "desk")


@pytest.mark.parametrize("way", ["corners", "geojson"])
def test_a_place_is_typed_or_drawn(enrol, desk, way):
    enrol("list-1")
    ring = [[0.46, 51.73], [0.47, 51.73], [0.47, 51.74], [0.46, 51.73]]
    (desk.parent / "zone.geojson").write_text(
        json.dumps({"type": "Polygon", "coordinates": [ring]})
    )
    typed = [word for lon, lat in ring[:3] for word in ("--corner", f"{lat},{lon}")]
    place = typed if way == "corners" else ("--polygon", "zone.geojson")
    made = authorise("list-1", place=place)
    assert [corner["latitude_deg"] for corner in made["place"]["corners"]] == [51.73, 51.73, 51.74]


def test_a_van_s_keys_are_compared_before_they_are_taken(desk, keyring):
    shown = lfr("van", "van-1.keys.json", types="n\n", code=1).output
    assert "Is it the same on the van?" in shown
    assert said("status")["vans"] == {}
    lfr("van", "van-1.keys.json", types="y\n")
    assert said("status")["vans"] == {"van-1": 4}


# -- What is taken back


def test_somebody_is_taken_off_in_one_command_at_the_place_of_last_time(published, desk, reference):
    told = said("withdraw", reference, "--as", "signer-2")
    assert told["lists"] == ["list-1"]
    assert len(believe(published, desk).withdrawals.entries) == 1


def test_who_was_taken_off_is_left_out_of_the_next_list_unless_reinstated(
    published, enrol, reference
):
    said("withdraw", reference, "--as", "signer-2")
    with pytest.raises(InputError):  # nobody is left
        enrol("list-2")
    again = enrol("list-3", "--reinstate", f"{reference}=charged anew")
    assert again["summary"]["subjects"] == 1


def test_a_list_with_nobody_left_costs_no_key_and_says_where_to_read_why(
    published, enrol, reference
):
    said("withdraw", reference, "--as", "signer-2")
    before = said("status")["vans"]
    with pytest.raises(InputError, match="Nobody is left") as refused:
        enrol("list-2")
    assert "lists/list-2/enrolment.html" in refused.value.mend
    assert said("status")["vans"] == before


def test_it_is_said_of_what_somebody_was_taken_and_what_is_revoked(published, reference):
    assert "Taken off list-1." in lfr("withdraw", reference, "--as", "signer-2").output
    lfr("revoke", "d-1", "--as", "signer-2")
    assert "d-1, revoked" in lfr("status").output


def test_an_authority_is_taken_back(published, desk):
    said("revoke", "d-1", "--as", "signer-1")
    assert believe(published, desk).withdrawals.revokes("d-1")
    assert said("status")["revoked"] == ["d-1"]


def test_a_stick_that_is_away_keeps_nobody_else_from_hearing(published, desk, reference, tmp_path):
    (tmp_path / "stick").mkdir()
    said("publish", tmp_path / "stick", published)
    shutil.rmtree(tmp_path / "stick")
    with pytest.raises(InputError, match="stick is no folder"):
        lfr("withdraw", reference, "--as", "signer-2")
    assert len(believe(published, desk).withdrawals.entries) == 1


def test_each_place_that_was_missed_is_named(published, tmp_path):
    sticks = [tmp_path / "one", tmp_path / "two"]
    for stick in sticks:
        stick.mkdir()
    said("publish", *sticks, published)
    for stick in sticks:
        shutil.rmtree(stick)
    told = CliRunner().invoke(app, ["desk", "refresh"])
    assert isinstance(told.exception, InputError)
    assert all(f"{stick}: not published" in told.output for stick in sticks)
    assert f"{published}: 1 new file, " in told.output


def test_a_place_must_be_known_once(desk):
    with pytest.raises(InputError, match="No place to publish"):
        lfr("refresh")


def test_a_broker_that_is_not_there_is_said_after_all_is_published(published, desk, reference):
    with pytest.raises(MachineError, match=r"127\.0\.0\.1:1"):
        lfr("withdraw", reference, "--as", "signer-2", "--notify", "127.0.0.1:1")
    assert len(believe(published, desk).withdrawals.entries) == 1


def test_a_broker_that_is_none_is_said_before_anything_is_published(published, desk, reference):
    with pytest.raises(InputError, match="HOST:PORT"):
        lfr("withdraw", reference, "--as", "signer-2", "--notify", "host:port")
    assert not believe(published, desk).withdrawals.entries


def test_a_broker_that_is_down_keeps_nobody_else_from_hearing(published, tmp_path):
    with mosquitto(tmp_path) as broker, tablet_on(broker.port) as tablet:
        given = ("--notify", "127.0.0.1:1", "--notify", f"127.0.0.1:{broker.port}")
        done = CliRunner().invoke(app, ["desk", "publish", str(published), *given, "--json"])
        assert tablet.heard.get(timeout=30).topic == "lfr/1/van-1/notice"
    assert json.loads(done.stdout)["noticed"] == ["van-1"]
    assert "Everything is published" in done.exception.advice()


def test_a_question_is_answered_and_checked_by_whoever_has_the_page(published, reference):
    today = datetime.now().astimezone().date().isoformat()
    (yes,) = said("answer", reference, "--on", today)
    (no,) = said("answer", "R-99", "--on", today)
    assert (yes["listed"], no["listed"]) == (True, False)
    (page,) = (published / "targets/log").iterdir()
    checked = ("--verify", page, "--opening", yes["opening"])
    assert "On that list" in lfr("answer", reference, *checked).output
    lfr("answer", "R-99", *checked, code=1)
    for half in (checked[:2], checked[2:]):
        with pytest.raises(InputError, match="checked with an opening"):
            lfr("answer", reference, *half)
    assert yes["opening"] in lfr("answer", reference, "--on", today).output


def test_a_no_is_not_shown_as_if_it_could_be_checked(published):
    today = datetime.now().astimezone().date().isoformat()
    (no,) = said("answer", "R-99", "--on", today)
    shown = lfr("answer", "R-99", "--on", today).output
    assert "not on list list-1" in shown
    assert "the force's own word" in shown
    assert no["opening"] not in shown


def test_notice_is_given_to_every_van_over_the_broker(published, desk, reference, tmp_path):
    with mosquitto(tmp_path) as broker, tablet_on(broker.port) as tablet:
        given = ("--notify", f"127.0.0.1:{broker.port}")
        assert said("withdraw", reference, "--as", "signer-2", *given)["noticed"] == ["van-1"]
        assert tablet.heard.get(timeout=30).topic == "lfr/1/van-1/notice"
        # In a hurry nobody has to remember the broker.
        assert said("revoke", "d-1", "--as", "signer-2")["noticed"] == ["van-1"]
        assert tablet.heard.get(timeout=30).topic == "lfr/1/van-1/notice"
        assert said("refresh")["noticed"] == []


def test_a_list_is_compared_with_people_who_are_not_on_it_and_nothing_of_them_stays(
    enrol, desk, people, reference
):
    compared = ("--non-mated", people, "--accept", f"{reference}=known to us")
    told = enrol("list-1", *compared)
    assert told["summary"]["strangers"] == 1
    assert told["summary"]["subjects"] == 1
    left = {name.split("/")[0] for name in files(desk / "lists" / "list-1")}
    assert left == {"desk.key", "entries", "record.json", "enrolment.html", "enrolment.json"}


def test_what_came_of_an_enrolment_is_told_to_a_person(desk, keyring, people, pack):
    said("van", "van-1.keys.json", "--yes")
    given = (people, "--van", "van-1", "--list", "list-1", "--pack", pack, "--workers", "0")
    shown = lfr("enrol", *given, *FOLDER).output
    assert "List list-1: 1 person." in shown
    assert "enrolment.html before you sign" in shown


def test_a_name_that_is_spelt_wrongly_is_said_before_anybody_types(published, monkeypatch):
    monkeypatch.delenv("LFR_PASSPHRASE")
    with pytest.raises(InputError, match="on no list"):
        lfr("withdraw", "R-99", "--as", "signer-2")
