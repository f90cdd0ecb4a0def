"""What `lfr check` looks at in every room: networks, cameras, broker, trust, list and authority."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from appliance import app
from appliance.check import check_memory
from appliance.errors import MachineError, SettingsError
from appliance.lamp import try_lamp
from appliance.tablets.broker import probe as probe_broker
from appliance.tablets.entrance import knock_at_gate, knock_at_page
from appliance.tablets.papers import inspect
from appliance.traces import Traces
from appliance.watchlist.standing import Standing, sources
from appliance.whereabouts import Whereabouts
from engines.calibrated import calibrated
from engines.packs import resolve

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.check import Probe
    from appliance.settings import Appliance, CameraSettings

FIRST_FRAME_S = 5.0
"""A camera that gives no picture in this time gives none."""


def probes(settings: Appliance) -> dict[str, Probe]:
    """Make the probes that the settings call for."""
    cameras = {
        f"camera {camera.name}": partial(check_camera, settings, camera)
        for camera in settings.camera
    }
    return {
        "machine": partial(check_machine, settings),
        "models": partial(check_models, settings),
        **(cameras or {"camera": check_no_camera}),
        "broker": partial(check_broker, settings),
        "tablets": partial(check_tablets, settings),
        "page": partial(knock_at_page, settings.tablets.roster),
        "gate": partial(knock_at_gate, settings.tablets.roster),
        "outbox": partial(check_memory, settings.tablets.outbox),
        "interim": partial(check_memory, settings.oversight.interim),
        "ledger": partial(check_ledger, settings.tablets.ledger),
        **Traces(settings.oversight.folder).probes,
        **_held(settings),
    }


def check_machine(settings: Appliance) -> str:
    """Set the machine up, and read how it is."""
    health = app.open_machine(settings).read_health()
    if health.alarms:
        raise MachineError(
            f"The supply is over a limit: {', '.join(health.alarms)}.",
            mend="Look at the van's supply and the power mode (nvpmodel).",
        )
    told = [
        None if health.hottest_c is None else f"{health.hottest_c:.0f} °C",
        None if health.margin_c is None else f"{health.margin_c:.0f} °C below its limit",
        None if health.power_w is None else f"{health.power_w:.1f} W",
        None if health.gpu_mhz is None else f"GPU at {health.gpu_mhz:.0f} MHz",
        f"{health.overcurrents} times over-current" if health.overcurrents else None,
        None if health.free_mb is None else f"{health.free_mb:.0f} MB free",
    ]
    words = [f"{settings.machine}", f"load {health.load:.1f} a core", *filter(None, told)]
    return ", ".join(words)


def check_models(settings: Appliance) -> str:
    """Load the networks, which fails where their runtime would keep faces, and the calibration."""
    eyes = app.open_eyes(app.open_machine(settings), settings.vision)
    calibration = calibrated(eyes.pack)
    threshold = calibration.in_force(settings.matching.threshold, calibration.floor)
    told = f"{eyes.pack.name}: {eyes.pack.title}, threshold {threshold:.3f}"
    # No fault: an alert goes out all the same, and says less.
    return f"{told}; pictures are not told from faces: {eyes.untold}" if eyes.untold else told


def check_camera(settings: Appliance, camera: CameraSettings) -> str:
    """Take one picture, with the lamp lit, and erase it."""
    machine = app.open_machine(settings)
    with try_lamp(settings) as panel:
        lit = panel.light()
        with machine.open_camera(camera, lit) as opened:
            if opened.read(FIRST_FRAME_S) is None:
                raise MachineError(
                    f"The camera {camera.name} gives no picture.", mend="Check its cable and uri."
                )
            width, height = opened.size
            return f"{width}x{height}, by {opened.bridge}"


def check_no_camera() -> str:
    """Refuse settings in which nothing looks."""
    raise SettingsError("No camera is set.", mend="Add a [[camera]] to the settings.")


def check_broker(settings: Appliance) -> str:
    """Connect, and hang up."""
    return probe_broker(settings.tablets)


def check_tablets(settings: Appliance) -> str:
    """See that tablets can come, and for how long."""
    return inspect(settings.tablets.roster, app.now())


def check_ledger(folder: Path) -> str:
    """See that what is alerted and decided can be written down."""
    if not os.access(folder, os.W_OK | os.X_OK):
        raise MachineError(
            f"{folder} cannot be written by this user.",
            mend="sudo systemd-tmpfiles --create, and check as the user lfr.",
        )
    return f"{folder} can be written"


def _held(settings: Appliance) -> dict[str, Probe]:
    part, where = settings.watchlist, Whereabouts(settings.deployment, app.now)
    standing = Standing(part, settings.van, app.now())
    return {
        "root": standing.root,
        "source": partial(sources, part),
        "folders": standing.folders,
        "keys": standing.spare_keys,
        "contact": standing.fresh,
        "list": lambda: standing.watchlist(_model_id(settings)),
        "authority": lambda: standing.authority(where.locate()),
    }


def _model_id(settings: Appliance) -> str:
    form = app.open_machine(settings).form
    vision = settings.vision
    found = resolve(vision.pack, vision.models, fetch=False, notify=lambda _: None, form=form)
    return found.pack.model_id
