"""The kernels on this processor; with sanitizers where the environment asks for them."""

import os

import pytest

from tests.kernels.build import Kernels, build


@pytest.fixture(scope="session")
def kernels(tmp_path_factory):
    folder = tmp_path_factory.getbasetemp().parent / "kernels"
    return Kernels(build(folder, sanitize="KERNELS_SANITIZE" in os.environ))


@pytest.fixture(params=["forwards", "backwards"])
def order(request, kernels):
    """Warps and lanes run in either order, so that a barrier that lacks shows."""
    kernels.backwards(yes=request.param == "backwards")
    yield request.param
    kernels.backwards(yes=False)
