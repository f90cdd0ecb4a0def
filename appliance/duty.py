"""`lfr run`: the van on duty, watched by systemd."""

from __future__ import annotations

import logging
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from appliance import notify
from appliance.domain.ending import EndedError
from appliance.domain.lamp import Lamp
from appliance.errors import LapsedError, SettingsError
from appliance.log import fields
from appliance.van import Ears, look, open_station

if TYPE_CHECKING:
    from collections.abc import Generator

    from appliance.custody import Custody, Law
    from appliance.domain.alert import Alert
    from appliance.domain.decision import Decision
    from appliance.domain.ending import End
    from appliance.settings import Appliance
    from appliance.van import Station, Van

BEAT_S = 1.0
GLANCE_S = 0.2
"""A newer list, a withdrawal or an end is not kept waiting for the next beat."""

_log = logging.getLogger(__name__)


def serve(settings: Appliance) -> None:
    """Look whenever a list is in force, until somebody says stop, a film ends, or something fails.

    Between two deployments it waits with the lamp dark.

    Raises:
        ApplianceError: something is missing or has failed.
    """
    if not settings.camera:
        raise SettingsError("No camera is set.", mend="Add a [[camera]] to the settings.")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with open_station(settings, Ears(alert=_alerted, decision=_decided)) as station:
        if station.eyes.untold:
            # Why, and the mend, says `lfr check`: a path may be too long for a line.
            _log.warning("pictures are not told from faces; see lfr check")
        notify.ready()
        while not stop.is_set():
            law = _await(station, stop)
            if law is not None and _deploy(station, law, stop):
                break
        notify.stopping()


def _await(station: Station, stop: threading.Event) -> Law | None:
    """Wait for a list that may be used here and now; None where somebody says stop."""
    custody = station.custody
    while not stop.is_set():
        law = custody.seek()
        if law is not None:
            return law
        if station.failure:
            raise station.failure
        lamp = _waiting(custody)
        station.panel.show(lamp)
        station.tell(lamp)
        notify.alive()
        notify.status(f"not looking: {custody.trouble or 'no list is in force'}")
        _pause(station, stop)
    return None


def _waiting(custody: Custody) -> Lamp:
    """Be dark, unless a list is being opened, or something has ended that the disk holds on to."""
    if custody.unfinished:
        return Lamp.FAULT
    return Lamp.UPDATING if custody.updating else Lamp.OFF


def _deploy(station: Station, law: Law, stop: threading.Event) -> bool:
    """Look under one law; tell whether that was all there is to do."""
    try:
        with _ending(station), look(station, law) as van:
            _look(van, stop)
            return True
    except EndedError:
        return False
    except LapsedError as error:
        _log.warning("the van looks no more", exc_info=error)
        station.custody.drop()
        return False


@contextmanager
def _ending(station: Station) -> Generator[None]:
    """End what has ended, also where something fails on the way out: it must not come back."""
    end: End | None = None
    try:
        yield
    except BaseException as error:
        end = _end_in(error)
        raise
    finally:
        end = end or station.custody.asked
        if end is not None:
            station.end(end)


def _end_in(error: BaseException | None) -> End | None:
    while error is not None and not isinstance(error, EndedError):
        error = error.__context__
    return error.end if error else None


def _look(van: Van, stop: threading.Event) -> None:
    frames = -1
    while van.watch.looking and not _pause(van.station, stop):
        van.beat()
        # The watchdog hears of frames, not of this thread: a van that sees nothing new is stuck,
        # unless it knows that a camera is lost and is opening it again.
        if van.tally.frames > frames or van.watch.lost:
            notify.alive()
        frames = van.tally.frames
        notify.status(f"{van.tally.faces_seen} faces seen, {van.tally.alerts} alerts")
    if van.watch.failure:
        van.beat()


def _pause(station: Station, stop: threading.Event) -> bool:
    """Wait for the next beat, or for something that cannot wait; tell whether to stop."""
    for _ in range(round(BEAT_S / GLANCE_S)):
        if stop.wait(GLANCE_S) or station.urgent:
            break
    return stop.is_set()


def _alerted(alert: Alert) -> None:
    _log.info("alert", extra=fields(alert_id=alert.id, camera=alert.camera))


def _decided(decision: Decision) -> None:
    _log.info(
        "decision",
        extra=fields(alert_id=decision.alert_id, tablet=decision.tablet, answer=decision.word),
    )
