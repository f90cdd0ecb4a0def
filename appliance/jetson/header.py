"""The 40-pin header of the board that this is, as gpiozero's factory of pins."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

import gpiod
from gpiozero import PinInvalidPin, PinUnsupported
from gpiozero.pins import BoardInfo, Factory, PinInfo

from appliance.jetson.boards import Board, describe
from appliance.jetson.lines import LinePin

if TYPE_CHECKING:
    from pathlib import Path


class Header(Factory):  # type: ignore[misc] # gpiozero has no types
    """The 40 pins of one board.

    Args:
        board: Its table.
        name: What its device tree calls it.
        devices: The folder with the kernel's GPIO chips.
    """

    def __init__(self, board: Board, name: str, devices: Path) -> None:
        super().__init__()
        self._board = board
        self._info = describe(board, name)
        self._chips = find_chips(devices)
        self._pins: dict[PinInfo, LinePin] = {}

    def ticks(self) -> float:
        """Give the time in seconds, on the clock on which the kernel stamps edges."""
        return monotonic()

    def ticks_diff(self, later: float, earlier: float) -> float:
        """Give the seconds between two ticks."""
        return later - earlier

    def pin(self, name: object) -> LinePin:
        """Give a pin by its place (BOARD29) or by the kernel's name of its line (PQ.05).

        Always the same object for the same pin. It holds its line from its first use to `close`.

        Raises:
            PinInvalidPin: the header has no such pin, or none that switches.
            PinUnsupported: the pin's chip is not here, or may not be opened.
        """
        for _, info in self._info.find_pin(name):
            if info not in self._pins:
                self._pins[info] = self._make(info)
            return self._pins[info]
        raise PinInvalidPin(
            f"a {self._board.model} has no pin {name!r}: name its place on the header, as in"
            " BOARD29, or its line, as in PQ.05; a Raspberry Pi's numbers mean nothing here"
        )

    def close(self) -> None:
        """Let go of every line."""
        for pin in self._pins.values():
            pin.close()

    def _get_board_info(self) -> BoardInfo:
        return self._info

    def _make(self, info: PinInfo) -> LinePin:
        place = self._board.place(info.number)
        if place is None:
            raise PinInvalidPin(f"BOARD{info.number} is for {info.name}: it cannot switch a lamp")
        label, line = place
        if label not in self._chips:
            raise PinUnsupported(
                f"no GPIO chip {label} can be opened, of {sorted(self._chips)}:"
                " is the user in the group gpio?"
            )
        return LinePin(self._chips[label], line, info)


def find_chips(devices: Path) -> dict[str, str]:
    """Find the GPIO chips that may be opened: each one's file, by its label."""
    labels = {str(file): _label(str(file)) for file in sorted(devices.glob("gpiochip*"))}
    # The first of two with one label, whatever that may be.
    return {label: file for file, label in reversed(labels.items()) if label is not None}


def _label(file: str) -> str | None:
    try:
        with gpiod.Chip(file) as chip:
            return chip.get_info().label
    except OSError:
        # Somebody else's, such as an expander on USB: the lamp does not need it.
        return None
