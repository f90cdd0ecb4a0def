"""The ordinary computer, whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.host.camera import open_camera
from appliance.host.compute import Array, Compute
from appliance.host.gallery import Gallery
from appliance.host.health import read_health
from appliance.machine import Machine

if TYPE_CHECKING:
    from appliance.settings import GpuSettings


def open_machine(_: GpuSettings | None = None, *, checked: bool = True) -> Machine[Array]:
    """Set up an ordinary computer, which has no GPU to set and no plans to check."""
    del checked
    return Machine("host", Compute(), Gallery(), open_camera, read_health, "cpu")
