"""The tools that read the code are of one mind with us: they find nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent
TOOLS = {
    "ruff": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
    "pyright": ["pyright", "--pythonpath", sys.executable],
    "imports": ["lint-imports"],
    "spelling": ["codespell"],
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("tool", TOOLS)
def test_the_tools_find_nothing(tool):
    program, *arguments = TOOLS[tool]
    command = [PROGRAMS / program, *arguments]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
