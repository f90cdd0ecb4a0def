"""Everything is built and wired here, once. Only this file knows which machine runs."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

from appliance.domain.deployment import Deployment, Position
from appliance.domain.lamp import Lamp
from appliance.domain.tally import Tally, keep
from appliance.errors import LapsedError, MachineError
from appliance.lamp import open_lamp
from appliance.matching.calibration import load_calibration
from appliance.matching.matcher import Match
from appliance.matching.repeats import Repeats
from appliance.pipeline import Pipeline, Report
from appliance.tablets.broker import open_link
from appliance.tablets.wire import State
from appliance.vision.choice import Choose
from appliance.vision.eyes import Eyes
from appliance.vision.pace import Pace
from appliance.vision.passes import Passes
from appliance.vision.quality import eye_distance
from appliance.watch import Watch
from appliance.watchlist.store import Store
from engines.packs import calibration_file, resolve
from provisioning.enrol import Sight

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from appliance.domain.alert import Alert
    from appliance.domain.decision import Decision
    from appliance.domain.watchlist import Watchlist
    from appliance.lamp import DistantPanel
    from appliance.machine import Camera, Machine
    from appliance.panel import Panel
    from appliance.settings import Appliance, MatchingSettings, VisionSettings
    from appliance.tablets.broker import Link
    from appliance.workshop import Builder, Meter
    from provisioning.pictures import Picture

ALERT_S = 5.0
"""How long the lamp shows an alert."""


def _nobody(*_: object) -> None:
    """Listen to nothing."""


def now() -> datetime:
    """Give the van's time, UTC."""
    return datetime.now(timezone.utc)


def open_machine(settings: Appliance, *, checked: bool = True) -> Machine[Any]:
    """Set up the machine that the settings name.

    Args:
        settings: The tree.
        checked: Whether a Jetson's plans must have passed `lfr engines check`.

    Raises:
        MachineError: this is not that machine.
    """
    match settings.machine:
        case "host":
            from appliance.host import machine as host  # noqa: PLC0415 - a van never loads it

            return host.open_machine(settings.gpu, checked=checked)
        case "jetson":
            from appliance.jetson import machine as jetson  # noqa: PLC0415 - loads only in a van

            return jetson.open_machine(settings.gpu, checked=checked)


def open_builder(settings: Appliance) -> Builder:
    """Open what makes plans for the GPU, its kernels built first where they are missing.

    Raises:
        MachineError: this machine has no GPU, no compiler, or its cache cannot be written.
    """
    _require_gpu(settings)
    from appliance.jetson import builder  # noqa: PLC0415 - loads only in a van

    return builder.open_builder(settings.gpu)


def open_network(data: bytes) -> Callable[[Any], Mapping[str, Any]]:
    """Load a network on the processor, whatever machine looks: to measure how it behaves."""
    from appliance.host.compute import Session  # noqa: PLC0415 - a van on duty never loads it

    return Session(data)


def open_meter(settings: Appliance) -> Meter[Any]:
    """Open the GPU's own clock.

    Raises:
        MachineError: this machine has no GPU.
    """
    _require_gpu(settings)
    from appliance.jetson import meter  # noqa: PLC0415 - loads only in a van

    return meter.open_meter(settings.gpu)


def _require_gpu(settings: Appliance) -> None:
    if settings.machine == "host":
        raise MachineError("An ordinary computer has no GPU.", mend="Set machine to jetson.")


def open_eyes(machine: Machine[Any], settings: VisionSettings) -> Eyes[Any]:
    """Load the networks of the pack that the settings name. Nothing is fetched.

    Raises:
        MachineError: they are not here, or one of them does not load.
    """
    found = resolve(settings.pack, settings.models, fetch=False, notify=_nobody, form=machine.form)
    pack, compute = found.pack, machine.compute
    detector = compute.open_net(found.detector, pack.detector.form(machine.form).sha256)
    encoder = compute.open_net(found.encoder, pack.encoder.form(machine.form).sha256)
    return Eyes(compute, pack, detector, encoder, settings)


def see(eyes: Eyes[Any], picture: Picture) -> Sight:
    """Find and encode the faces of a picture, for the desk."""
    faces, templates = eyes.look(picture)
    return Sight(faces.boxes, templates.vectors, eye_distance(faces, eyes.pack.landmarks))


@dataclass(frozen=True)
class Law:
    """What must be in force before anything is looked at."""

    watchlist: Watchlist
    deployment: Deployment


def open_law(settings: Appliance, model_id: str) -> Law:
    """Read and believe the list and the authority.

    Raises:
        ApplianceError: one of them is missing, not to be believed, or not in force.
    """
    store = Store(settings.watchlist.folder, settings.watchlist.keys)
    watchlist = store.load(now(), model_id)
    authority = store.authority(now())
    authority.require_covers(watchlist)
    here = Position(
        latitude_deg=settings.deployment.latitude_deg,
        longitude_deg=settings.deployment.longitude_deg,
    )
    deployment = Deployment(authority, here)
    deployment.require_open(now())
    return Law(watchlist, deployment)


