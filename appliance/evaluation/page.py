"""The report of an evaluation: one HTML file that needs no other and runs nothing."""

from __future__ import annotations

from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.errors import InputError
from appliance.evaluation.ablation import Ablation
from appliance.evaluation.endurance import Degradation
from appliance.evaluation.identification import RATES, Identification
from appliance.evaluation.plots import det, roc
from appliance.evaluation.said import NAMES, RATIOS
from appliance.evaluation.slopes import slopes
from appliance.evaluation.words import (
    COLUMNS,
    FEW,
    GAINED,
    OVER_VAN,
    SHOTS,
    UNTOLD,
    acquired_in_words,
    gain,
    percent,
    rate,
    sources,
    way_in_words,
    with_interval,
)
from appliance.evaluation.worse import FUSED_HEADS, between, conditions, fused_rows, refusals
from appliance.paper.press import open_press

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment

    from appliance.evaluation.document import Document
    from appliance.evaluation.plots import Plot
    from appliance.paper.press import Filters

FOLDER = Path(__file__).parent / "html"


def write(file: Path, document: Document) -> None:
    """Write the report.

    Raises:
        InputError: the file cannot be written.
    """
    put(file, render(document))


def put(file: Path, page: str) -> None:
    """Write a page.

    Raises:
        InputError: the file cannot be written.
    """
    try:
        file.write_bytes(page.encode("utf-8", "replace"))
    except OSError as error:
        fault = f"{file.name} cannot be written: {error.strerror}."
        raise InputError(fault, mend="Name another file with --report.") from None


def render(document: Document) -> str:
    """Give the page."""
    template = press().get_template(f"{document.kind}.html")
    return template.render(
        document=document,
        result=document.result,
        plots=_plots(document),
        acquired=acquired_in_words(document.acquired),
        sources=sources(document),
    )


def _plots(document: Document) -> list[Plot]:
    result = document.result
    if isinstance(result, Ablation):
        return []
    if isinstance(result, Degradation):
        return slopes(result)
    if not isinstance(result, Identification):
        plot = det(result.curve, result.operating.fmr.value)
        return [plot] if plot else []
    plots: list[Plot] = []
    for images, rows in groupby(result.rows, key=lambda row: row.images):
        curves = [(f"list of {row.size:,}", row.curve) for row in rows]
        title = f"Open set, {images} image{'s' if images > 1 else ''} of a subject"
        drawn = roc(curves, title)
        plots += [drawn] if drawn else []
    return plots


VALUES: Mapping[str, object] = {
    "names": NAMES,
    "ratios": RATIOS,
    "heads": COLUMNS,
    "alarm_rates": RATES,
    "untold": UNTOLD,
    "few_said": FEW,
    "shots_said": SHOTS,
    "way_said": way_in_words,
    "gained": GAINED,
    "over_van": OVER_VAN,
    "between": between,
    "conditions": conditions,
    "fused_heads": FUSED_HEADS,
    "fused_rows": fused_rows,
    "refusals": refusals,
    "spell_rate": rate,
    "spell_share": percent,
}
FILTERS: Filters = {
    "percent": percent,
    "rate": rate,
    "spread": with_interval,
    "gain": gain,
}


@cache
def press() -> Environment:
    """Give what prints the pages of this room."""
    return open_press(FOLDER, "evaluation.css", filters=FILTERS, values=VALUES)
