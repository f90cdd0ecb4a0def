"""What Linux tells of the computer that it runs on, in small files: heat, fans, memory, load.

Any of them may be missing, locked, empty or nonsense: then nothing is told, and nothing is raised.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

THERMAL = Path("/sys/class/thermal")
HWMON = Path("/sys/class/hwmon")
MEMORY = Path("/proc/meminfo")
MOST_BYTES = 64
"""No figure of the kernel's is longer."""
MEMORY_BYTES = 4096
NUMBER = re.compile(rb"-?\d{1,15}")
AVAILABLE = re.compile(rb"^MemAvailable:\s+(\d{1,15}) kB$", re.MULTILINE)
LEAST_C, MOST_C = -40.0, 200.0
"""A zone that is switched off may say -256."""


def read(file: Path, most_bytes: int = MOST_BYTES) -> bytes:
    """Give a file's first bytes; none where it cannot be read."""
    try:
        with file.open("rb", buffering=0) as opened:
            return opened.read(most_bytes) or b""
    except OSError:
        return b""


def number(file: Path) -> int | None:
    """Read a whole number."""
    text = read(file).strip()
    return int(text) if NUMBER.fullmatch(text) else None


def word(file: Path) -> str:
    """Read a name; whatever cannot be printed is left out."""
    text = read(file).decode("ascii", "ignore").strip()
    return "".join(letter for letter in text if letter.isprintable())


def load() -> float:
    """Give the waiting work per core, of the last minute."""
    return os.getloadavg()[0] / (os.cpu_count() or 1)


def free_mb(memory: Path = MEMORY) -> float | None:
    """Give the memory that programs may still take."""
    found = AVAILABLE.search(read(memory, MEMORY_BYTES))
    return int(found[1]) / 1024 if found else None


def hottest_c(thermal: Path = THERMAL) -> float | None:
    """Give the temperature of the hottest zone."""
    return max(_known(_heat_c(zone / "temp") for zone in _zones(thermal)), default=None)


def margin_c(thermal: Path = THERMAL) -> float | None:
    """Give the least distance of any zone to its first passive trip, where clocks are lowered."""
    return min(_known(_margin_c(zone) for zone in _zones(thermal)), default=None)


def fan_rpm(hwmon: Path = HWMON) -> float | None:
    """Give the speed of the slowest fan; Tegra's driver has a name of its own for it."""
    files = [file for name in ("fan*_input", "rpm") for file in hwmon.glob(f"hwmon*/{name}")]
    return min(_known(map(number, files)), default=None)


def _zones(thermal: Path) -> list[Path]:
    return sorted(thermal.glob("thermal_zone*"))


def _heat_c(file: Path) -> float | None:
    reading = number(file)
    if reading is None or not LEAST_C <= reading / 1000 <= MOST_C:
        return None
    return reading / 1000


def _margin_c(zone: Path) -> float | None:
    kinds = zone.glob("trip_point_*_type")
    passive = [kind for kind in kinds if word(kind) == "passive"]
    trips = _known(_heat_c(kind.with_name(kind.name[: -len("type")] + "temp")) for kind in passive)
    heat = _heat_c(zone / "temp")
    set_c = [trip for trip in trips if trip > 0]
    return min(set_c) - heat if heat is not None and set_c else None


def _known(readings: Iterable[float | None]) -> list[float]:
    return [reading for reading in readings if reading is not None]