def open_match(
    machine: Machine[Any], eyes: Eyes[Any], law: Law, settings: MatchingSettings
) -> Match:
    """Load the gallery, under an open deployment and with the calibration of the networks.

    Raises:
        ApplianceError: there is no calibration, or the law is not in force.
    """
    calibration = load_calibration(calibration_file(eyes.pack), eyes.pack.model_id)
    return Match(machine.gallery, law.watchlist, law.deployment, calibration, settings, now)


def open_pipeline(
    settings: Appliance,
    eyes: Eyes[Any],
    match: Match,
    cameras: Sequence[Camera[Any]],
    send: Callable[[Alert], None],
) -> Pipeline[Any]:
    """Put the stages together."""
    compute, tally = eyes.compute, Tally()
    passes = Passes(settings.vision, eyes.pack.encoder.dimension)
    choose = Choose(compute, eyes.pack.landmarks, settings.vision, passes)
    detect = eyes.detect([camera.size for camera in cameras])
    expiry = timedelta(seconds=settings.tablets.expiry_s)
    repeats = Repeats(settings.matching.cooldown_s)
    report = Report(compute, match, passes, repeats, expiry, send, tally)
    pace = Pace(settings.vision.detect_hz)
    return Pipeline(compute, pace, detect, passes, choose, eyes.encode(), match, report, tally)


@dataclass
class Van:
    """The appliance, whole: lit, lawful, linked and looking."""

    law: Law
    panel: Panel | DistantPanel
    link: Link
    watch: Watch[Any]
    machine: str = "host"
    """What it looks with."""
    alerts: int = 0
    alerted_s: float = -ALERT_S

    @property
    def tally(self) -> Tally:
        """What has been counted so far."""
        return self.watch.pipeline.tally

    def beat(self) -> None:
        """Tell the lamp and the tablets how it is, and raise what has failed; once a second.

        Raises:
            BaseException: what ended the vision thread or the link.
        """
        failure = self.watch.failure or self.link.failure
        self.panel.show(self._lamp(failure))
        self.link.state(state(self.law, self.panel.state))
        if failure:
            raise failure

    def _lamp(self, failure: BaseException | None) -> Lamp:
        if failure and not isinstance(failure, LapsedError):
            return Lamp.FAULT
        if failure or self.watch.lost or not self.link.connected:
            return Lamp.DEGRADED
        if self.tally.alerts > self.alerts:
            self.alerts, self.alerted_s = self.tally.alerts, time.monotonic()
        return Lamp.ALERT if time.monotonic() - self.alerted_s < ALERT_S else Lamp.LOOKING


def state(law: Law, lamp: Lamp) -> State:
    """Say what the tablets always show."""
    head, authority = law.watchlist.head, law.deployment.authority
    return State(
        lamp=lamp,
        watchlist_id=head.watchlist_id,
        subjects=len(law.watchlist.subjects),
        list_expires_at=head.expires_at,
        deployment_id=authority.deployment_id,
        authority_ends_at=authority.ends_at,
    )


@dataclass(frozen=True)
class Ears:
    """Who else wants to know; each is called in the thread where it happens."""

    lamp: Callable[[Lamp], None] = _nobody
    alert: Callable[[Alert], None] = _nobody
    decision: Callable[[Decision], None] = _nobody
    seen: Callable[[str, float], None] = _nobody


@contextmanager
def open_van(settings: Appliance, ears: Ears) -> Generator[Van]:
    """Load the networks, believe the law, link the tablets, light the lamp, and look.

    Raises:
        ApplianceError: something is not there or not in force; nothing was looked at.
    """
    with ExitStack() as stack:
        machine = open_machine(settings)
        eyes = open_eyes(machine, settings.vision)
        law = open_law(settings, eyes.pack.model_id)
        match = open_match(machine, eyes, law, settings.matching)
        stack.callback(match.close)
        seen_ms: list[float] = []
        link = stack.enter_context(
            open_link(settings.tablets, settings.van, ears.decision, partial(_seen, ears, seen_ms))
        )
        stack.callback(lambda: link.state(state(law, Lamp.OFF)))
        say = partial(state, law)
        panel = stack.enter_context(open_lamp(settings.panel, link, say, ears.lamp))
        lit = panel.light()
        cameras = [stack.enter_context(machine.open_camera(c, lit)) for c in settings.camera]
        send = partial(_send, panel, link, ears)
        pipeline = open_pipeline(settings, eyes, match, cameras, send)
        pipeline.tally.seen_to_tablet_ms = seen_ms
        watch = Watch(pipeline, cameras)
        watch.start()
        stack.callback(watch.stop)
        yield Van(law, panel, link, watch, machine.name)


def _send(panel: Panel | DistantPanel, link: Link, ears: Ears, alert: Alert) -> None:
    link.alert(alert)
    panel.show(Lamp.ALERT)
    ears.alert(alert)


def _seen(ears: Ears, seen_ms: list[float], alert_id: str, seconds: float) -> None:
    keep(seen_ms, seconds * 1000)
    ears.seen(alert_id, seconds)
