"""How the computer is: heat, memory and load."""

from __future__ import annotations

import os
from pathlib import Path

from appliance.domain.health import Health

THERMAL = Path("/sys/class/thermal")
MEMORY = Path("/proc/meminfo")


def read_health(thermal: Path = THERMAL, memory: Path = MEMORY) -> Health:
    """Read what the kernel tells; what it does not tell is None."""
    return Health(_hottest(thermal), _free_mb(memory), os.getloadavg()[0] / (os.cpu_count() or 1))


def _hottest(thermal: Path) -> float | None:
    readings = [_number(zone) for zone in thermal.glob("thermal_zone*/temp")]
    known = [value / 1000 for value in readings if value is not None]
    return max(known, default=None)


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def _free_mb(memory: Path) -> float | None:
    try:
        lines = memory.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) / 1024
    return None
