"""The record on paper: a page that needs no other file and runs nothing, and a table."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from appliance.oversight.record import draw, trend
from appliance.oversight.record.row import SHORT, one_in, percent
from appliance.oversight.record.rows import sections, words
from appliance.paper.press import open_press

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jinja2 import Environment

    from appliance.oversight.record.record import Record
    from appliance.oversight.record.row import Row, Section
    from appliance.oversight.record.series import Series
    from appliance.paper.press import Filters

FOLDER: Final = Path(__file__).parent / "html"
HEAD: Final = ("deployment_id", "section", "name", "value", "low", "high", "unit", "label", "note")
NOT_MEASURED: Final = "not measured"
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would work out instead of showing it."""


def page(told: Record) -> str:
    """Write a record as a page."""
    return render(
        "record.html",
        told=told,
        sections=sections(told),
        drawn=draw.drawn(told),
        headline=draw.headline(told),
    )


def series_page(told: Series) -> str:
    """Write a series as a page."""
    return render(
        "series.html",
        told=told,
        sections=trend.sections(told),
        drawn=trend.drawn(told),
        headline=trend.headline(told),
    )


def series_table(told: Series) -> str:
    """Write a series as CSV."""
    return sheet([("all", trend.sections(told))])


def table(told: Record) -> str:
    """Write a record as CSV: one figure a line, so that many records make one table."""
    return sheet([(told.deployment.deployment_id, sections(told))])


def sheet(given: Iterable[tuple[str, Iterable[Section]]]) -> str:
    """Write sections as CSV, under whose they are."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEAD)
    for whose, parts in given:
        for part in parts:
            for row in part.rows:
                value = NOT_MEASURED if row.value is None else row.value
                cells = (value, row.low, row.high, row.unit, row.label, row.note)
                writer.writerow([whose, part.name, row.name, *map(_cell, cells)])
    return out.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text


def render(name: str, **values: Any) -> str:  # noqa: ANN401 - what the page asks for
    """Write a page: `values` are all that its template shows."""
    return _press().get_template(name).render(values)


@cache
def _press() -> Environment:
    filters: Filters = {
        "said": said,
        "shown": _shown,
        "interval": _interval,
        "words": words,
        "moment": _moment,
        "px": _px,
    }
    return open_press(FOLDER, "record.css", filters=filters, values={})


def said(value: object) -> str:
    """Say a figure as people read it."""
    match value:
        case None:
            return NOT_MEASURED
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"  # noqa: PLR2004 - three digits
        case datetime():
            return _moment(value)
        case _:
            return str(value)


def _shown(row: Row) -> str:
    if row.value is None or not row.unit:
        return said(row.value)
    if row.unit == "share" and isinstance(row.value, float):
        return _share(row.value, row.value)
    return f"{said(row.value)} {row.unit}"


def _interval(row: Row) -> str:
    if row.low is None or row.high is None:
        return ""
    ends = row.low, row.high
    if row.unit == "share" and isinstance(row.value, float):
        value = row.value
        return " to ".join(_share(end, value) for end in ends)
    return " to ".join(map(said, ends))


def _share(share: float, value: float) -> str:
    """Say a share as its row's value is said, so that an interval is in one kind of words."""
    return one_in(share) if value < SHORT else percent(share)


def _moment(at: datetime) -> str:
    utc = at.astimezone(timezone.utc)
    return f"{utc.day} {utc:%B %Y, %H:%M} UTC"


def _px(length: float) -> str:
    return f"{length:.1f}"
