"""The boards that a van may hold: which line of which chip is behind each pin of their header.

The pins are those of NVIDIA's own carriers (the tables of Jetson.GPIO 2.1 and of the kernel's pin
names); another carrier may lead another line to a pin. A line's name means the same on every one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gpiozero import PinUnknownPi
from gpiozero.pins import BoardInfo, HeaderInfo, PinInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

COMPATIBLE = Path("/proc/device-tree/compatible")
"""What the device tree calls the board: names that end in zero bytes."""
MODULE = re.compile(r"\b(p3767|p3701|p3834)-\d{4}\b")
ROWS, COLUMNS = 20, 2
POWER: Mapping[int, str] = {
    **dict.fromkeys((1, 17), "3V3"),
    **dict.fromkeys((2, 4), "5V"),
    **dict.fromkeys((6, 9, 14, 20, 25, 30, 34, 39), "GND"),
}
"""Pins that are no lines; what is in no table here is a bus that the system keeps for itself."""


@dataclass(frozen=True, eq=False)
class Board:
    """A family of modules with one table."""

    model: str
    soc: str
    chips: Mapping[str, Mapping[int, str]]
    """The label of a GPIO chip, then its lines by the pin that they come out at."""

    def place(self, pin: int) -> tuple[str, str] | None:
        """Tell a pin's chip, by its label, and its line, by the kernel's name for it."""
        return next(((chip, of[pin]) for chip, of in self.chips.items() if pin in of), None)


ORIN_NX = Board(
    "Jetson Orin NX or Nano",
    "Tegra234",
    {
        "tegra234-gpio": {
            7: "PAC.06", 11: "PR.04", 12: "PH.07", 13: "PY.00", 15: "PN.01", 16: "PY.04",
            18: "PY.03", 19: "PZ.05", 21: "PZ.04", 22: "PY.01", 23: "PZ.03", 24: "PZ.06",
            26: "PZ.07", 29: "PQ.05", 31: "PQ.06", 32: "PG.06", 33: "PH.00", 35: "PI.02",
            36: "PR.05", 37: "PY.02", 38: "PI.01", 40: "PI.00",
        },
    },
)  # fmt: skip
AGX_ORIN = Board(
    "Jetson AGX Orin",
    "Tegra234",
    {
        "tegra234-gpio": {
            7: "PQ.06", 11: "PR.04", 12: "PH.07", 13: "PR.00", 15: "PN.01", 18: "PH.00",
            19: "PZ.05", 21: "PZ.04", 22: "PP.04", 23: "PZ.03", 24: "PZ.06", 26: "PZ.07",
            35: "PI.02", 36: "PR.05", 38: "PI.01", 40: "PI.00",
        },
        "tegra234-gpio-aon": {
            16: "PBB.01", 29: "PAA.01", 31: "PAA.00", 32: "PBB.00", 33: "PAA.02", 37: "PAA.03",
        },
    },
)  # fmt: skip
THOR = Board(
    "Jetson AGX Thor",
    "Tegra264",
    {
        "tegra264-gpio-main": {
            7: "PL.06", 11: "PM.04", 12: "PV.06", 13: "PM.00", 15: "PF.07", 18: "PU.07",
            19: "PK.01", 21: "PK.00", 22: "PU.00", 23: "PJ.07", 24: "PK.02", 26: "PK.03",
            35: "PW.01", 36: "PM.05", 38: "PW.00", 40: "PV.07",
        },
        "tegra264-gpio-aon": {
            16: "PDD.03", 29: "PAD.01", 31: "PAD.00", 32: "PDD.04", 33: "PAE.00", 37: "PAE.01",
        },
    },
)  # fmt: skip
BOARDS: Mapping[str, Board] = {"p3767": ORIN_NX, "p3701": AGX_ORIN, "p3834": THOR}
"""By the number of their module."""


def find_board(compatible: Path) -> tuple[Board, str]:
    """Tell which board this is, and what its device tree calls it.

    Raises:
        PinUnknownPi: it is none of them, or says nothing.
    """
    try:
        names = compatible.read_bytes().decode("ascii", "replace").split("\0")
    except OSError as error:
        raise PinUnknownPi(f"this is no Jetson: {compatible} cannot be read") from error
    for name in names:
        if found := MODULE.search(name):
            return BOARDS[found[1]], name
    raise PinUnknownPi(f"no pin table for {names[0]!r}: it is no Orin NX, Nano, AGX Orin or Thor")


def describe(board: Board, name: str) -> BoardInfo:
    """Tell gpiozero about a board; a field that does not matter to a lamp is empty."""
    pins = {number: _pin(board, number) for number in range(1, ROWS * COLUMNS + 1)}
    header = HeaderInfo(name="J", rows=ROWS, columns=COLUMNS, pins=pins)
    return BoardInfo(
        revision=name, model=board.model, pcb_revision="", released="", soc=board.soc,
        manufacturer="NVIDIA", memory=0, storage="", usb=0, usb3=0, ethernet=0, eth_speed=0,
        wifi=False, bluetooth=False, csi=0, dsi=0, headers={"J": header}, board="",
    )  # fmt: skip


def _pin(board: Board, number: int) -> PinInfo:
    row, column = divmod(number - 1, COLUMNS)
    place = board.place(number)
    name = place[1] if place else POWER.get(number, "system")
    names = {f"BOARD{number}", name} if place else {f"BOARD{number}"}
    return PinInfo(
        number=number, name=name, names=frozenset(names), pull="", row=row + 1, col=column + 1,
        interfaces=frozenset({"gpio"} if place else {""}),
    )  # fmt: skip
