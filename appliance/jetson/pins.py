"""The lamp's pins over libgpiod: a gpiozero factory. Its body comes with the Jetson work.

An ordinary computer needs no twin of this file: gpiozero's own MockFactory is it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.jetson.array import unwritten

if TYPE_CHECKING:
    from gpiozero import Factory


def open_pins() -> Factory:
    """Take the header of the board that this is."""
    raise unwritten("lamp")
