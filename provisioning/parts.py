"""Parts that only some machines lack, fetched with pip from a hash-locked list of our own."""

from __future__ import annotations

import sys
from pathlib import Path

LOCKS = Path(__file__).with_name("locks")
SILENCE_S = 5
"""A registry that says nothing for so long is not there."""


def pip_install(lock: str, target: str) -> list[str]:
    """Name the command that installs a list into a folder; it gives up within seconds.

    Args:
        lock: File in `locks/`.
        target: Folder, which the command makes.
    """
    return [
        sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps",
        "--only-binary=:all:", "--disable-pip-version-check", "--retries=0",
        f"--timeout={SILENCE_S}", f"--target={target}", f"--requirement={LOCKS / lock}",
    ]  # fmt: skip
