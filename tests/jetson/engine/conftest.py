"""An engine on the stand-in, and a batch for it."""

import pytest

from appliance.jetson.engine import Engine
from appliance.jetson.gpu import open_gpu
from tests.jetson.plants import ENCODER, pixels, plan_of, put


@pytest.fixture
def gpu(standin):
    return open_gpu(standin)


@pytest.fixture
def open_engine(gpu, tmp_path):
    def build(network=ENCODER, *, graphs=False):
        return Engine(gpu, plan_of(gpu, tmp_path / "cache", network), graphs=graphs)

    return build


@pytest.fixture
def engine(open_engine):
    return open_engine()


@pytest.fixture
def batch(gpu):
    return put(gpu, pixels((4, 3, 16, 16)))
