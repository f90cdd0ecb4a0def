"""The lamp's pins on a Jetson: gpiozero finds `open_pins` by its entry point.

An ordinary computer needs no twin of this file: gpiozero's own MockFactory is it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gpiozero import BadPinFactory

from appliance.jetson import boards

if TYPE_CHECKING:
    from appliance.jetson.header import Header

DEVICES = Path("/dev")
"""Where the kernel's GPIO chips are; their numbers change from one start to the next."""


def open_pins() -> Header:
    """Take the header of the board that this is.

    Raises:
        BadPinFactory: a gpiod older than version 2 is in the way.
        ImportError: there is no gpiod.
        PinUnknownPi: this is no board of which the pins are known.
    """
    import gpiod  # noqa: PLC0415 - an ordinary computer has none

    # Debian's python3-libgpiod is version 1: the same name, and nothing in common.
    if not hasattr(gpiod, "request_lines"):
        raise BadPinFactory("gpiod is not version 2: run provisioning/install.sh again")
    from appliance.jetson.header import Header  # noqa: PLC0415 - loads with gpiod 2 alone

    board, name = boards.find_board(boards.COMPATIBLE)
    return Header(board, name, DEVICES)
