"""The kernels on this processor; with sanitizers where the environment asks for them."""

import os

import pytest

from tests.kernels.build import Kernels, build
from tests.kernels.gpu import HostGpu


@pytest.fixture(scope="session")
def kernels(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kernels")
    return Kernels(build(folder, sanitize="KERNELS_SANITIZE" in os.environ))


@pytest.fixture(params=["forwards", "backwards"])
def order(request, kernels):
    """Warps and lanes run in either order, so that a barrier that lacks shows."""
    kernels.backwards(yes=request.param == "backwards")
    yield request.param
    kernels.backwards(yes=False)


@pytest.fixture
def gpu(kernels):
    """Memory and launches for code that is written for the van's GPU."""
    return HostGpu(kernels)
