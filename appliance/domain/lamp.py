"""What the lamp on the van's panel says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Lamp(str, Enum):
    """The states of the panel, for everyone to see."""

    OFF = "off"
    READY = "ready"
    LOOKING = "looking"
    ALERT = "alert"
    DEGRADED = "degraded"
    FAULT = "fault"
    UPDATING = "updating"


@dataclass(frozen=True)
class Word:
    """A panel's own word that it shines and shows what it was told; a dark panel has none."""

    lamp: Lamp
    factory: str
    """What its pins are: those of a mock shine for nobody."""
    told_s: float
    """When it was told, on our own monotonic clock. Its pins were read back after that."""
