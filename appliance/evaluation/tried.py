"""What a card and a page of the project tell of ways of making a score: a few of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from appliance.evaluation.attempts import PARTS
from appliance.oversight.record.card import TRIED, Figure

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from appliance.oversight.record.card import Card

TOLD_AT: Final = 1e-3
"""The FPIR at which ways are told apart."""
SHARE, GAIN, COST = TRIED, f"{TRIED}_gain", f"{TRIED}_cost"
TELLING: Final = {
    attempt.key: f"{part.title}: {attempt.name}"
    for part in PARTS
    for attempt in part.attempts
    if attempt.key
}
"""The ways that cards tell of, by key."""
ON_PAGE: Final = frozenset(
    (
        *("1:first", "1:van", "1:margin", "1:mirror"),
        *("2:first", "2:alike", "2:best", "2:each", "2:van", "3:first", "3:van"),
        *("aside:1:first", "aside:1:van", "aside:1:s", "aside:1:adaptive"),
        *("images:first", "images:best", "images:van"),
    )
)
"""And those that a page has room for."""


def ablated(result: Mapping[str, Any]) -> Iterator[Figure]:
    """Tell of the ways that have a key: TPIR, what each gains on the first of its part, and cost.

    Args:
        result: As the JSON of an ablation has it.
    """
    for part in result["parts"]:
        first = _at(part["trials"][0])
        for trial in part["trials"]:
            at, key = _at(trial), trial["key"]
            if not key or not at:
                continue
            of = f"{part['title']}: {trial['name']}, list of {result['size']:,}"
            few = ", on fewer than 30 strangers" if at["few"] else ""
            told = f"TPIR at FPIR {100 * TOLD_AT:g} %, {of}{few}"
            value, low, high = (_hundredfold(at["tpir"][end]) for end in ("value", "low", "high"))
            yield Figure(name=f"{SHARE}:{key}", label=told, value=value, low=low, high=high)
            if at["gain"] and first:
                more = _hundredfold(at["tpir"]["value"] - first["tpir"]["value"])
                low, high = map(_hundredfold, at["gain"])
                told = f"That less {part['trials'][0]['name']}, {of}"
                yield Figure(
                    name=f"{GAIN}:{key}", label=told, value=more, low=low, high=high, unit="points"
                )
            told = f"Cost of a shot, encoded and searched, {of}"
            cost = round(trial["cost_ms"], 2)
            yield Figure(name=f"{COST}:{key}", label=told, value=cost, unit="ms")


def _at(trial: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return next((one for one in trial["rates"] if one["fpir"] == TOLD_AT and one["told"]), None)


def _hundredfold(share: float) -> float:
    return round(100 * share, 2)


def ways(cards: Sequence[Card], keys: Collection[str]) -> Iterator[list[str]]:
    """Give the lines of a table: its heads, then one for each way that a card tells of.

    Args:
        cards: Three columns each: TPIR, what the way gains on the first of its part, and cost.
        keys: Of the ways.
    """
    wanted = ("TPIR in %", "more points", "ms a shot")
    yield ["way", *(f"`{card.pack}`, {what}" for card in cards for what in wanted)]
    figures = [{one.name: one for one in card.figures} for card in cards]
    for key, label in TELLING.items():
        names = [f"{kind}:{key}" for kind in (SHARE, GAIN, COST)]
        found = [told.get(name) for told in figures for name in names]
        if any(found) and key in keys:
            yield [label, *map(_brief, found)]


def _brief(figure: Figure | None) -> str:
    if figure is None or figure.value is None:
        return "-"
    if figure.low is None or figure.high is None:
        return f"{figure.value:.1f}"
    return f"{figure.value:.1f} ({figure.low:.1f} to {figure.high:.1f})"
