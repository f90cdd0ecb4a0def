"""The kernels neither read nor write beside their memory, nor do what C++ leaves undefined."""

import subprocess
import sys

import pytest

from tests.kernels.build import ROOT, sanitized_environment

FILES = (
    "test_search.py", "test_gallery.py",
    "test_letterbox.py", "test_warp.py", "test_gauge.py", "test_region.py", "test_erase.py",
)  # fmt: skip
SOME = (
    "few_rows or every_length or up_to_64 or no_number or after_the_last or merging or erasing"
    " or answer_on_any_list or (same_answer and 65-17)"
    " or letterbox or warp or gauge or region or erase"
)
"""Tests that together walk every path: under a sanitizer a fiber is slow to change."""


@pytest.mark.timeout(900)
def test_under_the_sanitizers():
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout=400"]
    run = subprocess.run(
        [*command, "-k", SOME, *(f"tests/kernels/{file}" for file in FILES)],
        cwd=ROOT, env=sanitized_environment() | {"KERNELS_SANITIZE": "1"}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
