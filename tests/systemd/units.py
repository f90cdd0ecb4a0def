"""The units as systemd puts them together: each with what holds for every service of ours."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "systemd"
SANDBOX = UNITS / "lfr-.service.d" / "10-sandbox.conf"
SERVICES = sorted(file.name for file in UNITS.glob("*.service"))
RULES = ROOT / "udev" / "99-lfr.rules"
LEDGER, AUDIT = "/var/lib/lfr/ledger", "/var/lib/lfr/audit"
INTERIM = "/run/lfr-interim"
LISTS, KEYRING, PUBLIC = "/var/lib/lfr/watchlist", "/var/lib/lfr/keyring", "/var/lib/lfr/public"
EVERY = sorted(file for file in UNITS.rglob("*") if file.is_file())


def ask(*command, cwd=None):
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False, cwd=cwd)
    return done.returncode, done.stdout + done.stderr


def parse(*files):
    """Read `Key=value` lines of files that follow each other: all values of a key, in order."""
    found: dict[str, list[str]] = {}
    for file in files:
        for line in file.read_text("utf-8").splitlines():
            key, equals, value = line.partition("=")
            if equals and not line.startswith("#"):
                found.setdefault(key, []).append(value)
    return found


def service(name):
    return parse(UNITS / name, SANDBOX)


def words(settings, key):
    return " ".join(settings.get(key, [])).split()
