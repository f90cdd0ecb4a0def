"""Curves as SVG: points in pixels, axes with their ticks; the page only draws them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDE, HIGH = 640.0, 400.0
LEFT, RIGHT, TOP, BOTTOM = 70.0, 20.0, 20.0, 55.0
LEAST = 1e-7


@dataclass(frozen=True)
class Tick:
    """Where a line of the grid lies, and what stands at its end."""

    at: float
    text: str


@dataclass(frozen=True)
class Line:
    """One curve."""

    name: str
    points: str
    """As `points` of an SVG polyline."""
    dash: str
    """How it is told from others without a colour."""


@dataclass(frozen=True)
class Plot:
    """Everything that is drawn of one diagram."""

    title: str
    across: str
    upwards: str
    columns: tuple[Tick, ...]
    rows: tuple[Tick, ...]
    lines: tuple[Line, ...]
    mark: Tick | None = None
    """An upright line: the threshold in operation."""
    wide: float = WIDE
    high: float = HIGH
    left: float = LEFT
    right: float = WIDE - RIGHT
    top: float = TOP
    bottom: float = HIGH - BOTTOM


@dataclass(frozen=True)
class Scale:
    """From values to pixels."""

    low: float
    high: float
    start_px: float
    end_px: float
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Say where a value lies; one beyond an end lies at it."""
        kept = min(max(value, self.low), self.high)
        if self.logarithmic:
            share = math.log(kept / self.low) / math.log(self.high / self.low)
        else:
            share = (kept - self.low) / (self.high - self.low)
        return round(self.start_px + share * (self.end_px - self.start_px), 1)

    def ticks(self) -> tuple[Tick, ...]:
        """Give decades, or fifths."""
        if self.logarithmic:
            first, last = round(math.log10(self.low)), round(math.log10(self.high))
            return tuple(
                Tick(self.place(10.0**power), "1" if power == 0 else f"1e{power}")
                for power in range(first, last + 1)
            )
        steps = [self.low + (self.high - self.low) * part / 5 for part in range(6)]
        return tuple(Tick(self.place(step), f"{100 * step:.0f} %") for step in steps)


DASHES = ("none", "9 4", "2 3", "9 4 2 4", "14 5", "5 5", "1 5", "12 3 3 3")


def det(curve: Sequence[tuple[float, float, float]], fmr_in_operation: float | None) -> Plot | None:
    """Draw FNMR over FMR, both as logarithms (a DET curve); None where there is none."""
    if not curve:
        return None
    across = _decades([fmr for _, fmr, _ in curve], LEFT, WIDE - RIGHT)
    upwards = _decades([fnmr for _, _, fnmr in curve], HIGH - BOTTOM, TOP)
    points = _points([(fmr, fnmr) for _, fmr, fnmr in curve], across, upwards)
    mark = None
    if fmr_in_operation:
        mark = Tick(across.place(fmr_in_operation), "in operation")
    line = Line("all comparisons", points, DASHES[0])
    ticks = across.ticks(), upwards.ticks()
    title = "Detection error trade-off (DET)"
    return Plot(title, "false match rate (FMR)", "FNMR", *ticks, (line,), mark)


def roc(curves: Sequence[tuple[str, Sequence[tuple[float, float]]]], title: str) -> Plot | None:
    """Draw TPIR over the logarithm of FPIR; None where there is nothing to draw."""
    if not curves:
        return None
    across = _decades([x for _, curve in curves for x, _ in curve], LEFT, WIDE - RIGHT)
    least = min(y for _, curve in curves for _, y in curve)
    upwards = Scale(min(math.floor(least * 10) / 10, 0.9), 1.0, HIGH - BOTTOM, TOP)
    lines = tuple(
        Line(name, _points(curve, across, upwards), DASHES[number % len(DASHES)])
        for number, (name, curve) in enumerate(curves)
    )
    axes = "false positive identification rate (FPIR)", "TPIR"
    return Plot(title, *axes, across.ticks(), upwards.ticks(), lines)


def _decades(values: Sequence[float], start_px: float, end_px: float) -> Scale:
    least = max(min((value for value in values if value > 0), default=0.1), LEAST)
    low = 10.0 ** min(math.floor(math.log10(least)), -1)
    return Scale(low, 1.0, start_px, end_px, logarithmic=True)


def _points(values: Sequence[tuple[float, float]], across: Scale, upwards: Scale) -> str:
    return " ".join(f"{across.place(x)},{upwards.place(y)}" for x, y in values)
