"""The cards of the networks as lines of the record."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Final

from appliance.oversight.record.row import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from appliance.oversight.record.card import Card, Part

KNOWN: Final = (
    "From the card that came with the software, found by the encoder's SHA-256 in the log. It was "
    "measured on other people and other pictures than those of this deployment."
)
NONE: Final = "The software that made this record has no card of these networks."
MEASURED: Final = {True: "measured", False: "from what others have published"}


def card_rows(cards: Iterable[Card]) -> Iterator[Row]:
    """Put cards into lines."""
    number = 0
    for number, card in enumerate(cards, 1):
        yield from _card(number, card)
    if not number:
        yield Row("card", "Card", None, note=NONE)


def _card(number: int, card: Card) -> Iterator[Row]:
    meant = "Meant for the street." if card.street else "For trying out only."
    yield Row(f"card:{number}", "Networks", card.title, note=meant)
    yield from _part(number, "detector", "Detector", card.detector)
    yield from _part(number, "encoder", "Encoder", card.encoder)
    yield Row(
        f"calibrated:{number}", "Threshold of the calibration", card.threshold,
        note=f"It is {MEASURED[card.measured]}. {card.calibration}",
    )  # fmt: skip
    for place, sentence in enumerate(card.measured_on, 1):
        yield Row(f"measured_on:{number}:{place}", "Measured on", sentence)
    for one in filter(attrgetter("told"), card.figures):
        name = f"card:{number}:{one.name}"
        yield Row(name, one.label, one.value, one.unit, one.low, one.high)
    for place, sentence in enumerate(card.said, 1):
        yield Row(f"card_said:{number}:{place}", "What it says", sentence)
    for place, sentence in enumerate(card.limits, 1):
        yield Row(f"limit:{number}:{place}", "Limit", sentence)


def _part(number: int, name: str, label: str, part: Part) -> Iterator[Row]:
    yield Row(f"{name}_licence:{number}", f"{label}: licence", part.licence)
    yield Row(f"{name}_caveat:{number}", f"{label}: known of its training", part.caveat)
