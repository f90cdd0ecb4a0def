"""Draws the README's picture of the lamp's states: `python -m tests.panel.picture OUT.svg`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np

from appliance.command.marquee import LIGHT, SAID, STEP_MS, rhythm
from appliance.panel import LOOKS
from tests.panel.sight import SIGHTS, hexed, seen

WIDTH_PX, HEAD_PX, ROW_PX = 920, 62, 44
STEPS, STEP_PX = 80, 4
NAME_PX, WORDS_PX, LEFT_PX = 20, 112, 386
SWATCH_PX, GAP_PX = 40, 12
RIGHT_PX = LEFT_PX + STEPS * STEP_PX + 24
NIGHT = "#101418"
BLUNT = 0.03
"""So much of each colour comes along where a lamp of one colour is drawn: pure ones look harsh."""
STYLE = """
text{font:13px 'DejaVu Sans',Verdana,sans-serif;fill:#1c2733}
.name{font-weight:bold;font-size:15px}
.small{font-size:11.5px;fill:#4a5866}
"""


def runs(marks):
    """Give where each light begins and how long it is."""
    return [(found.start(), len(found[0])) for found in re.finditer(f"{LIGHT}+", marks)]


def block(x, y, width, height, fill):
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" {fill}/>'


def strip(look, y, height, colour):
    """Draw how a look begins, from left to right, on the dark of the night."""
    lights = [
        block(LEFT_PX + start * STEP_PX, y, length * STEP_PX, height, f'fill="{colour}"')
        for start, length in runs(rhythm(look, STEPS))
    ]
    whole = (LEFT_PX, y, STEPS * STEP_PX, height)
    edge = f'fill="none" stroke="{NIGHT}"'
    return "".join([block(*whole, f'fill="{NIGHT}"'), *lights, block(*whole, edge)])


def text(words, x, y, kind="words", anchor="start"):
    return f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{words}</text>'


def light(look):
    """Give a look's light as this picture shows it."""
    return np.maximum(look.colour, BLUNT) if any(look.colour) else np.zeros(3)


def row(lamp, look, y):
    plain, *simulated = [hexed(seen(light(look), sight)) for sight in (None, *SIGHTS)]
    swatches = [
        block(swatch_px(place), y + 6, SWATCH_PX, 24, f'rx="4" fill="{colour}" stroke="{NIGHT}"')
        for place, colour in enumerate(simulated)
    ]
    return [
        text(lamp.value, NAME_PX, y + 17, "name"),
        text(SAID[lamp][0], WORDS_PX, y + 17),
        text(SAID[lamp][1], WORDS_PX, y + 33, "small"),
        strip(look, y + 3, 17, plain),
        strip(look, y + 24, 8, "#ffffff"),
        *swatches,
    ]


def swatch_px(place):
    return RIGHT_PX + place * (SWATCH_PX + GAP_PX)


def heads():
    yield text("The lamp on the van", NAME_PX, 30, "name")
    yield text(
        f"{STEPS * STEP_MS // 1000} seconds of each, and in one colour", LEFT_PX, 46, "small"
    )
    for place, sight in enumerate(SIGHTS):
        middle = swatch_px(place) + SWATCH_PX // 2
        yield text(sight, middle, 18 + 14 * place, "small", "middle")


def draw():
    """Draw all states, one below the other."""
    height = HEAD_PX + ROW_PX * len(LOOKS) + 14
    told = "; ".join(f"{lamp.value}: {', '.join(words)}" for lamp, words in SAID.items())
    place = f'viewBox="0 0 {WIDTH_PX} {height}" role="img" aria-labelledby="t d"'
    rows = [row(*both, HEAD_PX + ROW_PX * n) for n, both in enumerate(LOOKS.items())]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {place}>',
            '<title id="t">The states of the lamp on the van, and their rhythms</title>',
            f'<desc id="d">{told}.</desc>',
            f"<style>{STYLE}</style>",
            block(0, 0, WIDTH_PX, height, 'rx="10" fill="#ffffff"'),
            *heads(),
            *(part for parts in rows for part in parts),
            "</svg>\n",
        ]
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(draw(), "utf-8")
