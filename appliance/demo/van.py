"""The throw-away van: keys, list, authority and settings in a folder that is removed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from appliance.app import now, open_eyes, open_machine, see
from appliance.domain.deployment import Authority, Place, Position
from appliance.domain.watchlist import Ground
from appliance.settings import (
    Appliance,
    CameraSettings,
    DeploymentSettings,
    MatchingSettings,
    TabletSettings,
    VisionSettings,
    WatchlistSettings,
)
from appliance.watchlist.store import Store
from provisioning.enrol import Terms, draw_up, enrol, people
from provisioning.keys import make_signers, public_keys
from provisioning.sign import sign_authority, sign_watchlist

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from appliance.domain.watchlist import Watchlist
    from provisioning.enrol import Refusal
    from provisioning.keys import Signers

LIFE = timedelta(hours=1)
SIGNERS = 2
EYES_PX = 20.0
"""The demo's films are small; the desk asks for 64 px."""
COOLDOWN_S = 3.0
"""Short, so that a film of seconds shows more than one alert."""
HERE = Position(latitude_deg=51.7343, longitude_deg=0.4691)
"""Chelmsford, Essex. Any point would do."""


@dataclass(frozen=True)
class Scene:
    """What the throw-away van is to look at."""

    camera: CameraSettings
    people: Path
    """The pictures of those who are listed."""
    broker_port: int


def draft(folder: Path, scene: Scene, pack: str) -> Appliance:
    """Write down the settings of a van that lives in a folder."""
    return Appliance(
        van="demo",
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
    watchlist = draw_up(entries, _terms(eyes.pack.model_id))
    _install(settings, watchlist, signers)
    return refusals


def _terms(model_id: str) -> Terms:
    return Terms(
        watchlist_id="demo",
        model_id=model_id,
        made_at=now(),
        expires_at=now() + LIFE,
        ground=Ground.VOLUNTEER,
        reason="A volunteer in a demonstration",
        power="None: speak to them, and thank them",
        source="The demo's own pictures",
    )


def _install(settings: Appliance, watchlist: Watchlist, signers: Signers) -> None:
    store = Store(settings.watchlist.folder, settings.watchlist.keys)
    store.install_watchlist(sign_watchlist(watchlist, signers), now(), watchlist.register.model_id)
    store.install_authority(sign_authority(_authority(watchlist), signers), now())


def _authority(watchlist: Watchlist) -> Authority:
    register = watchlist.register
    return Authority(
        deployment_id="demo-1",
        purpose="To show the appliance to somebody who wants to see it",
        place=Place(name="Wherever this computer stands", centre=HERE, radius_m=100),
        starts_at=register.made_at,
        ends_at=register.expires_at,
        notice_published_at=register.made_at,
        authorising_officer="Nobody: this is a demonstration",
        watchlist_id=register.watchlist_id,
        maximum_subjects=len(register.subjects),
        threshold_floor=0.0,
    )
