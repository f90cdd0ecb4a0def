"""How the computer is: heat, memory and load."""

from __future__ import annotations

import os
import re
from pathlib import Path

from appliance.domain.health import Health

THERMAL = Path("/sys/class/thermal")
MEMORY = Path("/proc/meminfo")
AVAILABLE = re.compile(r"^MemAvailable:\s+(\d+) kB$", re.MULTILINE)


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
        found = AVAILABLE.search(memory.read_text())
    except (OSError, ValueError):
        return None
    return int(found[1]) / 1024 if found else None
