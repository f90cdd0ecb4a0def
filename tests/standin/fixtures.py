"""A Jetson for tests: the stand-in, or, with `-m jetson`, the GPU that is here."""

import os

import pytest

from appliance.settings import GpuSettings
from tests.standin import enter, find_pycuda
from tests.standin.gpu import has_gpu


@pytest.fixture(scope="session")
def standin():
    """Enter the stand-in; the folder with its kernels."""
    return enter()


@pytest.fixture(scope="session")
def gpu_folder(request):
    """The folder with a true GPU's kernels, from $LFR_GPU__CACHE or where the van has it."""
    if request.config.option.markexpr != "jetson":
        pytest.skip("a true GPU has its own run: -m jetson")
    if not has_gpu():
        pytest.skip("there is no NVIDIA GPU here")
    find_pycuda()
    return os.environ.get("LFR_GPU__CACHE") or GpuSettings().cache
