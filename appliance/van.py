"""The van, whole: what stays while deployments come and go, and what looks during one."""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from appliance.account import open_account
from appliance.app import now, open_eyes, open_machine, open_match, open_pipeline
from appliance.counting import Span, misheard, told
from appliance.custody import Custody
from appliance.domain.ending import End
from appliance.domain.lamp import Lamp
from appliance.domain.times import Times
from appliance.errors import LapsedError
from appliance.lamp import Alarm, open_lamp
from appliance.tablets.broker import open_link
from appliance.tablets.wire import State
from appliance.watch import Watch

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Generator
    from pathlib import Path

    from appliance.account import Account
    from appliance.custody import Law
    from appliance.domain.alert import Alert
    from appliance.domain.decision import Decision
    from appliance.domain.tally import Tally
    from appliance.lamp import DistantPanel
    from appliance.machine import Machine
    from appliance.panel import Panel
    from appliance.pipeline import Pipeline
    from appliance.settings import Appliance
    from appliance.tablets import wire
    from appliance.tablets.broker import Link
    from appliance.vision.eyes import Eyes

_log = logging.getLogger(__name__)


def _nobody(*_: object) -> None:
    """Listen to nothing."""


@dataclass(frozen=True)
class Ears:
    """Who else wants to know; each is called in the thread where it happens."""

    lamp: Callable[[Lamp], None] = _nobody
    alert: Callable[[Alert], None] = _nobody
    decision: Callable[[Decision], None] = _nobody
    seen: Callable[[str, float], None] = _nobody


@dataclass(frozen=True)
class Station:
    """What stays while deployments come and go: networks, link, lamp. Nothing looks."""

    settings: Appliance
    machine: Machine[Any]
    eyes: Eyes[Any]
    custody: Custody
    link: Link
    panel: Panel | DistantPanel
    ears: Ears
    seen_ms: Times
    alarm: Alarm
    """Whether the lamp is to show an alert."""
    account: Account

    @property
    def failure(self) -> BaseException | None:
        """What has ended the link, or the log; nobody may be looked for without them."""
        return self.link.failure or self.account.failure

    @property
    def urgent(self) -> bool:
        """Whether something is to be done before the next beat."""
        seen = self.panel.state is Lamp.ALERT and not self.alarm.ringing
        return seen or self.custody.urgent

    def tell(self, lamp: Lamp) -> None:
        """Tell the tablets what the van does."""
        self.link.state(state(self.custody, lamp))

    def end(self, end: End) -> None:
        """Destroy the list; lamp and tablets say so, whatever the disk says to it."""
        law = self.custody.law
        try:
            self.custody.end(end)
            if law is not None:
                self.account.close(law, end)
        finally:
            self.tell(Lamp.OFF)
            self.panel.show(Lamp.OFF)


def state(custody: Custody, lamp: Lamp) -> State:
    """Say what the tablets always show."""
    law = custody.law
    if law is None:
        return State(lamp=lamp, ended=custody.ended)
    head, authority = law.watchlist.head, law.deployment.authority
    return State(
        lamp=lamp,
        watchlist_id=head.watchlist_id,
        subjects=len(law.watchlist.subjects),
        list_expires_at=head.expires_at,
        deployment_id=authority.deployment_id,
        authority_ends_at=authority.ends_at,
    )


@contextmanager
def open_station(settings: Appliance, ears: Ears) -> Generator[Station]:
    """Load the networks, link the tablets and take the lamp, which stays dark.

    Raises:
        ApplianceError: something is not there.
    """
    with ExitStack() as stack:
        machine = open_machine(settings)
        eyes = open_eyes(machine, settings.vision)
        kept = settings.oversight
        opened = open_account(kept.folder, settings.van, kept.force, kept.interim)
        account = stack.enter_context(opened)
        custody = Custody(settings, eyes.pack.model_id, now)
        stack.callback(custody.drop)
        seen_ms = Times()
        seen = partial(_seen, ears, seen_ms)
        notice = partial(_touch, settings.watchlist.notice)
        decided = _each(account.decide, ears.decision)
        link = stack.enter_context(
            open_link(settings.tablets, settings.van, decided, seen, custody.now, notice)
        )
        say, close = partial(state, custody), partial(custody.ask, End.BUTTON)
        alarm = Alarm()
        felt = _each(account.feel, ears.lamp)
        panel = stack.enter_context(
            open_lamp(settings.panel, link, say, felt, close, alarm.acknowledge)
        )
        yield Station(settings, machine, eyes, custody, link, panel, ears, seen_ms, alarm, account)


