"""With what a browser comes to the demo's page by TLS: a certificate, or a Chromium that has it."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from provisioning import disk
from provisioning.desk import luggage

if TYPE_CHECKING:
    from pathlib import Path

    from provisioning.trial import TrialRoster

BROWSER = "chromium"
TOOLS = ("certutil", "pk12util")
"""Of NSS (libnss3-tools), which keeps Chromium's certificates on Linux: in the home's STORE."""
STORE = (".pki", "nssdb")
TOOL_S = 20
STRANGE = "/snap/"
"""A browser from there has a home of its own, and may not look into ours."""
SCRIPT = """\
export XAUTHORITY="${{XAUTHORITY:-$HOME/.Xauthority}}" HOME={home}
exec {browser} --user-data-dir={profile} --no-first-run {url}
"""


@dataclass(frozen=True)
class Ticket:
    """What one tablet's browser is given."""

    p12: Path
    password: str = field(repr=False)
    script: Path | None
    """Starts a Chromium that has everything already; None where none can be made ready."""

    def told(self) -> list[str]:
        """Say in lines how the page is opened."""
        own = [
            f"With your own browser: import {self.p12}, password {self.password}",
            "  Chromium: Settings, Privacy and security, Security, Manage certificates",
            "  Firefox: Settings, Privacy & Security, View Certificates, Your Certificates",
            "  Go on where it warns of an unknown authority; take the certificate out afterwards.",
        ]
        ready = [f"With a Chromium that is thrown away: sh {self.script}"] if self.script else []
        return [*ready, *own]


def write_ticket(folder: Path, roster: TrialRoster, tablet: str, url: str) -> Ticket:
    """Put into the folder what a browser needs to be that tablet.

    Raises:
        MachineError: the disk refuses it.
    """
    p12, password = folder / f"{tablet}.p12", luggage.password()
    own = roster.authority.own.certificate
    disk.write(p12, luggage.p12(roster.tablets[tablet].tls, own, password))
    ready = _make_home(folder / "home", p12, password, roster.folder / "ca.pem")
    return Ticket(p12, password, _write_script(folder, url) if ready else None)


def _make_home(home: Path, p12: Path, password: str, authority: Path) -> bool:
    """Make a home in which Chromium has the certificate, and trusts the demo's authority."""
    browser = shutil.which(BROWSER)
    if not browser or browser.startswith(STRANGE) or not all(map(shutil.which, TOOLS)):
        return False
    store = home.joinpath(*STORE)
    disk.make_room(store)
    place = ["-d", f"sql:{store}"]
    commands = (
        ["certutil", "-N", *place, "--empty-password"],
        ["pk12util", "-i", str(p12), *place, "-w", "/dev/stdin"],
        ["certutil", "-A", *place, "-n", "demo", "-t", "C,,", "-i", str(authority)],
    )
    try:
        for command in commands:
            subprocess.run(  # noqa: S603  # all our own words
                command, check=True, capture_output=True, input=password.encode(), timeout=TOOL_S
            )
    except (subprocess.SubprocessError, OSError):
        return False
    return True


def _write_script(folder: Path, url: str) -> Path:
    home, script = folder / "home", folder / "browser.sh"
    words = {"home": home, "profile": home / "profile", "browser": BROWSER, "url": url}
    text = SCRIPT.format(**{name: shlex.quote(str(word)) for name, word in words.items()})
    disk.write(script, text.encode())
    return script
