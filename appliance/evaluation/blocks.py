"""Tables on a page of the project that are made of cards: between two marks, never by hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from appliance.errors import InputError
from appliance.evaluation.card_text import interval, spelt
from appliance.evaluation.tried import ON_PAGE, ways

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from appliance.oversight.record.card import Card, Figure

MARK: Final = "<!-- lfr evaluate figures: {} -->"
END: Final = "<!-- end -->"
BLOCK: Final = re.compile(r"<!-- lfr evaluate figures: ([a-z-]+) -->\n.*?<!-- end -->", re.DOTALL)
VERIFIED: Final = {
    "fnmr_at_fmr:0.0001": "FNMR at FMR 1e-4",
    "fnmr_at_fmr:1e-05": "at 1e-5",
    "fnmr_at_fmr:1e-06": "at 1e-6",
    "fnmr": "at the calibration's threshold",
    "fmr": "FMR there",
}
IDENTIFIED: Final = {
    "rank_one:500:1": "rank 1",
    "tpir_at_fpir:0.001:500:1:cosine": "TPIR at FPIR 0.1 %, plain cosine",
    "tpir_at_fpir:0.001:500:1": "as the van scores",
    "tpir_at_fpir:0.001:500:3": "three images of a subject",
    "tpir_at_fpir:0.001:500:1:2": "two pictures fused",
    "tpir_at_fpir:0.01:500:1": "at 1 %, as the van scores",
}
GAPS: Final = "_gap:"


def blocks(cards: Sequence[Card]) -> dict[str, str]:
    """Make every table that a page may ask for."""
    return {
        "verification": _columns(cards, VERIFIED),
        "identification": _columns(cards, IDENTIFIED),
        "groups": _groups(cards),
        "ablation": _table([*ways(cards, ON_PAGE)]),
    }


def fill(text: str, tables: Mapping[str, str], name: str) -> str:
    """Write tables between their marks.

    Args:
        text: A page.
        tables: By name.
        name: Of the page.

    Raises:
        InputError: the page asks for a table that there is not.
    """

    def table(found: re.Match[str]) -> str:
        wanted = found[1]
        if wanted not in tables:
            mend = f"There are {', '.join(tables)}."
            raise InputError(f"{name} asks for a table {wanted}.", mend=mend)
        return f"{MARK.format(wanted)}\n{tables[wanted]}{END}"

    return BLOCK.sub(table, text)


def _columns(cards: Sequence[Card], columns: Mapping[str, str]) -> str:
    """Give a line for each pack, and a column for each figure."""
    lines = [["pack", *columns.values()]]
    for card in cards:
        told = {one.name: one for one in card.figures}
        lines.append([f"`{card.pack}`", *(_cell(told.get(name)) for name in columns)])
    return _table(lines)


def _groups(cards: Sequence[Card]) -> str:
    """Give the widest gap of each rate and characteristic."""
    lines = [["pack", "gap, widest seen", "value", "95 % interval"]]
    for card in cards:
        gaps = [one for one in card.figures if GAPS in one.name]
        lines += [
            [f"`{card.pack}`", one.label, spelt(one.value, one.unit), interval(one)] for one in gaps
        ]
    return _table(lines)


def _cell(figure: Figure | None) -> str:
    if figure is None or figure.value is None:
        return "-"
    return f"{spelt(figure.value, figure.unit)} ({interval(figure)})"


def _table(lines: Sequence[Sequence[str]]) -> str:
    head, *rows = [f"| {' | '.join(line)} |\n" for line in lines]
    return "".join([head, f"|{' --- |' * len(lines[0])}\n", *rows])
