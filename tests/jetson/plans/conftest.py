"""A plan that was stored."""

import pytest

from appliance.jetson.gpu import open_gpu
from appliance.jetson.plans import (
    find_plan,
    key_of,
    store_plan,
    store_verdict,
)
from tests.jetson.plans.stored import ABOUT, DATA, ONNX


@pytest.fixture
def gpu(standin):
    return open_gpu(standin)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache" / "engines"


@pytest.fixture
def stored(folder, gpu):
    """A plan that has passed."""
    store_plan(folder, key_of(ONNX, "fp16", gpu), DATA, ABOUT)
    plan = find_plan(folder, ONNX, "fp16", gpu, checked=False)
    store_verdict(plan, {"passed": True})
    return plan
