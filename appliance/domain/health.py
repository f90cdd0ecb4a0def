"""How the machine is: numbers that an engineer reads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Health:
    """None where the machine does not tell."""

    hottest_c: float | None
    free_mb: float | None
    load: float
    """Waiting work per core; above 1 the machine is too slow."""
    margin_c: float | None = None
    """How much hotter the zone nearest to it may get before its clocks are lowered."""
    power_w: float | None = None
    """What the whole module draws."""
    gpu_load: float | None = None
    """Busy part of the GPU's time, 0 to 1."""
    gpu_mhz: float | None = None
    gpu_most_mhz: float | None = None
    """What the GPU's clock may reach at present."""
    overcurrents: int | None = None
    """How often since the start the supply could not follow, and the clocks were lowered."""
    alarms: tuple[str, ...] = ()
    """Rails that are over a limit now, each with the limit's name."""
    fan_rpm: float | None = None
    """Of the slowest fan."""
