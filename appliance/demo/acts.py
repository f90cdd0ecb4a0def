"""What the demo's force does while the film runs: a newer list, and somebody is taken off."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from appliance.tablets.notice import notify

if TYPE_CHECKING:
    from appliance.demo.van import Force
    from appliance.settings import Appliance
    from appliance.van import Van

TICK_S = 0.05
LIMIT_S = 60.0
"""Six times what a withdrawal may take: on a slow computer the demo says how long it was."""


def renew(force: Force, settings: Appliance) -> None:
    """Publish a newer list of the same deployment, and give the van notice."""
    force.desk.publish(same=True)
    _give_notice(settings)


def withdraw(van: Van, force: Force, settings: Appliance) -> float | None:
    """Have one signer take the first person off, and wait until van and tablets are told.

    Returns:
        Seconds from the notice on; None where it took too long.
    """
    law, custody = van.law, van.station.custody
    if law is None:
        return None
    before = custody.taken_off
    force.desk.withdraw(law.watchlist.subjects[0].reference)
    began_s, pause = time.monotonic(), threading.Event()
    _give_notice(settings)
    while custody.taken_off == before and time.monotonic() - began_s < LIMIT_S:
        force.courier.tend()
        van.beat()
        pause.wait(TICK_S)
    return None if custody.taken_off == before else time.monotonic() - began_s


def _give_notice(settings: Appliance) -> None:
    # A van's broker lets nobody else say so.
    notify(settings.tablets.model_copy(update={"username": "desk"}), settings.van)
