"""A van that is ready: settings, list and authority in a folder, over a real broker."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from rich.console import Console

from appliance.demo.film import default_people
from appliance.demo.van import Scene, draft, equip
from appliance.settings import CameraSettings
from engines.packs import cache_folder, resolve
from provisioning.broker import open_broker
from provisioning.desk.trial import HERE


@pytest.fixture(scope="session")
def film(tmp_path_factory):
    """Two seconds of an empty street, as pictures one after the other."""
    street = tmp_path_factory.mktemp("film") / "street.mjpeg"
    picture = np.full((480, 640, 3), (90, 120, 60), np.uint8)
    street.write_bytes(cv2.imencode(".jpg", picture)[1].tobytes() * 50)
    return street


@pytest.fixture(scope="module")
def van(tmp_path_factory, film):
    folder = tmp_path_factory.mktemp("van")
    pack = resolve("auto", None, fetch=True, notify=lambda _: None).pack.name
    with open_broker(folder, cache_folder() / "broker") as broker:
        camera = CameraSettings(uri=str(film), loop=True)
        people = default_people(folder / "people", folder / "nothing")
        scene = Scene(camera, people, broker.port)
        settings = draft(folder, scene, pack)
        force = equip(settings, scene, folder, Console(quiet=True))
        file = folder / "van.toml"
        file.write_text(f"""
van = "{settings.van}"
[[camera]]
name = "mast-1"
uri = "{film}"
loop = true
[vision]
pack = "{pack}"
[tablets]
port = {broker.port}
[watchlist]
root = "{settings.watchlist.root}"
source = ["{force.desk.place}"]
folder = "{settings.watchlist.folder}"
keyring = "{settings.watchlist.keyring}"
notice = "{settings.watchlist.notice}"
[deployment]
latitude_deg = {HERE.latitude_deg}
longitude_deg = {HERE.longitude_deg}
""")
        yield SimpleNamespace(
            file=file,
            settings=settings,
            port=broker.port,
            folder=folder,
            force=force,
        )
