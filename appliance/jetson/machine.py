"""The van's computer, whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.jetson.camera import open_camera
from appliance.jetson.compute import Compute
from appliance.jetson.gallery import Gallery
from appliance.jetson.health import read_health
from appliance.machine import Machine

if TYPE_CHECKING:
    from appliance.jetson.array import DeviceArray


def open_machine() -> Machine[DeviceArray]:
    """Set up the van's computer.

    Raises:
        MachineError: there is no Jetson here, or its software is not all there.
    """
    return Machine("jetson", Compute(), Gallery(), open_camera, read_health, "tensorrt")
