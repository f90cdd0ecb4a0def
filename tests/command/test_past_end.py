"""What is over goes, also where nothing runs; and a van's keys, by its command."""

import os
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from appliance.domain.ending import End
from appliance.tablets.strongbox import Strongbox
from appliance.watchlist.store import Store
from tests.command.at_van import held, lfr

pytestmark = pytest.mark.timeout(300)


def test_what_is_past_its_end_is_destroyed_by_the_timer_even_where_nothing_runs(born):
    assert "Nothing is past its end." in lfr(born, "deployment", "close", "--if-ended").stdout
    born.desk.trial.revoke("demo-1-1", born.desk.place)
    born.courier.fetch()
    assert "Destroyed: revoked." in lfr(born, "deployment", "close", "--if-ended").stdout
    assert held(born)[1] == []


def test_what_was_alerted_is_erased_a_day_later_by_the_timer(born):
    ledger = born.settings.tablets.ledger
    ledger.mkdir()
    for name, age in (("d-old", 25), ("d-new", 23)):
        (ledger / f"{name}.jsonl").touch()
        written_s = (datetime.now(timezone.utc) - timedelta(hours=age)).timestamp()
        os.utime(ledger / f"{name}.jsonl", (written_s, written_s))
    lfr(born, "deployment", "close", "--if-ended")
    assert [file.stem for file in ledger.iterdir()] == ["d-new"]


def test_it_is_destroyed_even_where_the_root_is_missing(born):
    store = Store(born.settings.watchlist.folder)
    store.close("demo-1-1", store.current().label().ends_at, End.DEPLOYMENT_OVER)
    born.settings.watchlist.root.unlink()
    told = lfr(born, "deployment", "close", "--if-ended")
    assert "Destroyed: deployment_over." in told.stdout, told.stderr
    assert held(born)[1] == []


def test_keys_are_made_and_their_public_halves_alone_are_written(born, tmp_path):
    out = tmp_path / "van.keys.json"
    told = lfr(born, "deployment", "keys", "--make", "3", "--out", str(out))
    assert "7 keys are left." in told.stdout, told.stderr
    assert "SECRET" not in out.read_text()
    status = lfr(born, "deployment", "status", "--json").stdout
    assert '"keys_left": 7' in status
    assert '"deployment_id": "demo-1-1"' in status


def test_what_a_killed_van_left_sealed_goes_with_the_deployment(born):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as place:
        outbox = Path(place, "outbox")
        box = Strongbox.open(outbox)
        box.load()
        box.put("alert-1", b"a face")
        box.close()
        assert any(outbox.iterdir())
        settings = born.folder / "update.toml"
        settings.write_text(
            settings.read_text().replace(str(born.settings.tablets.outbox), str(outbox))
        )
        lfr(born, "deployment", "close")
        assert not any(outbox.iterdir())