@dataclass
class Van:
    """The appliance while it looks: lit, lawful and linked."""

    station: Station
    watch: Watch[Any]
    span: Span
    before: Counter[str]
    """What the link had misheard before this deployment."""

    @property
    def tally(self) -> Tally:
        """What has been counted so far."""
        return self.watch.pipeline.tally

    @property
    def law(self) -> Law | None:
        """What is in force."""
        return self.station.custody.law

    def beat(self) -> None:
        """Take what is new, tell lamp and tablets how it is, raise what has failed; once a second.

        Raises:
            EndedError: the deployment is over; `Station.end` is to follow.
            BaseException: what ended the vision thread or the link.
        """
        station = self.station
        failure = self.watch.failure or station.failure
        station.panel.show(self._lamp(failure))
        station.tell(station.panel.state)
        station.link.tally(self._count())
        if failure:
            raise failure
        station.custody.tend(self.watch.pipeline.handover, station.link)
        self._account()

    def _count(self) -> wire.Tally:
        return told(self._deployment_id, self.tally, self.station.link, self.before)

    @property
    def _deployment_id(self) -> str | None:
        return self.law.deployment.authority.deployment_id if self.law else None

    def _account(self) -> None:
        station, law, watch = self.station, self.law, self.watch
        if law is not None:
            misread = station.link.refused + station.link.unheard
            taken_off = station.custody.taken_off
            station.account.tend(law, watch.pipeline.match, taken_off, misread)
            looking = watch.looking and not (watch.lost or watch.stuck)
            self.span.tend(law.deployment.authority.deployment_id, looking=looking)

    def _lamp(self, failure: BaseException | None) -> Lamp:
        if self.watch.stuck or (failure and not isinstance(failure, LapsedError)):
            return Lamp.FAULT
        link, custody = self.station.link, self.station.custody
        if failure or self.watch.lost or not link.connected or custody.trouble:
            return Lamp.DEGRADED
        if self.station.alarm.ringing:
            return Lamp.ALERT
        return Lamp.UPDATING if custody.updating else Lamp.LOOKING


@contextmanager
def look(station: Station, law: Law) -> Generator[Van]:
    """Light the lamp and look, under one law, until the context ends; everything is erased then.

    Raises:
        ApplianceError: the law is not in force, or something failed; nothing was looked at.
    """
    settings, panel = station.settings, station.panel
    with ExitStack() as stack:
        clock = station.custody.now
        match = open_match(station.machine, station.eyes, law, settings.matching, clock)
        stack.callback(match.close)
        lit = panel.light()
        stack.callback(_darken, station)
        cameras = [
            stack.enter_context(station.machine.open_camera(c, lit)) for c in settings.camera
        ]
        pipeline = open_pipeline(settings, station.eyes, match, cameras, partial(_send, station))
        _listen(station, pipeline)
        watch = Watch(pipeline, cameras)
        # Whoever was taken off while nothing ran may have an alert that is still under way.
        station.link.withdraw(pipeline.handover.withdraw(law.withdrawn))
        pipeline.handover.turn(0.0)
        station.account.open(law, match)
        span = Span(pipeline.tally, station.account.count)
        span.begin(law.deployment.authority.deployment_id)
        stack.callback(lambda: station.account.forget(pipeline.tally.erased, match))
        stack.callback(span.end)
        watch.start()
        stack.callback(watch.stop)
        yield Van(station, watch, span, misheard(station.link))


@contextmanager
def open_van(settings: Appliance, ears: Ears) -> Generator[Van]:
    """Open everything at once, for a list that is in force already.

    Raises:
        ApplianceError: something is not there or not in force; nothing was looked at.
    """
    with open_station(settings, ears) as station, look(station, station.custody.find()) as van:
        yield van


def _listen(station: Station, pipeline: Pipeline[Any]) -> None:
    station.seen_ms.clear()
    pipeline.tally.seen_to_tablet_ms = station.seen_ms
    pipeline.report.recognised = station.account.recognise


def _darken(station: Station) -> None:
    station.panel.show(Lamp.OFF)
    station.tell(Lamp.OFF)


def _send(station: Station, alert: Alert) -> None:
    station.alarm.sound()
    station.account.alert(alert)
    station.link.alert(alert)
    station.panel.show(Lamp.ALERT)
    station.ears.alert(alert)


def _each(*hear: Callable[[Any], None]) -> Callable[[Any], None]:
    def tell(said: object) -> None:
        for one in hear:
            one(said)

    return tell


def _seen(ears: Ears, seen_ms: Times, alert_id: str, seconds: float) -> None:
    seen_ms.add(seconds * 1000)
    ears.seen(alert_id, seconds)


def _touch(notice: Path) -> None:
    try:
        notice.touch()
    except OSError:
        # The timer comes by, too.
        _log.warning("a notice of the force could not be passed on")
