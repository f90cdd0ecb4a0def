"""`lfr deployment record` writes page, table and JSON of a log; `lfr record series` merges them."""

import json

import pytest
from typer.testing import CliRunner

from appliance.__main__ import app
from appliance.account import open_account
from appliance.bench.day import Day, lines
from appliance.domain.lamp import Lamp
from appliance.errors import ApplianceError, InputError
from appliance.oversight.log import open_log
from tests.oversight.log.conftest import make_pen
from tests.oversight.record.conftest import keep

KEY = make_pen().key.text


def ask(*words):
    told = CliRunner().invoke(app, [*map(str, words)])
    if isinstance(told.exception, ApplianceError):
        raise told.exception
    assert told.exit_code == 0, told.output
    return told.stdout


@pytest.fixture
def log(tmp_path):
    return keep(tmp_path / "log", lines(Day(faces=3_000)))


def test_page_table_and_json_are_written_and_the_root_is_told(log, tmp_path):
    said = ask("deployment", "record", "--out", tmp_path, "--log", log, "--key", KEY, "--json")
    told = json.loads(said)
    assert [file.rsplit("/", 1)[1] for file in told["files"]] == [
        "record-day-1.html", "record-day-1.csv", "record-day-1.json",
    ]  # fmt: skip
    verified = json.loads(ask("log", "verify", log, "--key", KEY, "--json"))
    assert (told["log_root"], told["log_entries"]) == (verified["root"], verified["entries"])
    written = json.loads((tmp_path / "record-day-1.json").read_text())
    assert written["log"]["root"] == verified["root"]
    assert {file.name for file in tmp_path.iterdir() if file.name.startswith(".")} == set()


def test_it_says_in_words_what_it_has_written(log, tmp_path):
    said = ask("deployment", "record", "day-1", "--out", tmp_path, "--log", log, "--key", KEY)
    assert str(tmp_path / "record-day-1.html") in said
    assert "log root " in said


def test_a_longer_log_gives_the_old_record_again(log, tmp_path):
    words = ("deployment", "record", "day-1", "--log", log, "--key", KEY)
    size = json.loads(ask(*words, "--out", tmp_path, "--json"))["log_entries"]
    before = {file.name: file.read_bytes() for file in tmp_path.glob("record-*")}
    with open_log(log, make_pen()) as grown:
        grown.append([*lines(Day("day-2", seed=2))])
    ask(*words, "--out", tmp_path, "--size", size)
    assert {file.name: file.read_bytes() for file in tmp_path.glob("record-*")} == before


def test_on_a_van_its_own_log_is_meant(tmp_path):
    settings = tmp_path / "van.toml"
    settings.write_text(f'[oversight]\nfolder = "{tmp_path / "audit"}"\n')
    with open_account(tmp_path / "audit", "van-1") as account:
        account.feel(Lamp.READY)
    with pytest.raises(InputError, match="any deployment"):
        ask("deployment", "record", "--out", tmp_path, "--settings", settings)


def test_records_of_several_deployments_become_a_series(tmp_path):
    folder = keep(tmp_path / "log", lines(Day("day-1")), lines(Day("day-2", seed=2)))
    for name in ("day-1", "day-2"):
        ask("deployment", "record", name, "--out", tmp_path, "--log", folder, "--key", KEY)
    files = sorted(tmp_path.glob("record-*.json"))
    told = json.loads(ask("record", "series", *files, "--out", tmp_path, "--json"))
    assert told["deployments"] == 2
    assert json.loads((tmp_path / "series.json").read_text())["kind"] == "lfr.series/1"
    assert "day-2" in (tmp_path / "series.html").read_text()


def test_its_folder_is_made_and_where_none_can_be_that_is_said(log, tmp_path):
    ask("deployment", "record", "--out", tmp_path / "new" / "one", "--log", log, "--key", KEY)
    assert (tmp_path / "new" / "one" / "record-day-1.html").exists()
    (tmp_path / "taken").write_text("")
    with pytest.raises(InputError, match="taken cannot be written"):
        ask("deployment", "record", "--out", tmp_path / "taken", "--log", log, "--key", KEY)
