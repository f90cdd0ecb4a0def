"""A van's computer that is none: the production code of `appliance/jetson` on a processor.

`enter` makes this process see a CUDA driver of ours (`libcuda/`) under the real pycuda, kernels.cu
compiled by g++, and stand-ins of TensorRT, jetson-utils and gpiod (`site/`). None is a mock: what
hardware would refuse they refuse, and much that it would let pass.
"""

from __future__ import annotations

import ctypes
import importlib.util
import stat
import subprocess
import sys
from functools import cache
from pathlib import Path

from appliance.errors import MachineError
from appliance.jetson.cache import write_whole
from appliance.jetson.cubins import cubin_file
from engines.packs import cache_folder
from tests.kernels.build import build as build_kernels
from tests.standin import build

SITE = Path(__file__).with_name("site")
CAPABILITY = (8, 7)
"""An Orin's."""


def prepare() -> tuple[Path, Path, Path]:
    """Build what is missing: the driver, the folder of pycuda, and the kernels.

    Raises:
        MachineError: something cannot be built or fetched.
    """
    home = cache_folder() / "standin"
    library, packages = build.driver(home), build.pycuda(home)
    try:
        return library, packages, build_kernels(home / "kernels")
    except (OSError, subprocess.CalledProcessError) as error:
        raise build.failed("g++") from error


@cache
def enter() -> Path:
    """Let this process, for the rest of its life, take the stand-in for a Jetson.

    Returns:
        A folder for `GpuSettings.cache`, with the kernels.

    Raises:
        MachineError: something cannot be built or fetched, or the process has a true GPU already.
    """
    library, packages, kernels = prepare()
    # pycuda asks for libcuda.so.1, and the loader takes the one of that name that is there already.
    ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
    if not hasattr(ctypes.CDLL(build.SONAME), "standin_count"):
        raise MachineError(
            "This process has loaded NVIDIA's driver already.", mend="Use the stand-in in another."
        )
    sys.path[:0] = [str(SITE), str(packages)]
    return furnish(cache_folder() / "standin" / "engines", kernels)


def furnish(folder: Path, kernels: Path) -> Path:
    """Put the kernels into a folder, under the name of an Orin's."""
    file = cubin_file(folder, CAPABILITY)
    image = f"HOSTMOD:{kernels}\0".encode()
    if not file.exists() or file.read_bytes() != image:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(file, image)
    # As on a van: programs are taken only from where nobody else may write.
    for place in (folder, *folder.parents[:2]):
        place.chmod(place.stat().st_mode & ~(stat.S_IWGRP | stat.S_IWOTH))
    return folder


def find_pycuda() -> None:
    """Make pycuda importable for a true GPU, built if need be, where it is not installed."""
    if importlib.util.find_spec("pycuda") is None:
        sys.path.append(str(build.pycuda(cache_folder() / "standin")))
