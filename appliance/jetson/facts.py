"""What machine this is, for whoever reads a bench: names, versions and clocks, nobody in them."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.errors import MachineError
from appliance.jetson.cubins import sources_sha256
from appliance.jetson.loading import load_tensorrt, plain
from appliance.jetson.plans import read_l4t

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.jetson.gpu import Gpu

ROOT = Path("/")
MODEL = "proc/device-tree/model"
RELEASE = "etc/nv_tegra_release"
MODE = "var/lib/nvpmodel/status"
"""What `nvpmodel` has set, such as `pmode:0002`; only root may ask it itself."""
CLOCKS = "sys/class/devfreq"
GPUS = ("gpu", "gpc", "gv11b", "ga10b", "gb10b")
"""Parts of the names under which a Jetson lists its GPU's clocks."""
JETPACKS = {
    "36.3": "6.0", "36.4": "6.1 to 6.2.1", "36.5": "6.2.2",
    "38.2": "7.0", "38.4": "7.1", "39.2": "7.2",
}  # fmt: skip
"""By the first two numbers of L4T's release: NVIDIA's release notes."""
ATTRIBUTES: Mapping[str, tuple[str, float, str]] = {
    "MULTIPROCESSOR_COUNT": ("multiprocessors", 1, ""),
    "CLOCK_RATE": ("largest GPU clock", 1e-3, " MHz"),
    "MEMORY_CLOCK_RATE": ("largest memory clock", 1e-3, " MHz"),
    "GLOBAL_MEMORY_BUS_WIDTH": ("memory bus", 1, " bits"),
    "L2_CACHE_SIZE": ("cache", 2**-20, " MiB"),
}
"""CUDA's name, ours, and by what its number becomes one of our unit."""
KEPT = 16
"""Characters of the kernels' sha256 that name a build."""


def device_facts(cuda: Any, gpu: Gpu) -> dict[str, str]:  # noqa: ANN401 - pycuda has no types
    """Ask the driver."""
    _, total = cuda.mem_get_info()
    version = cuda.get_driver_version()
    told = {
        name: f"{value * factor:g}{unit}"
        for attribute, (name, factor, unit) in ATTRIBUTES.items()
        if (value := ask(cuda, attribute))
    }
    return {
        "name": plain(gpu.name),
        "architecture": "sm_{}{}".format(*gpu.capability),
        **told,
        "memory": f"{total / 2**30:.1f} GiB",
        "CUDA of the driver": f"{version // 1000}.{version % 1000 // 10}",
        "kernels": sources_sha256()[:KEPT],
    }


def ask(cuda: Any, attribute: str) -> int | None:  # noqa: ANN401 - as above
    """Ask the driver for an attribute of the GPU; None where it does not know it."""
    try:
        return int(cuda.Device(0).get_attribute(getattr(cuda.device_attribute, attribute)))
    except (AttributeError, cuda.Error):
        return None


def system_facts(root: Path = ROOT) -> dict[str, str]:
    """Read what the system tells; what it does not is left out."""
    told = {
        "module": _read(root / MODEL),
        "L4T": (l4t := read_l4t(root / RELEASE)),
        "JetPack": JETPACKS.get(".".join(l4t.split(".")[:2]), ""),
        "TensorRT": _tensorrt(),
        "power mode": _read(root / MODE).removeprefix("pmode:"),
        "GPU clock now": _clock(root / CLOCKS),
        "kernel of the system": platform.release(),
        "Python": sys.version.split()[0],
    }
    return {name: value for name, value in told.items() if value and value != "none"}


def _read(file: Path) -> str:
    try:
        return plain(file.read_bytes().decode("ascii", "replace").rstrip("\0\n"))
    except OSError:
        return ""


def _tensorrt() -> str:
    try:
        return plain(load_tensorrt().__version__)
    except MachineError:
        return ""


def _clock(folder: Path) -> str:
    for place in sorted(folder.glob("*")):
        now, most = _read(place / "cur_freq"), _read(place / "max_freq")
        if any(part in place.name for part in GPUS) and now.isdigit() and most.isdigit():
            return f"{int(now) / 1e6:.0f} of {int(most) / 1e6:.0f} MHz"
    return ""
