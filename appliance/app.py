"""Everything is built and wired here, once. Only this file knows which machine runs."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from appliance.domain.tally import Tally
from appliance.errors import MachineError
from appliance.matching.matcher import Match
from appliance.matching.repeats import Repeats
from appliance.pipeline import Pipeline, Report
from appliance.vision.choice import Choose
from appliance.vision.closer import Closer
from appliance.vision.eyes import Eyes
from appliance.vision.pace import Pace
from appliance.vision.passes import Passes
from engines.calibrated import calibrated
from engines.packs import find_presentations, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from appliance.custody import Law
    from appliance.domain.alert import Alert
    from appliance.machine import Camera, Machine, Net
    from appliance.settings import Appliance, MatchingSettings, VisionSettings
    from appliance.vision.models import Presentation
    from appliance.workshop import Builder, Meter

    Check = tuple[Net[Any], Presentation]


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
    checks, untold = _open_checks(machine, settings)
    return Eyes(compute, pack, detector, encoder, settings, checks, untold)


def _open_checks(machine: Machine[Any], settings: VisionSettings) -> tuple[list[Check], str]:
    """Load what tells a face from a picture of one; else say why none does, and look all the same.

    All or nothing: half of their mean is another measure.
    """
    form = machine.form
    try:
        return [
            (machine.compute.open_net(path, model.form(form).sha256, fine=True), model)
            for model, path in find_presentations(settings.models, form)
        ], ""
    except MachineError as error:
        return [], error.advice()


def open_match(
    machine: Machine[Any],
    eyes: Eyes[Any],
    law: Law,
    settings: MatchingSettings,
    clock: Callable[[], datetime] = now,
) -> Match:
    """Load the gallery, under an open deployment and with the calibration of the networks.

    Raises:
        ApplianceError: there is no calibration, or the law is not in force.
    """
    calibration = calibrated(eyes.pack)
    return Match(machine.gallery, law.watchlist, law.deployment, calibration, settings, clock)


def open_pipeline(
    settings: Appliance,
    eyes: Eyes[Any],
    match: Match,
    cameras: Sequence[Camera[Any]],
    send: Callable[[Alert], None],
    passes: Passes | None = None,
) -> Pipeline[Any]:
    """Put the stages together; whoever evaluates brings a follower that takes notes."""
    compute, tally = eyes.compute, Tally()
    passes = passes or Passes(settings.vision, eyes.pack.encoder.dimension)
    detect = eyes.detect([camera.size for camera in cameras])
    closer = Closer(detect, settings.vision.closer_px)
    choose = Choose(compute, eyes.pack.landmarks, settings.vision, passes, closer)
    expiry = timedelta(seconds=settings.tablets.expiry_s)
    repeats = Repeats(settings.matching.cooldown_s)
    report = Report(compute, match, passes, repeats, expiry, send, tally, eyes.suspect())
    pace = Pace(settings.vision.detect_hz)
    return Pipeline(compute, pace, detect, passes, choose, eyes.encode(), match, report, tally)
