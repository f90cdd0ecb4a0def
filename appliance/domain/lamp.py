"""What the lamp on the van's panel says."""

from __future__ import annotations

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
