"""A rig whose networks see one person, a short film for it, and a bench without networks."""

from copy import deepcopy
from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest

from appliance.app import open_machine
from appliance.bench.crowd import strangers
from appliance.bench.gpu import Wishes, bench
from appliance.bench.rig import Rig
from appliance.errors import MachineError
from appliance.host.compute import Net
from appliance.panel import open_panel
from appliance.settings import Appliance, CameraSettings, PanelSettings
from appliance.vision.eyes import Eyes
from engines import packs
from engines.packs import load_packs
from tests.bench.gpus import Clock, no_networks, quiet

FRAMES, FPS, SIZE = 30, 25, (320, 240)
BOX = np.array([100, 80, 180, 160], np.float32)
MARKS = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]], np.float32)


@pytest.fixture(scope="session")
def film_file(tmp_path_factory):
    """A second of coarse noise: sharp everywhere."""
    file = tmp_path_factory.mktemp("film") / "noise.avi"
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), FPS, SIZE)
    noise = np.random.default_rng(0)
    for _ in range(FRAMES):
        coarse = noise.integers(0, 256, (SIZE[1] // 4, SIZE[0] // 4, 3), dtype=np.uint8)
        writer.write(cv2.resize(coarse, SIZE, interpolation=cv2.INTER_NEAREST))
    writer.release()
    return file


@pytest.fixture
def lit():
    with open_panel(PanelSettings()) as panel:
        yield panel.light()


@dataclass
class Person:
    """The networks of somebody who stands still in the middle of every picture."""

    plant: object
    template: np.ndarray

    def find(self, batch):
        size = batch.shape[3], batch.shape[2]
        faces = [(BOX, BOX[:2] + MARKS * (BOX[2:] - BOX[:2]), 0.9)]
        return self.plant(size, [faces] * len(batch))

    def describe(self, batch):
        return {"template": np.tile(self.template, (len(batch), 1))}


@pytest.fixture
def rig(film_file, plant, lit):
    settings = Appliance(camera=(CameraSettings(uri=str(film_file), paced=False),))
    machine, pack = open_machine(settings), load_packs()["mbf"]
    entries = strangers(pack.encoder.dimension, 50)
    person = Person(plant, entries[0].templates[0].copy())
    lent = machine.compute._lent
    nets = [Net(run, pack.model_id, lent) for run in (person.find, person.describe)]
    return Rig(settings, machine, Eyes(machine.compute, pack, *nets, settings.vision), entries, lit)


@pytest.fixture(scope="session")
def pack_name():
    """The best networks that are here; where there are none, those that can be installed."""
    try:
        return packs.resolve("auto", None, fetch=False, notify=lambda line: None).pack.name
    except MachineError:
        return packs.resolve("dlib", None, fetch=True, notify=lambda line: None).pack.name


@pytest.fixture
def nowhere(tmp_path):
    """No networks on this machine."""
    with no_networks(tmp_path / "empty"):
        yield


@pytest.fixture(scope="session")
def wishes():
    return Wishes(settings=Appliance(), rows=1000, runs=2, large=False)


@pytest.fixture
def measure(nowhere, wishes):
    """Bench this computer, which has neither networks nor a GPU."""

    def run(**changes):
        return bench(replace(wishes, **changes), quiet(), lambda settings: Clock())

    return run


@pytest.fixture(scope="session")
def measured(wishes, tmp_path_factory):
    """What the bench says of this computer, measured once."""
    with no_networks(tmp_path_factory.mktemp("empty")):
        return bench(wishes, quiet(), lambda settings: Clock())


@pytest.fixture
def document(measured):
    """The same, for a test to change."""
    return deepcopy(measured)
