"""NVIDIA's compiler as a library, for machines without nvcc: fetched once into the user's cache."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.jetson.cubins import find_compiler
from engines.packs import cache_folder

if TYPE_CHECKING:
    import pytest

    from appliance.jetson.cubins import Compiler

LOCKS = Path(__file__).with_name("locks")
PIP = (
    *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
    *("--require-hashes", "--no-deps", "--no-input", "--only-binary=:all:"),
)


def fetch(major: int) -> Path:
    """Install NVRTC of CUDA 12.6 (23 MB, as JetPack 6 has it) or of 13.2 (as JetPack 7.2 has it).

    Returns:
        A folder that belongs on Python's path.

    Raises:
        CalledProcessError: it cannot be downloaded; pip's words are on stderr.
    """
    lock = LOCKS / f"nvrtc-{major}.lock"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    folder = cache_folder() / f"nvrtc-{major}-{digest}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=folder.parent) as work:
            packages = Path(work, "packages")
            subprocess.run([*PIP, "--target", str(packages), "-r", str(lock)], check=True)
            try:
                packages.rename(folder)
            except OSError:
                if not folder.exists():  # else somebody else was faster
                    raise
    return folder


def find_nvrtc(major: int, monkeypatch: pytest.MonkeyPatch) -> Compiler:
    """Let the production code find it, where nothing else is installed."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "path", [str(fetch(major))])
    return find_compiler(Path("/nowhere"))
