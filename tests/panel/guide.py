"""Writes the lamp's rhythms into the officers' card: `python -m tests.panel.guide`."""

from __future__ import annotations

from pathlib import Path

from appliance.command.marquee import SAID, rhythm
from appliance.panel import LOOKS
from tests.panel.picture import NIGHT, block, runs

CARD = Path(__file__).parents[2] / "provisioning/officers.html"
BEGIN, END = "<!-- lamp: written by python -m tests.panel.guide -->\n", "<!-- /lamp -->\n"
STEPS, HEIGHT = 60, 4
MEANS = {
    "off": "No camera looks.",
    "ready": "Lit. No camera looks yet.",
    "looking": "Cameras look.",
    "alert": "Cameras look. There is an alert.",
    "degraded": "Something is missing: ask the crew.",
    "fault": "Out of order. Rely on nothing.",
    "updating": "A new list comes. Cameras may look.",
}


def strip(look, words):
    """Draw a rhythm in black and white, so that a printer without colours tells it, too."""
    lights = [block(x, 0, width, HEIGHT, 'fill="#fff"') for x, width in runs(rhythm(look, STEPS))]
    night = block(0, 0, STEPS, HEIGHT, f'fill="{NIGHT}"')
    edge = block(0, 0, STEPS, HEIGHT, f'fill="none" stroke="{NIGHT}" stroke-width=".4"')
    place = f'viewBox="0 0 {STEPS} {HEIGHT}" preserveAspectRatio="none" role="img"'
    return f'<svg {place} aria-label="{words}">{night}{"".join(lights)}{edge}</svg>'


def table():
    """Write a row for each state."""
    rows = [
        f'<tr><th scope="row">{lamp.value.capitalize()}</th><td>{strip(look, SAID[lamp][0])}</td>'
        f"<td>{SAID[lamp][0]}</td><td>{MEANS[lamp.value]}</td></tr>"
        for lamp, look in LOOKS.items()
    ]
    return "\n".join(["<table>", *rows, "</table>\n"])


def written(card):
    """Give the card with the rhythms as they are."""
    head, _, rest = card.partition(BEGIN)
    return head + BEGIN + table() + END + rest.partition(END)[2]


if __name__ == "__main__":
    CARD.write_text(written(CARD.read_text("utf-8")), "utf-8")
