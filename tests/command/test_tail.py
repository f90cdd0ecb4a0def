"""`lfr record tail`, over a log in which deployments have counted strangers."""

import json

import pytest
from typer.testing import CliRunner

from appliance.__main__ import app
from appliance.domain.scores import EDGES, Scores
from appliance.errors import InputError
from appliance.matching.calibration import load_calibration
from appliance.oversight import entries, keys
from appliance.oversight.figures import Scored
from appliance.oversight.scribe import open_scribe
from engines.packs import CALIBRATIONS
from tests.oversight.log.conftest import make_pen
from tests.oversight.record.conftest import keep
from tests.oversight.test_strangers import opened

RETAIL = "5718387e99f773600948883c4e33f1f2db7b04e56fa3fa9eb3351482622e1956"
"""The network that engines/calibration/retail.toml is of."""
CALIBRATION = load_calibration(CALIBRATIONS / "retail.toml", RETAIL)
THRESHOLD = CALIBRATION.threshold


@pytest.fixture
def lfr(tmp_path):
    """Write a log, and ask for what it says of strangers."""
    settings = tmp_path / "van.toml"
    settings.write_text(f'[oversight]\nfolder = "{tmp_path / "audit"}"\n')

    def run(*options, model_id=RETAIL, scores=(), pack="retail"):
        counted = Scores()
        for score, times in scores:
            for _ in range(times):
                counted.add(score, 500)
        pen = keys.own(tmp_path / "audit", "lfr/van-1")
        with open_scribe(tmp_path / "audit" / keys.LOG, pen) as scribe:
            scribe.say("van", opened("d-1"))
            in_force = entries.Applied(
                model_id=model_id, threshold=THRESHOLD, floor=0.43, pack=pack
            )
            scribe.say("van", in_force)
            if scores:
                scored = Scored(
                    deployment_id="d-1", model_id=model_id, faces=counted.faces, edges=EDGES,
                    counts=tuple(counted.counts.tolist()), comparisons=counted.comparisons,
                )  # fmt: skip
                scribe.say("van", scored)
        words = ["record", "tail", "--settings", str(settings), *options]
        told = CliRunner().invoke(app, words, catch_exceptions=False)
        assert told.exit_code == 0, told.output
        return told.output

    return run


STREET = [(0.22, 8_000), (0.32, 1_500), (0.37, 400), (0.42, 80), (0.47, 20)]


def test_the_calibration_of_the_pack_stands_beside_what_was_seen(lfr):
    said = lfr(scores=STREET)
    assert f"retail {RETAIL[:12]}: 10000 faces of 1 deployments" in said
    assert "each compared with 500 templates" in said
    assert " 0.45 reached by      20: one comparison in 249,750 (95 %: " in said
    assert f"At the threshold {THRESHOLD:.3f}, drawn on: one comparison in " in said
    assert f"calibration {1 / CALIBRATION.false_match_rate(THRESHOLD):,.0f}\n" in said
    assert "Strangers against the calibration: they score 0.1" in said
    assert "lower" in said
    assert "DRIFT" not in said


def test_strangers_who_come_nearer_than_calibrated_are_flagged(lfr, tmp_path):
    near = [(0.37, 2_000), (0.42, 5_000), (0.47, 2_500), (0.52, 500)]
    said = lfr(scores=near)
    assert "DRIFT: they reach 0.40, 0.45, 0.50 more often than it allows" in said
    assert "Until then a threshold of 0.6" in said
    report = tmp_path / "strangers.html"
    (told,) = json.loads(lfr("--json", "--report", str(report), scores=near))
    assert "seen by vans" in report.read_text("utf-8")
    assert "DRIFT" in report.read_text("utf-8")
    assert told["nearer"] == [0.4, 0.45, 0.5]
    assert told["advised"] > THRESHOLD


def test_a_program_reads_the_same(lfr):
    (told,) = json.loads(lfr("--json", scores=STREET))
    assert (told["pack"], told["faces"], told["templates"]) == ("retail", 10_000, 500.0)
    assert told["foretold"] == pytest.approx(1e-5, rel=0.05)
    assert (told["nearer"], told["advised"]) == ([], None)
    assert told["steps"][-1]["faces"] == 20
    assert told["rate"] < told["steps"][-1]["rate"]


@pytest.mark.parametrize("pack", ["retail", "no-such-pack"])
def test_of_a_network_whose_calibration_is_not_here_nothing_is_foretold(lfr, pack):
    said = lfr(model_id="ab" * 32, scores=STREET, pack=pack)
    assert "calibration not measured" in said
    assert "too few came near to tell" in said


def test_where_no_deployment_has_counted_a_thousand_nothing_can_be_said(lfr):
    with pytest.raises(InputError, match="No deployment has counted strangers"):
        lfr()


def test_the_network_of_this_test_is_that_of_the_file():
    assert RETAIL in (CALIBRATIONS / "retail.toml").read_text()


def test_an_entry_of_a_later_version_is_said_in_a_line(tmp_path):
    folder = keep(tmp_path / "log", [b'{"what":"something new"}'])
    words = ["record", "tail", "--log", str(folder), "--key", make_pen().key.text]
    refused = CliRunner().invoke(app, words).exception
    assert isinstance(refused, InputError)
    assert "does not know" in refused.advice()
