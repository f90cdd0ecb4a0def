"""What one line is asked to be, and what the kernel does not let it be."""

from dataclasses import dataclass
from datetime import timedelta

from .line import Bias, Clock, Direction, Drive, Edge, Value

MOST_DEBOUNCE = timedelta(milliseconds=255)
"""Of Tegra's own register (gpio-tegra186.c)."""


@dataclass
class LineSettings:
    direction: Direction = Direction.AS_IS
    edge_detection: Edge = Edge.NONE
    bias: Bias = Bias.AS_IS
    drive: Drive = Drive.PUSH_PULL
    active_low: bool = False
    debounce_period: timedelta = timedelta()
    event_clock: Clock = Clock.MONOTONIC
    output_value: Value = Value.INACTIVE


def refuse(settings):
    """Refuse as gpio_v2_line_flags_validate of the kernel does, whose EINVAL is a ValueError."""
    listens = settings.direction is Direction.INPUT
    faults = (
        settings.edge_detection is not Edge.NONE and not listens,
        settings.debounce_period and not listens,
        settings.debounce_period > MOST_DEBOUNCE,
        settings.bias is not Bias.AS_IS and settings.direction is Direction.AS_IS,
        settings.drive is not Drive.PUSH_PULL and settings.direction is not Direction.OUTPUT,
    )
    if any(faults):
        raise ValueError(22, "Invalid argument")
