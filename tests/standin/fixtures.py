"""A Jetson for tests: the stand-in, or, with `-m jetson`, the GPU that is here."""

import os
from contextlib import suppress

import pytest

from appliance.errors import MachineError
from appliance.settings import GpuSettings
from tests.standin import enter, find_pycuda, prepare
from tests.standin.gpu import has_gpu

FOLDERS = {"jetson", "machine", "camera", "bench"}
"""Whose tests need the stand-in."""


def pytest_collection_finish(session):
    """Build what is built once, before any test's time begins to run."""
    if not session.config.option.collectonly and any(
        FOLDERS & set(item.path.parts) for item in session.items
    ):
        with suppress(MachineError):  # `enter` says it again, to the tests that it concerns
            prepare()


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
