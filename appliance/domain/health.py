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
