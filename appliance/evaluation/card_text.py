"""A model card to read: Markdown, as a page of the project shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.evaluation.tried import TELLING, ways

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from appliance.oversight.record.card import Card, Figure

MADE: Final = "<!-- Made by `lfr evaluate card` or `lfr evaluate figures`: do not edit. -->"
MARKS: Final = str.maketrans({mark: f"\\{mark}" for mark in "\\|`*_<>[]"})
SHORT: Final = 1e-2
TRIED_ON: Final = (
    "At an FPIR of 0.1 %; points are more than the first of the same passings, 95 % of people "
    "drawn anew."
)


def card_text(card: Card) -> str:
    """Write a card."""
    return "\n".join(_lines(card)) + "\n"


def _lines(card: Card) -> Iterator[str]:
    yield from _source(card)
    for title, sentences in (("Limits", card.limits), ("Measured on", card.measured_on)):
        yield from _listed(title, sentences)
    yield from _figures([one for one in card.figures if one.told])
    yield from _ways(card)
    yield from _listed("What must stand beside the figures", card.said)


def _source(card: Card) -> Iterator[str]:
    yield MADE
    yield f"# {_plain(card.title)}"
    yield ""
    meant = "Meant for the street." if card.street else "For trying out only."
    yield f"Pack `{card.pack}`. {meant} Model `{card.model_id}`."
    yield ""
    yield "## Where it comes from"
    yield ""
    yield from _table(
        ("", "detector", "encoder"),
        [
            ("file", card.detector.name, card.encoder.name),
            ("SHA-256", card.detector.sha256, card.encoder.sha256),
            ("fed with", card.detector.fed, card.encoder.fed),
            ("licence", card.detector.licence, card.encoder.licence),
            ("known of its training", card.detector.caveat, card.encoder.caveat),
        ],
    )
    yield ""
    source = "measured" if card.measured else "from what others have published"
    yield f"Calibration: threshold {card.threshold:.3f}, floor {card.floor:.3f}, {source}."
    yield _plain(card.calibration)


def _figures(figures: Sequence[Figure]) -> Iterator[str]:
    yield ""
    yield "## Figures"
    yield ""
    if not figures:
        yield "None was measured."
        return
    rows = [(one.label, spelt(one.value, one.unit), interval(one)) for one in figures]
    yield from _table(("figure", "value", "95 % interval"), rows)


def _ways(card: Card) -> Iterator[str]:
    heads, *rows = ways([card], TELLING)
    if rows:
        yield ""
        yield "## Ways of making a score that were tried"
        yield ""
        yield TRIED_ON
        yield ""
        yield from _table(heads, rows)


def _listed(title: str, sentences: Sequence[str]) -> Iterator[str]:
    if sentences:
        yield ""
        yield f"## {title}"
        yield ""
        yield from (f"- {_plain(sentence)}" for sentence in sentences)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"| {' | '.join('---' for _ in heads)} |"
    for row in rows:
        yield f"| {' | '.join(map(_plain, row))} |"


def interval(figure: Figure) -> str:
    """Write the interval of a figure; nothing where there is none."""
    if figure.low is None and figure.high is None:
        return ""
    return f"{spelt(figure.low, figure.unit)} to {spelt(figure.high, figure.unit)}"


def spelt(value: float | None, unit: str) -> str:
    """Write a value of a card; a share that is small as one in so many."""
    if value is None:
        return "any" if unit == "times" else "-"
    match unit:
        case "%" | "points":
            return f"{value:.2f} {unit}"
        case "share":
            return _one_in(value)
        case _:
            return f"{value:.3g} {unit}".strip()


def _one_in(share: float) -> str:
    if not share:
        return "0"
    return f"1 in {1 / share:,.0f}" if share < SHORT else f"{100 * share:.2f} %"


def _plain(text: str) -> str:
    """Show text as text: a table's groups were named by a stranger."""
    return text.translate(MARKS)
