"""The demo's last scene: the log is proved, and its deployment's public record made of it."""

from __future__ import annotations

import os
import webbrowser
from typing import TYPE_CHECKING

from appliance.oversight import keys
from appliance.oversight.proof import Proof
from appliance.oversight.record.press import publish
from appliance.oversight.record.source import draw
from engines.packs import cache_folder

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.demo.screen import Screen

FOLDER = "record"
"""In the cache: it outlives the demo, until the next."""
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


def publish_record(audit: Path, screen: Screen) -> dict[str, object]:
    """Look through the van's log, as anybody can who has a copy, and show what the public gets.

    Args:
        audit: The folder of key and log, as `oversight.folder` names it.
        screen: Where it is told.

    Returns:
        `log_entries, log_root, record`: the last is the page's file.

    Raises:
        TrustError: the log is not whole.
        InputError: the record cannot be written.
    """
    told = draw(Proof(audit / keys.LOG, keys.public(audit)))
    folder = cache_folder() / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    page = publish(told, folder)[0]
    screen.say(f"Log       {told.log.entries} entries, all of them proved; root {told.log.root}")
    screen.say(f"Record    {page.as_uri()}", "bold")
    if screen.live and any(os.environ.get(name) for name in DISPLAYS):
        webbrowser.open(page.as_uri())
    return {"log_entries": told.log.entries, "log_root": told.log.root, "record": str(page)}
