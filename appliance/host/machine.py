"""The ordinary computer, whole."""

from __future__ import annotations

from appliance.host.camera import open_camera
from appliance.host.compute import Array, Compute
from appliance.host.gallery import Gallery
from appliance.host.health import read_health
from appliance.machine import Machine


def open_machine() -> Machine[Array]:
    """Set up an ordinary computer."""
    return Machine("host", Compute(), Gallery(), open_camera, read_health, "cpu")
