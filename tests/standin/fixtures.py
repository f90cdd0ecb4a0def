"""A Jetson for tests: the stand-in, or, with `-m jetson`, the GPU that is here."""

import gc
import os
from contextlib import suppress
from pathlib import Path

import pytest

from appliance.errors import MachineError
from appliance.jetson.cubins import build_cubin, cubin_file
from appliance.settings import GpuSettings
from engines.packs import cache_folder
from tests.standin import driver, enter, find_pycuda, prepare
from tests.standin.gpu import capability_here, has_gpu

FOLDERS = {"jetson", "machine", "camera", "bench"}
"""Whose tests need the stand-in."""


def pytest_collection_finish(session):
    """Build what is built once, before any test's time begins to run."""
    if not session.config.option.collectonly and any(
        FOLDERS & set(item.path.parts) for item in session.items
    ):
        with suppress(MachineError):  # `enter` says it again, to the tests that it concerns
            prepare()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item, nextitem):
    """Free what a test of the GPU has left, in this thread, which has the GPU's context.

    A traceback holds the frames that hold it, and so the engine in them. Left to itself Python
    would free it in whatever thread of whatever test comes next.
    """
    before = _held()
    try:
        return (yield)
    finally:
        leaves = nextitem is None or nextitem.path != item.path
        if _held() > (0 if leaves else before):
            gc.collect()


def _held():
    return driver.counts()["live_blocks"] if enter.cache_info().currsize else 0


@pytest.fixture(scope="session")
def standin():
    """Enter the stand-in; the folder with its kernels."""
    return enter()


@pytest.fixture(scope="session")
def gpu_folder(request):
    """The folder with a true GPU's kernels: $LFR_GPU__CACHE, the van's, or built for this run."""
    if request.config.option.markexpr != "jetson":
        pytest.skip("a true GPU has its own run: -m jetson")
    if not has_gpu():
        pytest.skip("there is no NVIDIA GPU here")
    find_pycuda()
    folder = Path(os.environ.get("LFR_GPU__CACHE") or GpuSettings().cache)
    capability = capability_here()
    if not cubin_file(folder, capability).exists():
        folder = cache_folder() / "gpu"
        build_cubin(capability, folder)
    return folder
