"""The demo's tablets: their broker, the page that whoever watches opens, and one without a screen.

With TLS all go the way of a van's: each has a certificate, and may what a tablet may.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.demo.ticket import write_ticket
from appliance.demo.van import VAN
from appliance.errors import ApplianceError
from appliance.settings import TabletSettings
from appliance.tablets.handheld import Handheld
from engines.packs import cache_folder
from provisioning.broker import open_broker
from provisioning.page import Trial, open_page, page_files
from provisioning.trial import HOST, make_roster

if TYPE_CHECKING:
    from collections.abc import Generator
    from contextlib import ExitStack
    from pathlib import Path

    from appliance.demo.screen import Screen
    from provisioning.broker import Broker
    from provisioning.trial import TrialRoster

SHOWN, SILENT = "tablet-1", "tablet-0"
"""Whoever opens the page holds the first; the second has no screen, and measures the way."""


@dataclass(frozen=True)
class Tablets:
    """Those of one demo."""

    broker: Broker
    roster: TrialRoster
    _folder: Path
    _tls: bool

    def silent(self) -> Handheld:
        """Give the one without a screen, which comes when its context begins."""
        settings = TabletSettings(port=self.broker.port)
        if self.broker.tls_port:
            own = self.roster.tablets[SILENT]
            settings = TabletSettings(
                host=HOST,
                port=self.broker.tls_port,
                ca_file=self.roster.folder / "ca.pem",
                certificate=own.certificate,
                key=own.key,
            )
        return Handheld(settings, VAN, SILENT)

    def show(self, stack: ExitStack, screen: Screen) -> None:
        """Serve the page while the stack is open, and say how it is opened, or why not at all."""
        try:
            url = stack.enter_context(self._page())
        except ApplianceError as error:
            screen.say(f"No tablet page: {error.advice()}", "yellow")
            screen.say("Tablet    none", "bold")
            return
        screen.say(f"Tablet    {url}", "bold")
        if self._tls:
            for line in write_ticket(self._folder, self.roster, SHOWN, url).told():
                screen.say(f"          {line}")

    @contextmanager
    def _page(self) -> Generator[str]:
        files = page_files(cache_folder() / "page")
        trial = Trial(SHOWN, {SHOWN: self.roster.tablets[SHOWN].signing})
        tls = self.roster.folder if self._tls else None
        with open_page(files, self.broker.page_port, VAN, trial, tls) as url:
            yield url


@contextmanager
def open_tablets(folder: Path, *, tls: bool) -> Generator[Tablets]:
    """Run their broker until the context ends.

    Args:
        folder: Where certificates and configuration may lie meanwhile.
        tls: Have them come by TLS, with certificates.

    Raises:
        MachineError: there is no broker, or none that speaks TLS.
    """
    place = folder / "tablets"
    roster = make_roster(place, (SHOWN, SILENT))
    cache = cache_folder() / "broker"
    with open_broker(folder, cache, (), roster.folder if tls else None, VAN) as broker:
        yield Tablets(broker, roster, place, tls)
