"""`lfr evaluate film` over real films, with the networks of the vans."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from appliance.__main__ import app
from appliance.errors import InputError
from tests.evaluation.film.conftest import FILMS

TABLE = """path,subject,use,from_s,right
asl/p0_yes.mkv,signer,enrol,0.1,
asl/p0_no.mkv,signer,pass,,
face-demographics-walking-and-pause.gif,,pass,,
"""


@pytest.fixture
def lfr(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(*words):
        done = CliRunner().invoke(app, ["evaluate", *map(str, words)], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    return run


@pytest.fixture
def table(tmp_path):
    (tmp_path / "films.csv").write_text(TABLE, "utf-8")
    return tmp_path / "films.csv"


def test_a_signer_enrolled_from_one_film_is_found_in_another_and_walkers_are_not(
    lfr, table, tmp_path
):
    report = tmp_path / "report.html"
    words = ("film", table, "--films", FILMS, "--pack", "retail", "--report", report)
    told = json.loads(lfr(*words, "--json"))
    (signer,) = told["passes"]
    assert signer["found"] == 1
    assert 0 <= signer["after_s"] < 0.5
    assert 20 < signer["at_px"] < 40
    assert not signer["near"]
    assert told["rates"][0]["false_alerts"] == 0
    assert told["others"][1]["seen"] == 3
    assert told["entries"] == 1
    assert "<svg" in report.read_text("utf-8")


def test_a_folder_without_anybody_to_enrol_is_refused(lfr, tmp_path):
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann" / "walk.gif").symlink_to(FILMS / "head-pose-face-detection-male.gif")
    with pytest.raises(InputError, match="Nobody could be enrolled"):
        lfr("film", tmp_path, "--pack", "retail")


def test_what_is_no_film_is_named(lfr, table, tmp_path):
    (tmp_path / "asl").mkdir()
    (tmp_path / "asl" / "p0_yes.mkv").write_bytes(b"no film")
    with pytest.raises(InputError, match=r"p0_yes\.mkv cannot be read"):
        lfr("film", table, "--pack", "retail")
