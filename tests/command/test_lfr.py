"""The command itself: what it offers, and that whatever fails is one line."""

import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from appliance import __main__ as command
from appliance.command.words import spell_out
from appliance.errors import InputError, SettingsError


def test_every_command_is_told_about():
    shown = CliRunner().invoke(command.app, ["--help"])
    assert shown.exit_code == 0
    for name in ("demo", "run", "panel", "update", "check", "engines", "bench"):
        assert name in shown.output
    assert "--install-completion" in shown.output


def test_a_known_error_is_one_line_and_its_family_s_exit_code(monkeypatch, capsys):
    def refuse(**_):
        raise SettingsError("The lamp has no pins.", mend="Name them.")

    monkeypatch.setattr(command, "app", refuse)
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 78
    assert capsys.readouterr().err == "lfr: The lamp has no pins. Name them.\n"


@pytest.mark.parametrize("name", ["[/x]", "[bold]", ":smile:", "1234"])
def test_whatever_a_file_is_called_is_said_as_it_is(monkeypatch, capsys, name):
    def refuse(**_):
        raise InputError(f"{name}\x1b[2J\u202e cannot be read.", mend="Name another file.")

    monkeypatch.setattr(command, "app", refuse)
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 65
    assert capsys.readouterr().err == f"lfr: {name}?[2J? cannot be read. Name another file.\n"


def test_a_fault_of_ours_tells_its_place_and_nothing_of_its_content(monkeypatch, capsys):
    def break_down(**_):
        raise KeyError("somebody's name")

    monkeypatch.setattr(command, "app", break_down)
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 70
    said = capsys.readouterr().err
    assert "KeyError" in said
    assert "somebody" not in said


@pytest.mark.timeout(60)
def test_run_without_settings_says_where_they_belong(tmp_path):
    environment = {**os.environ, "LFR_SETTINGS": str(tmp_path / "van.toml")}
    ended = subprocess.run(
        [sys.executable, "-m", "appliance", "run"],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert ended.returncode == 78
    assert "van.toml" in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["bench", "alert", "--json"], ["bench", "alert", "--json", "-"]),
        (["bench", "alert", "--json", "--browser"], ["bench", "alert", "--json", "-", "--browser"]),
        (["bench", "alert", "--json", "a.json"], ["bench", "alert", "--json", "a.json"]),
        (["bench", "alert", "--json", "-"], ["bench", "alert", "--json", "-"]),
        (["check", "--json"], ["check", "--json"]),
        ([], []),
    ],
)
def test_figures_go_to_the_output_where_no_file_is_named(typed, meant):
    assert spell_out(typed) == meant
