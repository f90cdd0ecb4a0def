"""The throw-away van and its force: keys, lists and settings in a folder that is removed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from appliance.app import now, open_eyes, open_machine
from appliance.demo.courier import Courier
from appliance.demo.desk import Desk
from appliance.settings import (
    Appliance,
    CameraSettings,
    DeploymentSettings,
    GpuSettings,
    MatchingSettings,
    OversightSettings,
    PanelSettings,
    TabletSettings,
    VisionSettings,
    WatchlistSettings,
)
from appliance.watchlist.keyring import Keyring
from engines.packs import cache_folder
from provisioning.desk.trial import HERE

if TYPE_CHECKING:
    from rich.console import Console

    from provisioning.enrol.rows import Row

VAN = "demo"
ONE_TIME_KEYS = 4
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


@dataclass(frozen=True)
class Scene:
    """What the throw-away van is to look at."""

    camera: CameraSettings
    people: Path
    """The pictures of those who are listed."""
    broker_port: int
    roster: Path
    """By which the van knows its tablets, from `make_roster`."""
    outbox: Path
    """Where alerts under way are sealed; of use where it is on a tmpfs."""
    machine: Literal["host", "jetson"] = "host"


def draft(folder: Path, scene: Scene, pack: str) -> Appliance:
    """Write down the settings of a van that lives in a folder."""
    return Appliance(
        van=VAN,
        machine=scene.machine,
        panel=PANELS[scene.machine],
        gpu=GpuSettings(cache=Path(os.environ.get(CACHE) or cache_folder() / "engines")),
        camera=(scene.camera,),
        vision=VisionSettings(pack=pack),
        matching=MatchingSettings(cooldown_s=COOLDOWN_S),
        tablets=TabletSettings(
            port=scene.broker_port,
            roster=scene.roster,
            outbox=scene.outbox,
            ledger=folder / "ledger",
        ),
        watchlist=WatchlistSettings(
            root=folder / "root.json",
            source=(str(folder / "published"),),
            folder=folder / "watchlist",
            keyring=folder / "keyring",
            notice=folder / "notice",
        ),
        oversight=_oversight(folder, scene),
        deployment=DeploymentSettings.model_validate(HERE.model_dump()),
    )


def _oversight(folder: Path, scene: Scene) -> OversightSettings:
    # Beside the outbox, which is in memory where anything is.
    return OversightSettings(folder=folder / "audit", interim=scene.outbox.with_name("interim"))


def write_lamp(settings: Appliance, folder: Path) -> Path:
    """Write the settings of a second lamp, on no real pins, for `lfr panel` beside the demo."""
    file = folder / "lamp.toml"
    file.write_text(
        f'van = "{settings.van}"\n[panel]\nprocess = "own"\n'
        f"[tablets]\nport = {settings.tablets.port}\n",
        encoding="utf-8",
    )
    return file


@dataclass(frozen=True)
class Force:
    """Whoever is behind the van: who publishes, who brings it, and what was left out."""

    desk: Desk
    courier: Courier
    refused: list[Row]


def equip(settings: Appliance, scene: Scene, folder: Path, console: Console) -> Force:
    """Enrol the pictures, make the van's one-time keys, and bring it its first list.

    Args:
        settings: The van's, from `draft`.
        scene: Whose pictures are enrolled.
        folder: Where the van lives.
        console: Where progress is shown.

    Raises:
        InputError: nobody could be enrolled.
        MachineError: the update failed.
    """
    eyes = open_eyes(open_machine(settings), settings.vision)
    desk = Desk(folder, settings.van, now)
    refused = desk.enrol(scene.people, eyes, console)
    lists = settings.watchlist
    lists.root.write_bytes(desk.root)
    lists.folder.mkdir()
    keyring = Keyring(lists.keyring)
    keyring.make(ONE_TIME_KEYS)
    desk.know(keyring.document(settings.van))
    desk.publish()
    courier = Courier(settings, folder / "update.toml")
    courier.fetch()
    return Force(desk, courier, refused)
