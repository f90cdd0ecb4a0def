"""How the van's computer is. The outline; its bodies come with the Jetson work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.jetson.array import unwritten

if TYPE_CHECKING:
    from appliance.domain.health import Health


def read_health() -> Health:
    """Read power, temperature, clocks and over-current from sysfs."""
    raise unwritten("health")
