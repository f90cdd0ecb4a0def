"""A board on the bench: the stand-in for gpiod in the place of the real one."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

from appliance.jetson import boards, pins
from appliance.jetson.boards import ORIN_NX

SITE = Path(__file__).parents[1] / "standin" / "site"
NX = "nvidia,p3768-0000+p3767-0000-super nvidia,p3767-0000 nvidia,tegra234"
OWN = ("gpiod", "appliance.jetson.header", "appliance.jetson.lines")
"""What holds on to the library that it was loaded with."""


def without(names=OWN) -> dict:
    """Take modules, and what lies in them, out of Python's memory."""
    found = [name for name in sys.modules if name in names or name.startswith("gpiod.")]
    return {name: sys.modules.pop(name) for name in found}


@contextmanager
def laid(folder, compatible=NX, board=ORIN_NX, monkeypatch=None):
    """Lay out a board; what was loaded before is back afterwards."""
    before = without()
    monkeypatch.syspath_prepend(str(SITE))
    from gpiod import bench  # noqa: PLC0415 - only now is it the stand-in

    # As on a real board: other chips come first, and lines that reach no pin.
    chips = {label: ["PX.00", *lines.values()] for label, lines in board.chips.items()}
    bench.clear()
    bench.lay(folder, compatible, {"tegra234-gpio-other": ["PEE.00"], **chips})
    monkeypatch.setattr(boards, "COMPATIBLE", folder / "compatible")
    monkeypatch.setattr(pins, "DEVICES", folder)
    try:
        yield Desk(folder, bench)
    finally:
        bench.clear()
        without()
        sys.modules.update(before)


class Desk(SimpleNamespace):
    """The board, as somebody with a meter in hand sees it."""

    def __init__(self, folder, bench):
        super().__init__(folder=folder, bench=bench, told=bench.told)

    def level(self, line):
        return self.bench.level(self.folder, line)

    def drive(self, line, high):
        self.bench.drive(self.folder, line, high)

    def give_away(self, line, holder="sysfs"):
        self.bench.held[self.bench.find(self.folder, line)] = holder

    def holds(self, line):
        return self.bench.find(self.folder, line) in self.bench.held
