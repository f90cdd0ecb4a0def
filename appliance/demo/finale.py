"""The demo's last scene: the deployment is closed, and its public record made of a proved log."""

from __future__ import annotations

import os
import webbrowser
from typing import TYPE_CHECKING, Protocol

from appliance.app import now
from appliance.deployment.closing import close
from appliance.errors import ApplianceError
from appliance.oversight import keys
from appliance.oversight.proof import Proof
from appliance.oversight.record.card import attach, read_cards
from appliance.oversight.record.press import publish
from appliance.oversight.record.source import draw
from engines.packs import CARDS, cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.demo.screen import Screen
    from appliance.settings import Appliance

FOLDER = "record"
"""In the cache: it outlives the demo, until the next."""
OVER = "The demo is over, and its officers have gone home."
PLANTED = 4
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


def close_all(settings: Appliance, screen: Screen) -> None:
    """Close what the demo has opened, as a van's crew does; nobody is left to end an alert.

    Raises:
        ApplianceError: something cannot be closed.
    """
    done = close(settings, now)
    if done.unended:
        screen.say(f"Settled   {len(done.unended)} alerts that nobody has answered to the end")
        close(settings, now, {one.code: OVER for one in done.unended})


def publish_record(settings: Appliance, screen: Screen) -> dict[str, object]:
    """Look through the van's log, as anybody can who has a copy, and show what the public gets.

    Args:
        settings: The van's.
        screen: Where it is told.

    Returns:
        `log_entries, log_root, record`: the last is the page's file.

    Raises:
        TrustError: the log is not whole.
        InputError: the record cannot be written.
    """
    audit = settings.oversight.folder
    drawn = draw(Proof(audit / keys.LOG, keys.public(audit)))
    told = attach(drawn, read_cards([CARDS]))
    page, log = publish(told, cache_folder() / FOLDER)[0], told.log
    screen.say(f"Log       {log.entries} entries, all of them proved; root {log.root}")
    screen.say(f"Record    {page.as_uri()}", "bold")
    if screen.live and any(os.environ.get(name) for name in DISPLAYS):
        webbrowser.open(page.as_uri())
    return {"log_entries": log.entries, "log_root": log.root, "record": str(page)}


class Verdict(Protocol):
    """What an audit of deletion came to."""

    @property
    def residues(self) -> int:
        """Of so many faces something was left."""
        ...

    @property
    def proven(self) -> bool:
        """Whether there was none, and each had been found while it was in view."""
        ...

    @property
    def sentence(self) -> str:
        """All of it in a line."""
        ...


class Audit(Protocol):
    """Shows another van faces of nobody, and looks for what is left of them."""

    def __call__(
        self, passings: int, tell: Callable[[str, int, int], None], *, spoilt: bool
    ) -> Verdict:
        """Do it with so many faces."""
        ...


def put_to_test(audit: Audit, screen: Screen) -> dict[str, object]:
    """Have it audited that nothing is left of whoever has passed.

    Returns:
        `deletion_residues`: of so many faces something was found; None where nobody could look.
    """
    with screen.progress("Looking for what is left of faces") as bar:
        try:
            verdict = audit(PLANTED, lambda _, done, of: bar(done, of), spoilt=False)
        except ApplianceError as error:
            screen.say(f"Deletion  not put to the test: {error} {error.mend}", "yellow")
            return {"deletion_residues": None}
    screen.say(f"Audit     {verdict.sentence}", "bold green" if verdict.proven else "bold red")
    return {"deletion_residues": verdict.residues}
