"""A calibration as a curve, and what deployments have seen of strangers laid over it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from appliance.evaluation.plots import (
    BOTTOM,
    DASHES,
    HIGH,
    LEFT,
    RIGHT,
    TOP,
    WIDE,
    Line,
    Plot,
    Scale,
    Tick,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.matching.calibration import Calibration
    from appliance.oversight.tail import Step

    Pairs = Sequence[tuple[float, float]]

TITLE = "How often strangers reach a score"
RAREST = 1e-8
"""One of 1,000 faces before 100,000 templates: rarer rates are not drawn."""
FOR_NAMES = 2
"""Decades below the curves, where the names of the lines stand."""


def overlay(calibration: Calibration, threshold: float, seen: Sequence[Step] = ()) -> Plot | None:
    """Draw the rate of one comparison over the score; None where nobody has measured.

    Args:
        calibration: Of the model.
        threshold: Is marked.
        seen: Of the same model, as `oversight.tail` reads it from logs.
    """
    if not calibration.points:
        return None
    steps = [step for step in seen if step.rate > 0]
    shown = [pair for pair in calibration.points if pair[1] >= RAREST]
    scores = [threshold, *(score for score, _ in shown), *(step.score for step in steps)]
    rates = [rate for _, rate in shown] + [step.rate for step in steps]
    low, high = math.floor(min(scores) * 10) / 10, math.ceil(max(scores) * 10) / 10
    across = Scale(low, high, LEFT, WIDE - RIGHT)
    upwards = Scale(
        10.0 ** (math.floor(math.log10(min(rates))) - FOR_NAMES),
        10.0 ** math.ceil(math.log10(max(rates))),
        HIGH - BOTTOM,
        TOP,
        logarithmic=True,
    )
    lines = tuple(
        Line(name, _points(pairs, across, upwards), dash)
        for name, pairs, dash in [*_calibrated(calibration), *_seen(steps)]
    )
    tenths = range(round(low * 10), round(high * 10) + 1)
    columns = tuple(Tick(across.place(tenth / 10), f"{tenth / 10:.1f}") for tenth in tenths)
    mark = Tick(across.place(threshold), f"threshold {threshold:.3f}")
    axes = "score", "share of comparisons of strangers that reach it"
    return Plot(TITLE, *axes, columns, upwards.ticks(), lines, mark)


def _calibrated(calibration: Calibration) -> list[tuple[str, Pairs, str]]:
    points = calibration.points
    last = points[-1][0] if calibration.counted_to is None else calibration.counted_to
    counted = [pair for pair in points if pair[0] <= last]
    drawn = [pair for pair in points if pair[0] >= last]
    lines: list[tuple[str, Pairs, str]] = [("counted", counted, DASHES[0])]
    if len(drawn) > 1:
        lines.append(("drawn on", drawn, DASHES[1]))
    scores = [score for score, _ in points]
    for place, name in enumerate(("95 %, lower end", "95 %, upper end")):
        ends = [interval[place] for interval in calibration.intervals]
        if ends:
            lines.append((name, [*zip(scores, ends, strict=True)], DASHES[2]))
    return lines


def _seen(steps: Sequence[Step]) -> list[tuple[str, Pairs, str]]:
    if not steps:
        return []
    lows = [(step.score, step.interval.low) for step in steps]
    return [
        ("seen by vans", [(step.score, step.rate) for step in steps], DASHES[4]),
        ("seen, lower end", lows, DASHES[6]),
    ]


def _points(pairs: Pairs, across: Scale, upwards: Scale) -> str:
    inside = [(x, y) for x, y in pairs if x <= across.high and y >= upwards.low]
    return " ".join(f"{across.place(x)},{upwards.place(y)}" for x, y in inside)
