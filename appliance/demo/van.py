"""The throw-away van: keys, list, authority and settings in a folder that is removed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from appliance.app import now, open_eyes, open_machine, see
from appliance.settings import (
    Appliance,
    CameraSettings,
    DeploymentSettings,
    GpuSettings,
    MatchingSettings,
    PanelSettings,
    TabletSettings,
    VisionSettings,
    WatchlistSettings,
)
from appliance.watchlist.store import Store
from engines.packs import cache_folder
from provisioning.enrol import draw_up, enrol, people
from provisioning.keys import make_signers, public_keys
from provisioning.sign import sign_authority, sign_watchlist
from provisioning.trial import EYES_PX, HERE, trial_authority, trial_terms

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.domain.watchlist import Watchlist
    from provisioning.enrol import Refusal
    from provisioning.keys import Signers

LIFE = timedelta(hours=1)
SIGNERS = 2
CACHE = "LFR_GPU__CACHE"
"""Where plans are kept, as the van's own settings call it."""
COOLDOWN_S = 3.0
"""Short, so that a film of seconds shows more than one alert."""
# A real van's lamp is asked for even here: nothing looks while it is dark. The pins are those of
# provisioning/commissioning.md.
PANELS = {
    "host": PanelSettings(),
    "jetson": PanelSettings(factory="jetson", red="BOARD29", green="BOARD31", blue="BOARD33"),
}
PURPOSE = "To show the appliance to somebody who wants to see it"


@dataclass(frozen=True)
class Scene:
    """What the throw-away van is to look at."""

    camera: CameraSettings
    people: Path
    """The pictures of those who are listed."""
    broker_port: int
    machine: Literal["host", "jetson"] = "host"


def draft(folder: Path, scene: Scene, pack: str) -> Appliance:
    """Write down the settings of a van that lives in a folder."""
    return Appliance(
        van="demo",
        machine=scene.machine,
        panel=PANELS[scene.machine],
        gpu=GpuSettings(cache=Path(os.environ.get(CACHE) or cache_folder() / "engines")),
        camera=(scene.camera,),
        vision=VisionSettings(pack=pack),
        matching=MatchingSettings(cooldown_s=COOLDOWN_S),
        tablets=TabletSettings(port=scene.broker_port),
        watchlist=WatchlistSettings(folder=folder / "watchlist", keys=folder / "keys.json"),
        deployment=DeploymentSettings(
            latitude_deg=HERE.latitude_deg, longitude_deg=HERE.longitude_deg
        ),
    )


def equip(settings: Appliance, scene: Scene, progress: Callable[[int], None]) -> list[Refusal]:
    """Make keys, enrol the pictures, and have list and authority signed by two.

    Returns:
        The pictures that were left out, and why.

    Raises:
        InputError: nobody could be enrolled.
    """
    signers = make_signers(SIGNERS)
    settings.watchlist.folder.mkdir()
    settings.watchlist.keys.write_bytes(public_keys(signers, SIGNERS))
    eyes = open_eyes(open_machine(settings), settings.vision)
    entries, refusals = enrol(people(scene.people), partial(see, eyes), progress, EYES_PX)
    watchlist = draw_up(entries, trial_terms("demo", eyes.pack.model_id, now(), LIFE))
    _install(settings, watchlist, signers)
    return refusals


def _install(settings: Appliance, watchlist: Watchlist, signers: Signers) -> None:
    store = Store(settings.watchlist.folder, settings.watchlist.keys)
    store.install_watchlist(sign_watchlist(watchlist, signers), now(), watchlist.head.model_id)
    store.install_authority(sign_authority(trial_authority(watchlist, PURPOSE), signers), now())
