"""The tally as a document: what an auditor compares from one deployment to the next."""

import json

import pytest

from appliance.domain.passing import Passing
from appliance.domain.tally import Tally
from appliance.errors import InputError
from appliance.oversight.document import OUTPUT, claim, record, write


def test_times_are_summarised_at_five_places():
    tally = Tally()
    for value in range(1, 1001):
        tally.deletion_ms.add(value)
    times = record(tally)["deletion_ms"]
    assert list(times) == ["p50", "p95", "p99", "p999", "max"]
    assert 500 <= times["p50"] <= 525
    assert 1000 <= times["max"] <= 1050


def test_what_was_not_measured_is_null_and_not_zero():
    assert set(record(Tally())["deletion_ms"].values()) == {None}


def test_the_document_holds_numbers_only():
    tally = Tally(frames=3, alerts=1)
    tally.seen_to_tablet_ms.add(20.0)
    tally.settle(Passing(1, "mast-1", 5, 2, gated=True, alerted=False), 0.5)
    text = json.dumps(record(tally))
    assert json.loads(text)["erased"] == 1
    assert "mast-1" not in text


@pytest.mark.parametrize("attempt", [claim, lambda file: write(file, {})])
def test_a_file_that_cannot_be_written_is_said(tmp_path, attempt):
    with pytest.raises(InputError, match=r"t\.json cannot be written"):
        attempt(tmp_path / "missing" / "t.json")


def test_to_claim_a_file_changes_nothing_in_it(tmp_path):
    write(tmp_path / "t.json", {"alerts": 3})
    claim(tmp_path / "t.json")
    assert json.loads((tmp_path / "t.json").read_text()) == {"alerts": 3}


def test_a_document_can_be_printed_instead(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    claim(OUTPUT)
    write(OUTPUT, {"lost": 0})
    assert json.loads(capsys.readouterr().out) == {"lost": 0}
    assert not any(tmp_path.iterdir())
