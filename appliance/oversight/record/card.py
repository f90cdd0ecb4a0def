"""What is known of the networks that looked: a card, made by an evaluation, kept with the software.

The log has the encoder's SHA-256, and by it the card is found; nothing on it comes from the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import AfterValidator, Field

from appliance.oversight.fact import Fact, Id, Sha256
from appliance.oversight.record.measures import MOST

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from appliance.oversight.record.record import Record

FILE_BYTES: Final = 1_000_000


def _shown(text: str) -> str:
    if not text.isprintable():
        raise ValueError("a letter is not shown")
    return text


Name = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_shown)]
Sentence = Annotated[str, Field(min_length=1, max_length=1200), AfterValidator(_shown)]
Sentences = Annotated[tuple[Sentence, ...], Field(max_length=MOST)]
Value = Annotated[float, Field(allow_inf_nan=False)]


class Part(Fact):
    """One network."""

    name: Name
    """Of its file."""
    sha256: Sha256
    fed: Sentence
    """How a picture is brought to it."""
    licence: Sentence
    caveat: Sentence
    """What is known of its training data, and against it."""


TRIED: Final = "ablation"
"""How the names of figures begin that tell of a way which was tried beside the van's."""


class Figure(Fact):
    """One figure with its interval of 95 %."""

    name: Name
    """For a program."""
    label: Sentence
    value: Value | None
    low: Value | None = None
    high: Value | None = None
    unit: Literal["%", "share", "points", "times", "ms", ""] = "%"

    @property
    def told(self) -> bool:
        """Whether the public is told of it: not of what was only tried, which the card has."""
        return not self.name.startswith(TRIED)


class Card(Fact):
    """The card of a pack."""

    kind: Literal["lfr.card/1"] = "lfr.card/1"
    pack: Id
    title: Sentence
    model_id: Id
    street: bool
    detector: Part
    encoder: Part
    threshold: Value
    floor: Value
    measured: bool
    """False: the calibration is from what others have published."""
    calibration: Sentence
    """Where it comes from."""
    measured_on: Sentences
    """Which pictures, and how intervals were made."""
    figures: Annotated[tuple[Figure, ...], Field(max_length=MOST)]
    said: Sentences
    """What must stand beside the figures: of groups, and of what the data cannot exclude."""
    limits: Sentences


def read_cards(folders: Iterable[Path]) -> list[Card]:
    """Read every card that lies there; what is none is passed over, since it is no one's card."""
    found: list[Card] = []
    for folder in folders:
        for file in sorted(folder.glob("*.json")):
            card = _read(file)
            found += [card] if card else []
    return found


def _read(file: Path) -> Card | None:
    try:
        with file.open("rb") as opened:
            data = opened.read(FILE_BYTES + 1)
        return Card.model_validate_json(data, strict=True) if len(data) <= FILE_BYTES else None
    except (OSError, ValueError):
        return None


def attach(told: Record, cards: Iterable[Card]) -> Record:
    """Add to a record the cards of the networks that were in force, where there are any."""
    used = {(each.model_id, each.pack) for each in told.in_force}
    found = tuple(card for card in cards if (card.model_id, card.pack) in used)
    return told.model_copy(update={"cards": found})
