"""What nobody holds any more is given back at once, not when Python's collector comes by.

It comes in any thread: in one without the GPU's context it cannot free, and amid a frame it makes
the frame wait.
"""

import gc

import numpy as np
import pytest

from appliance.jetson.compute import Compute
from appliance.jetson.engine import Engine
from appliance.jetson.gallery import Gallery
from appliance.jetson.gpu import open_gpu
from appliance.settings import GpuSettings
from tests.jetson.engine.runs import fetched
from tests.jetson.plants import DETECTOR, ENCODER, pixels, plan_of, put
from tests.standin import driver


@pytest.fixture
def gpu(standin):
    return open_gpu(standin)


@pytest.fixture
def without_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("without_collector")
@pytest.mark.parametrize("network", [ENCODER, DETECTOR], ids=lambda network: network.name)
@pytest.mark.parametrize("graphs", [False, True], ids=["plainly", "as graphs"])
def test_an_engine(gpu, tmp_path, network, graphs):
    batch = put(gpu, pixels((1, 3, 16, 16) if network is ENCODER else (1, 3, 64, 64)))
    before = driver.counts()["live_bytes"]
    engine = Engine(gpu, plan_of(gpu, tmp_path / "cache", network), graphs=graphs)
    for _ in range(3):
        fetched(engine(batch))
    assert driver.counts()["live_bytes"] > before
    del engine
    assert driver.counts()["live_bytes"] == before


@pytest.mark.usefixtures("without_collector")
def test_the_verbs(gpu, standin):
    before = driver.counts()["live_bytes"]
    compute = Compute(gpu, GpuSettings(cache=standin))
    lent = compute.upload(np.zeros((60, 80, 3), np.uint8))
    assert driver.counts()["live_bytes"] > before
    del compute, lent
    assert driver.counts()["live_bytes"] == before


@pytest.mark.usefixtures("without_collector")
@pytest.mark.parametrize("int8", [False, True])
def test_a_gallery_with_a_list_and_another_half_there(gpu, int8):
    before = driver.counts()["live_bytes"]
    gallery, rows = Gallery(gpu, int8=int8), np.eye(64, dtype=np.float32)
    gallery.load(rows)
    gallery.search(rows[:2])
    next(gallery.stage(rows), None)
    assert driver.counts()["live_bytes"] > before
    del gallery
    assert driver.counts()["live_bytes"] == before
