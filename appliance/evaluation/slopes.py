"""Curves over levels that have no common measure: one beside the other, the worst last."""

from __future__ import annotations

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
    from collections.abc import Mapping, Sequence

    from appliance.evaluation.endurance import Curve, Degradation
    from appliance.evaluation.gates import Gated


def slopes(result: Degradation) -> list[Plot]:
    """Draw each way of being spoilt that has several levels, and what measures of quality do."""
    drawn = [_curve(curve) for curve in result.curves if len(curve.rows) > 1]
    if result.rejected:
        shares = [f"{100 * share:.0f} %" for share in result.shares]
        lines = {one.measure: [each.value for each in one.fnmr] for one in result.rejected}
        drawn.append(_draw("Mixture: what refusing the worst is worth", "refused", shares, lines))
    return [*drawn, *map(_gate, result.gates)]


def _gate(gate: Gated) -> Plot:
    bins = [one for one in gate.bins if one.tried]
    lines = {"FNMR": [one.fnmr.value for one in bins]}
    title = f"{gate.measure}: what comes in when its gate is opened"
    return _draw(title, f"from ... {gate.unit}", [f"{one.low:g}" for one in bins], lines)


def _curve(curve: Curve) -> Plot:
    lines = {
        "FNMR": [row.fnmr.value for row in curve.rows],
        "FNMR, what the gate takes": [row.fnmr_taken.value for row in curve.rows],
        "refused by the gate": [
            None if row.taken.value is None else 1 - row.taken.value for row in curve.rows
        ],
    }
    return _draw(curve.title, curve.unit, [f"{row.level:g}" for row in curve.rows], lines)


def _draw(
    title: str, across: str, levels: Sequence[str], lines: Mapping[str, Sequence[float | None]]
) -> Plot:
    upwards = Scale(0.0, 1.0, HIGH - BOTTOM, TOP)
    beside = Scale(0.0, max(len(levels) - 1, 1), LEFT, WIDE - RIGHT)
    columns = tuple(Tick(beside.place(place), level) for place, level in enumerate(levels))
    drawn = tuple(
        Line(name, _points(values, beside, upwards), DASHES[number])
        for number, (name, values) in enumerate(lines.items())
    )
    return Plot(title, across, "share", columns, upwards.ticks(), drawn)


def _points(values: Sequence[float | None], beside: Scale, upwards: Scale) -> str:
    return " ".join(
        f"{beside.place(place)},{upwards.place(value)}"
        for place, value in enumerate(values)
        if value is not None
    )
