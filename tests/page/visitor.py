"""Debian's Chromium as a force gives it out: its own TLS, its store of certificates, a policy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from urllib.parse import urlsplit

from provisioning.desk import luggage
from tests.page.cast import Tablet

WORDS = "rain on a visor"
SWITCHES = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
# Policies have one place, which is the whole machine's: here they are this browser's alone.
APART = """#!/bin/sh
exec {unshare} sh -c 'mount --bind "$0" /etc/chromium && exec {chromium} "$@"' {etc} "$@"
"""


def make_home(home, roster, tablet=None):
    """Make a home in which the force is trusted, and which has a tablet's certificate."""
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    place = ["-d", f"sql:{store}"]
    _tool("certutil", "-N", *place, "--empty-password")
    ca = roster.folder / "ca.pem"
    _tool("certutil", "-A", *place, "-n", "force", "-t", "C,,", "-i", ca)
    if tablet:
        p12 = home / f"{tablet}.p12"
        own = roster.authority.own.certificate
        p12.write_bytes(luggage.p12(roster.tablets[tablet].tls, own, WORDS))
        _tool("pk12util", "-i", p12, *place, "-W", WORDS)
    return home


@contextmanager
def visiting(engine, folder, home, url):
    """Give the first page of a browser that shows a certificate of its home without a question."""
    origin = "://".join(urlsplit(url)[:2])
    choice = json.dumps({"pattern": origin, "filter": {}})
    managed = folder / "etc" / "policies" / "managed"
    managed.mkdir(parents=True)
    (managed / "lfr.json").write_text(json.dumps({"AutoSelectCertificateForUrls": [choice]}))
    start = folder / "chromium"
    unshare = "unshare --mount" if os.geteuid() == 0 else "unshare -rm"
    chromium = shutil.which("chromium")
    start.write_text(APART.format(unshare=unshare, chromium=chromium, etc=folder / "etc"))
    start.chmod(0o755)
    context = engine.chromium.launch_persistent_context(
        folder / "profile",
        executable_path=start,
        args=SWITCHES,
        env={**os.environ, "HOME": str(home)},
    )
    yield Tablet(context.pages[0])
    context.close()


def _tool(*command):
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
