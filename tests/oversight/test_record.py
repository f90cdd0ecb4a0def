"""The tally as a document: what an auditor compares from one deployment to the next."""

import json

import pytest

from appliance.domain.passing import Passing
from appliance.domain.tally import LIMIT, Tally, keep
from appliance.errors import InputError
from appliance.oversight.record import OUTPUT, claim, record, spread, write


def test_times_are_summarised_at_five_places():
    times = spread([float(value) for value in range(1, 1001)])
    assert list(times) == ["p50", "p95", "p99", "p999", "max"]
    assert times["p50"] == pytest.approx(500.5)
    assert times["max"] == 1000


def test_what_was_not_measured_is_null_and_not_zero():
    assert set(spread([]).values()) == {None}


def test_the_document_holds_numbers_only():
    tally = Tally(frames=3, alerts=1, seen_to_tablet_ms=[20.0])
    tally.settle(Passing(1, "mast-1", 5, 2, gated=True, alerted=False), 0.5)
    text = json.dumps(record(tally))
    assert json.loads(text)["erased"] == 1
    assert "mast-1" not in text


def test_a_passing_too_poor_to_encode_is_erased_but_is_no_face_seen():
    tally = Tally()
    tally.settle(Passing(1, "mast-1", 5, 0, gated=False, alerted=False), 0.5)
    assert (tally.erased, tally.unencoded, tally.deletion_ms) == (0, 0, [0.5])


def test_a_face_seen_without_a_template_is_counted_not_hidden():
    tally = Tally()
    tally.settle(Passing(1, "mast-1", 5, 0, gated=True, alerted=False), 0.5)
    assert (tally.erased, tally.unencoded) == (1, 1)


def test_a_long_day_does_not_fill_the_memory():
    times = [1.0] * LIMIT
    keep(times, 2.0)
    assert len(times) == LIMIT


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
