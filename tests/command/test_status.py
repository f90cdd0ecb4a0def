"""`lfr deployment status` says what is in force and when it ends, and nothing more hopeful."""

import json
from datetime import datetime, timezone

import pytest
from typer.testing import CliRunner

from appliance.command.deployment import app
from appliance.domain.ending import End
from appliance.watchlist.generation import Label
from appliance.watchlist.keyring import Keyring
from appliance.watchlist.store import Store


@pytest.fixture
def store(tmp_path):
    """A van that holds a list which ends at six, of a deployment that ends at eight."""
    (tmp_path / "held").mkdir()
    (tmp_path / "keys").mkdir(mode=0o700)
    Keyring(tmp_path / "keys").make(1)
    store = Store(tmp_path / "held")
    (tmp_path / "bundle").write_bytes(b"sealed")
    label = Label(deployment_id="d-1", ends_at=at(20), expires_at=at(18))
    store.install({"timestamp.json": b"{}"}, tmp_path / "bundle", label)
    return store


@pytest.fixture
def said(store, tmp_path):
    settings = tmp_path / "van.toml"
    settings.write_text(f"""
[watchlist]
folder = "{store.folder}"
keyring = "{tmp_path / "keys"}"
[tablets]
ledger = "{tmp_path / "ledger"}"
""")

    def run(*options):
        told = CliRunner().invoke(app, ["status", "--settings", str(settings), *options])
        assert told.exit_code == 0, told.output
        return told.output

    return run


def at(hour):
    return datetime(2026, 5, 4, hour, tzinfo=timezone.utc)


def test_a_list_that_ends_before_its_deployment_is_held_no_longer(said):
    assert "d-1 is held until 2026-05-04 18:00 UTC." in said()


@pytest.mark.parametrize("label", [Label(), Label(deployment_id="d-2", ends_at=at(22))])
def test_where_the_newest_list_was_refused_or_is_still_coming_the_one_before_is_told(
    store, said, label
):
    store.install({"timestamp.json": b"{}"}, None, label)
    assert "d-1 is held until" in said()
    assert json.loads(said("--json"))["deployment_id"] == "d-1"


def test_a_list_that_has_not_come_yet_is_not_held(store, said):
    store.strip(store.current())
    assert "No deployment is held. 1 one-time keys are left." in said()


def test_of_a_deployment_that_was_closed_it_is_told_how(store, said):
    store.close("d-1", at(20), End.COMMAND)
    store.strip(store.current())
    assert "d-1 has ended: command." in said()


def test_a_van_that_never_held_any_says_so(store, said):
    store.retire(store.current())
    assert "No deployment is held." in said()


def test_a_program_is_told_times_as_iso_8601(said):
    assert json.loads(said("--json"))["ends_at"] == "2026-05-04T20:00:00+00:00"
