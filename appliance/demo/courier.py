"""Runs `lfr update` as a van's systemd does: at the start, and whenever a notice has come."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from appliance.errors import MachineError

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.settings import Appliance

LIMIT_S = 120


class Courier:
    """Starts the update, in a process of its own that has no key which opens a list.

    Args:
        settings: The van's.
        file: Where the update's part of them is written.
    """

    def __init__(self, settings: Appliance, file: Path) -> None:
        self._notice, self._file = settings.watchlist.notice, file
        self._running: subprocess.Popen[bytes] | None = None
        file.write_text(_write(settings), encoding="utf-8")

    def fetch(self) -> None:
        """Bring what is published, and wait for it.

        Raises:
            MachineError: it could not be brought.
        """
        with self._start() as process:
            if process.wait(LIMIT_S):
                raise MachineError(
                    "The update brought nothing.", mend="Run the demo again, and report this."
                )

    def tend(self) -> None:
        """Start an update where a notice has come; never waits."""
        if self._running is not None and self._running.poll() is not None:
            self._running.wait()
            self._running = None
        if self._running is None and self._notice.exists():
            self._notice.unlink()
            self._running = self._start()

    def close(self) -> None:
        """Wait for the one that runs."""
        if self._running is not None:
            self._running.wait(LIMIT_S)

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "appliance", "update", "--settings", str(self._file)]
        return subprocess.Popen(  # noqa: S603  # all our own words
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )


def _write(settings: Appliance) -> str:
    lists = settings.watchlist
    words = {
        "root": lists.root, "source": lists.source, "folder": lists.folder,
        "keyring": lists.keyring, "notice": lists.notice,
    }  # fmt: skip
    lines = [f"van = {_quote(settings.van)}", f"[vision]\npack = {_quote(settings.vision.pack)}"]
    tablets = settings.tablets
    lines += [f"[tablets]\nledger = {_quote(tablets.ledger)}\noutbox = {_quote(tablets.outbox)}"]
    lines += [f"[oversight]\nfolder = {_quote(settings.oversight.folder)}"]
    lines += ["[watchlist]", *(f"{name} = {_quote(value)}" for name, value in words.items())]
    return "\n".join(lines) + "\n"


def _quote(value: object) -> str:
    # Of texts and lists of them, TOML reads what JSON writes.
    return json.dumps(value, default=str, ensure_ascii=False)
