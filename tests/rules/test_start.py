"""Whoever repeats a proof types `./run test NAME`, which ends well where these tests do."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCK = "requirements-test.lock"
SAYS = """#!/bin/sh
[ "$2" = pytest ] || { echo "I make something: $*"; exit; }
shift 2
printf "%s\\n" "$@"
"""
"""In the place of Python: what it is asked for, behind `-m pytest`."""


@pytest.fixture
def ask(tmp_path):
    """Have a checkout whose environment is made already, and give what the tests are asked for."""
    for name in ("run", LOCK, "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(SAYS)
    python.chmod(0o755)
    made = subprocess.check_output(["sh", "-c", f"cat {LOCK} pyproject.toml | cksum"], cwd=tmp_path)
    (tmp_path / ".venv" / f"{LOCK}.stamp").write_bytes(made)

    def run(*words, made=True):
        if not made:
            (tmp_path / ".venv" / f"{LOCK}.stamp").unlink()
        command = ["sh", str(tmp_path / "run"), "test", *words]
        return subprocess.check_output(command, text=True).splitlines()

    return run


@pytest.mark.parametrize("words", [(), ("-m", "not jetson"), ("-x",)])
def test_the_whole_of_it_has_to_reach_every_line(ask, words):
    said = ask(*words)
    assert "--cov-fail-under=100" in said
    assert said[len(said) - len(words) :] == [*words]


@pytest.mark.parametrize(
    "words", [("tests/rules",), ("-q", "tests/rules/test_size.py::test_a b"), ("tests/rules", "-x")]
)
def test_some_tests_by_name_have_not(ask, words):
    assert ask(*words) == [*words]


def test_what_is_made_first_is_no_part_of_what_a_command_prints(ask):
    assert ask("tests/rules", made=False) == ["tests/rules"]
    assert ask("tests/rules") == ["tests/rules"]
