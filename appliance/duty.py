"""`lfr run`: the van on duty, watched by systemd."""

from __future__ import annotations

import logging
import signal
import threading
from typing import TYPE_CHECKING

from appliance import notify
from appliance.app import Ears, open_van
from appliance.errors import SettingsError
from appliance.log import fields

if TYPE_CHECKING:
    from appliance.app import Van
    from appliance.domain.alert import Alert
    from appliance.domain.decision import Decision
    from appliance.settings import Appliance

BEAT_S = 1.0

_log = logging.getLogger(__name__)


def serve(settings: Appliance) -> None:
    """Look until somebody says stop, a film ends, or something fails.

    Raises:
        ApplianceError: something is missing, has ended or has failed.
    """
    if not settings.camera:
        raise SettingsError("No camera is set.", mend="Add a [[camera]] to the settings.")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with open_van(settings, Ears(alert=_alerted, decision=_decided)) as van:
        notify.ready()
        _look(van, stop)
        notify.stopping()


def _look(van: Van, stop: threading.Event) -> None:
    frames = -1
    while van.watch.looking and not stop.wait(BEAT_S):
        van.beat()
        # The watchdog hears of frames, not of this thread: a van that sees nothing new is stuck,
        # unless it knows that a camera is lost and is opening it again.
        if van.tally.frames > frames or van.watch.lost:
            notify.alive()
        frames = van.tally.frames
        notify.status(f"{van.tally.faces_seen} faces seen, {van.tally.alerts} alerts")
    if van.watch.failure:
        van.beat()


def _alerted(alert: Alert) -> None:
    _log.info("alert", extra=fields(alert_id=alert.id, camera=alert.camera))


def _decided(decision: Decision) -> None:
    _log.info("decision", extra=fields(alert_id=decision.alert_id))
