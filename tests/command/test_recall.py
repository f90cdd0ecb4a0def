"""`lfr recall`, as whoever runs a test on the day types it."""

import json
import re
import signal
import subprocess
import sys
import tempfile
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from appliance.account import open_account
from appliance.command.recall import app
from appliance.domain.ending import End
from appliance.errors import InputError, LapsedError
from appliance.oversight import entries, keys
from appliance.oversight.aside import collect
from appliance.oversight.proof import Proof
from appliance.oversight.recall.book import Book
from appliance.watchlist.generation import Label
from appliance.watchlist.store import Store

VOLUNTEERS = "reference,sex\nV-1,female\nV-2,male\n"


@pytest.fixture
def van(tmp_path):
    """A van that holds a list, and a folder in memory; nothing of it runs."""
    (tmp_path / "held").mkdir()
    (tmp_path / "keys").mkdir(mode=0o700)
    (tmp_path / "bundle").write_bytes(b"sealed")
    store = Store(tmp_path / "held")
    ends_at = datetime.now(timezone.utc) + timedelta(hours=2)
    label = Label(deployment_id="d-1", ends_at=ends_at, expires_at=ends_at)
    store.install({"timestamp.json": b"{}"}, tmp_path / "bundle", label)
    (tmp_path / "volunteers.csv").write_text(VOLUNTEERS)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        settings = tmp_path / "van.toml"
        settings.write_text(f"""
[watchlist]
folder = "{store.folder}"
keyring = "{tmp_path / "keys"}"
[tablets]
ledger = "{tmp_path / "ledger"}"
[oversight]
folder = "{tmp_path / "audit"}"
interim = "{memory}"
""")
        yield SimpleNamespace(
            settings=settings, store=store, ends_at=ends_at, table=tmp_path / "volunteers.csv",
            audit=tmp_path / "audit", memory=Path(memory), book=Book(Path(memory)),
        )  # fmt: skip


@pytest.fixture
def lfr(van):
    """Say a command of `lfr recall`."""

    def say(*words):
        told = CliRunner().invoke(
            app, [*map(str, words), "--settings", str(van.settings)], catch_exceptions=False
        )
        assert told.exit_code == 0, told.output
        return told.output

    return say


@pytest.fixture
def codes(lfr, van):
    """A test that runs, and the codes of its volunteers."""
    told = json.loads(lfr("start", van.table, "--before", 0, "--window", 1, "--json"))
    assert told["deployment_id"] == "d-1"
    return {one["reference"]: one["code"] for one in told["volunteers"]}


def log(van):
    proof = Proof(van.audit / keys.LOG, keys.public(van.audit))
    return [entries.read(line).fact for line in proof.entries()]


def test_a_test_begins_with_a_code_for_each_volunteer(lfr, van):
    said = lfr("start", van.table)
    assert "2 volunteers take part in a test of d-1: each taps on passing" in said
    assert re.search(r"^[0-9A-Z]{5}-[0-9A-Z]{5}  V-1  sex/female$", said, re.MULTILINE)


def test_how_long_a_pass_lasts_is_a_number(van):
    for odd in ("nan", "inf", "0"):
        words = ["start", str(van.table), "--window", odd, "--settings", str(van.settings)]
        told = CliRunner().invoke(app, words)
        assert told.exit_code == 2, told.output
    assert van.book.plan() is None


def test_a_schedule_needs_no_taps(lfr, van):
    at = datetime.now(timezone.utc) + timedelta(minutes=5)
    van.table.write_text(f"time,reference\n{at.isoformat()},V-1\n")
    assert "1 volunteers take part in a test of d-1: 1 passes by the schedule" in lfr(
        "start", van.table
    )


def test_a_pass_is_noted_by_its_code_however_it_is_typed(lfr, codes):
    code = codes["V-1"].lower().replace("-", "")
    assert lfr("mark", code) == "Pass 1 is noted.\n"
    assert json.loads(lfr("mark", codes["V-2"], "--json")) == {"passes": 1}


def test_the_state_of_a_test_can_be_looked_at_while_it_runs(lfr, codes):
    lfr("mark", codes["V-1"])
    assert "1 pass not over yet" in lfr("status")
    told = json.loads(lfr("status", "--json"))
    assert (told["open"], told["beside"], told["rates"][0]["rate"]) == (1, 0, None)
    assert datetime.fromisoformat(told["began_at"]).tzinfo is not None


def test_at_its_end_the_counts_are_in_the_log_and_nobody_is_left(lfr, codes, van):
    an_hour_ago = Book(van.memory, lambda: datetime.now(timezone.utc) - timedelta(hours=1))
    an_hour_ago.mark(codes["V-1"])
    an_hour_ago.note("V-1")
    told = json.loads(lfr("end", "--json"))
    assert set(told) >= {"rates", "gaps", "said", "deployment_id", "volunteers"}
    (recalled,) = [fact for fact in log(van) if fact.what == "recalled"]
    assert (recalled.deployment_id, recalled.volunteers) == ("d-1", 1)
    assert (recalled.passes[0].passes, recalled.passes[0].recognised) == (1, 1)
    assert not any(van.memory.iterdir())
    written = b"".join(file.read_bytes() for file in van.audit.rglob("*") if file.is_file())
    assert not [word for word in (b"V-1", codes["V-1"].encode()) if word in written]
    with pytest.raises(LapsedError, match="No recall test runs"):
        lfr("end")


def test_whoever_ends_it_is_told_of_passes_that_were_not_over(lfr, codes):
    lfr("mark", codes["V-1"])
    assert "1 pass not over yet: left out." in lfr("end")


def test_who_dies_between_the_log_and_the_erasing_says_nothing_twice(lfr, codes, van):
    plan = van.book.require()
    lfr("end")
    van.book.begin(plan)  # as it lies there when the power has not gone
    lfr("end")
    assert [fact.what for fact in log(van)].count("recalled") == 1
    assert not any(van.memory.iterdir())


def test_while_the_van_has_its_log_the_counts_reach_it_all_the_same(lfr, codes, van):
    with open_account(van.audit, "van-1"):
        lfr("end")
    collect(van.audit, "van-1")  # as the van does every few seconds, and the timer after it
    assert [fact.what for fact in log(van)].count("recalled") == 1


def test_a_test_is_of_a_list_in_force(lfr, van):
    van.store.close("d-1", van.ends_at, End.COMMAND)
    with pytest.raises(LapsedError, match="No deployment is held"):
        lfr("start", van.table)
    assert van.book.plan() is None


def test_one_test_at_a_time(lfr, codes, van):
    with pytest.raises(InputError, match="A recall test runs"):
        lfr("start", van.table)


@pytest.mark.timeout(120)
def test_a_phone_taps_on_the_page(codes, van):
    command = [sys.executable, "-m", "appliance", "recall", "page", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--settings", str(van.settings)], stdout=subprocess.PIPE, text=True
    )
    with process:
        address = {line.split()[1]: line.split()[0] for line in (process.stdout.readline(),)}["V-1"]
        assert address.endswith(f"/{codes['V-1']}")
        with urllib.request.urlopen(address, data=b"", timeout=30) as answer:
            assert "Pass 1 is noted" in answer.read().decode()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert [mark.code for mark in van.book.marks()] == [codes["V-1"]]
