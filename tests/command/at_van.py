"""A van of its own: its commands, and what of a list is on its disk."""

import os
import subprocess
import sys


def lfr(born, *arguments):
    settings = born.folder / "update.toml"
    return subprocess.run(
        [sys.executable, "-m", "appliance", *arguments, "--settings", str(settings)],
        capture_output=True, text=True, check=False, env=os.environ,
    )  # fmt: skip


def held(born):
    """What of the list is on the disk: keys, and bundles."""
    keys = {file.name for file in born.settings.watchlist.keyring.iterdir()}
    return keys, list(born.settings.watchlist.folder.rglob("*.age"))
