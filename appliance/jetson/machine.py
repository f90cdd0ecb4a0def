"""The van's computer, whole."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from appliance.jetson.camera import open_camera
from appliance.jetson.compute import Compute
from appliance.jetson.gallery import Gallery
from appliance.jetson.gpu import open_gpu
from appliance.jetson.health import read_health
from appliance.machine import Machine
from appliance.settings import GpuSettings

if TYPE_CHECKING:
    from appliance.jetson.array import DeviceView


def open_machine(
    settings: GpuSettings | None = None, *, checked: bool = True
) -> Machine[DeviceView]:
    """Set up the van's computer.

    Args:
        settings: Of its GPU.
        checked: False takes plans that have not passed `lfr engines check`: for the check itself.

    Raises:
        MachineError: there is no NVIDIA GPU here, or its software is not all there.
    """
    settings = settings or GpuSettings()
    gpu = open_gpu(settings.cache)
    compute = Compute(gpu, settings, checked=checked)
    gallery = Gallery(gpu, int8=settings.int8_search)
    camera = partial(open_camera, gpu=gpu, folder=settings.cache)
    return Machine("jetson", compute, gallery, camera, read_health, "tensorrt")
