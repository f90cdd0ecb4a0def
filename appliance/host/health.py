"""How the computer is: heat, memory, load and fans; of power and GPU it tells nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance import sysfs
from appliance.domain.health import Health

if TYPE_CHECKING:
    from pathlib import Path


def read_health(
    thermal: Path = sysfs.THERMAL, memory: Path = sysfs.MEMORY, hwmon: Path = sysfs.HWMON
) -> Health:
    """Read what the kernel tells; what it does not tell is None."""
    return Health(
        hottest_c=sysfs.hottest_c(thermal),
        free_mb=sysfs.free_mb(memory),
        load=sysfs.load(),
        margin_c=sysfs.margin_c(thermal),
        fan_rpm=sysfs.fan_rpm(hwmon),
    )
