"""The report on films: one HTML file that needs no other and runs nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from appliance.evaluation.film.words import (
    BAND_HEADS,
    HEADS,
    PASS_HEADS,
    band_in_words,
    cast_in_words,
    excluded,
    pass_in_words,
    rates_in_words,
    sources,
)
from appliance.evaluation.page import press
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
    from appliance.evaluation.film.document import Document

TICKS = 5


def render(document: Document) -> str:
    """Give the page."""
    passes, near = len(document.passes), sum(one.near for one in document.passes)
    plot = wait(document)
    template = press().get_template("film.html")
    return template.render(
        document=document,
        acquired=cast_in_words(document),
        plots=[plot] if plot else [],
        sources=sources(document),
        excluded=excluded(document.rates[0]),
        heads=HEADS,
        band_heads=BAND_HEADS,
        pass_heads=PASS_HEADS,
        rates=[(rates.title, rates_in_words(rates, passes, near)) for rates in document.rates],
        bands=[band_in_words(band) for band in document.bands if band.passes],
        passes=[pass_in_words(one) for one in document.passes],
    )


def wait(document: Document) -> Plot | None:
    """Draw the share of passes that was found by so many seconds; None where nobody was."""
    ends = [steps[-1][0] for _, steps in document.waiting if steps]
    if not ends:
        return None
    last_s = max(math.ceil(max(ends)), 1)
    across = Scale(0.0, last_s, LEFT, WIDE - RIGHT)
    upwards = Scale(0.0, 1.0, HIGH - BOTTOM, TOP)
    seconds = [last_s * part / TICKS for part in range(TICKS + 1)]
    lines = tuple(
        Line(name, _stairs(steps, across, upwards), DASHES[number % len(DASHES)])
        for number, (name, steps) in enumerate(document.waiting)
    )
    return Plot(
        "How soon a listed person is found",
        "seconds after the first sight",
        "passes found",
        tuple(Tick(across.place(at_s), f"{at_s:.1f}") for at_s in seconds),
        upwards.ticks(),
        lines,
    )


def _stairs(steps: tuple[tuple[float, float], ...], across: Scale, upwards: Scale) -> str:
    share, corners = 0.0, [(0.0, 0.0)]
    for at_s, higher in steps:
        corners += [(at_s, share), (at_s, higher)]
        share = higher
    corners.append((across.high, share))
    return " ".join(f"{across.place(x)},{upwards.place(y)}" for x, y in corners)
