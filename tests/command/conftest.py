"""A van that is ready, over a real broker; a desk that has published a list for another."""

import json
import shutil
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from rich.console import Console

from appliance.demo.film import default_people
from appliance.demo.van import Scene, draft, equip
from appliance.settings import CameraSettings
from appliance.watchlist.keyring import Keyring
from engines.packs import cache_folder, resolve
from provisioning.broker import open_broker
from provisioning.desk import keys
from provisioning.desk.trial import HERE
from tests.command.desk_at import FOLDER, WORDS, QuickLock, authorise, lfr, said


@pytest.fixture(scope="session")
def film(tmp_path_factory):
    """Two seconds of an empty street, as pictures one after the other."""
    street = tmp_path_factory.mktemp("film") / "street.mjpeg"
    picture = np.full((480, 640, 3), (90, 120, 60), np.uint8)
    street.write_bytes(cv2.imencode(".jpg", picture)[1].tobytes() * 50)
    return street


@pytest.fixture(scope="session")
def people(tmp_path_factory):
    """A folder of somebody's pictures."""
    folder = tmp_path_factory.mktemp("people")
    return default_people(folder, folder / "nothing")


@pytest.fixture(scope="session")
def pack():
    """The best networks that are here; where there are none, those that can be installed."""
    return resolve("auto", None, fetch=True, notify=lambda _: None).pack.name


@pytest.fixture(scope="module")
def van(tmp_path_factory, film, people, pack):
    """Settings, list and authority in a folder."""
    folder = tmp_path_factory.mktemp("van")
    with open_broker(folder, cache_folder() / "broker") as broker:
        camera = CameraSettings(uri=str(film), loop=True)
        scene = Scene(camera, people, broker.port, folder / "tablets", folder / "outbox")
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
roster = "{settings.tablets.roster}"
outbox = "{settings.tablets.outbox}"
ledger = "{settings.tablets.ledger}"
[watchlist]
root = "{settings.watchlist.root}"
source = ["{force.desk.place}"]
folder = "{settings.watchlist.folder}"
keyring = "{settings.watchlist.keyring}"
notice = "{settings.watchlist.notice}"
[oversight]
folder = "{settings.oversight.folder}"
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


@pytest.fixture
def born(van, people, tmp_path):
    """A van of its own, with its force, over the module's broker and networks."""
    settings = van.settings
    tablets = settings.tablets
    scene = Scene(settings.camera[0], people, van.port, tablets.roster, tablets.outbox)
    own = draft(tmp_path, scene, settings.vision.pack)
    force = equip(own, scene, tmp_path, Console(quiet=True))
    return SimpleNamespace(settings=own, desk=force.desk, courier=force.courier, folder=tmp_path)


@pytest.fixture(scope="module")
def born_desk(tmp_path_factory):
    """A desk as `init` makes it, once."""
    folder = tmp_path_factory.mktemp("born") / "desk"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "passphrase", QuickLock)
        patch.setenv("LFR_PASSPHRASE", WORDS)
        told = json.loads(lfr("init", "Essex Police", "--desk", folder, "--json").output)
    return SimpleNamespace(folder=folder, told=told)


@pytest.fixture
def desk(born_desk, tmp_path, monkeypatch):
    """A copy of it, as the place where commands work."""
    monkeypatch.setattr(keys, "passphrase", QuickLock)
    monkeypatch.setenv("LFR_PASSPHRASE", WORDS)
    monkeypatch.setenv("LFR_DESK", str(tmp_path / "desk"))
    monkeypatch.setenv("COLUMNS", "200")
    shutil.copytree(born_desk.folder, tmp_path / "desk")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    return tmp_path / "desk"


@pytest.fixture
def keyring(tmp_path):
    keyring = Keyring(tmp_path / "keyring")
    keyring.make(4)
    (tmp_path / "van-1.keys.json").write_bytes(keyring.document("van-1"))
    return keyring


@pytest.fixture
def enrol(desk, keyring, people, pack):
    def do(name, *more):
        if not (desk / "vans" / "van-1.json").exists():
            said("van", "van-1.keys.json", "--yes")
        given = (people, "--van", "van-1", "--list", name, "--pack", pack, "--workers", "0")
        return said("enrol", *given, *FOLDER, *more)

    return do


@pytest.fixture
def published(enrol, desk):
    enrol("list-1")
    authorise("list-1", "--deployment", "d-1")
    said("sign", "--as", "signer-1", "--yes")
    said("sign", "--as", "signer-2", "--yes")
    said("publish", "out")
    return desk.parent / "out"


@pytest.fixture
def reference(people):
    (folder,) = people.iterdir()
    return folder.name
