"""An evaluation of films as a document: for a program and for the report."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from appliance.evaluation.film.words import facts

if TYPE_CHECKING:
    from appliance.evaluation.document import Model
    from appliance.evaluation.film.figures import Band, Rates
    from appliance.evaluation.film.outcome import Near, Others, Outcome

SCOPE: Final = (
    "These figures hold for these films, with this network at this threshold and this list. They "
    "say nothing certain of another place, camera or crowd."
)


@dataclass(frozen=True)
class Cast:
    """Who is on the list."""

    listed: int
    """Subjects with a picture to be enrolled from."""
    not_enrolled: int
    """Of these, the ones of whom none gave a template: their passes are misses."""
    people: int
    """Entries of people who are on no film, each by one picture..."""
    pictures: int
    """...with those that are of further pictures of them..."""
    padding: int
    """...and with those that are made of two people each."""

    @property
    def entries(self) -> int:
        """How long the list is."""
        return self.listed - self.not_enrolled + self.padding


@dataclass(frozen=True)
class Reel:
    """What was played."""

    films: int
    frames: int
    seconds: float


@dataclass(frozen=True)
class Document:
    """Everything that an evaluation of films says. Films and people are numbers."""

    model: Model
    cast: Cast
    reel: Reel
    near: Near
    rates: tuple[Rates, ...]
    """By each way to decide, the van's own first."""
    bands: tuple[Band, ...]
    """As the van decides."""
    waiting: tuple[tuple[str, tuple[tuple[float, float], ...]], ...]
    """By each way: the share of passes found, by seconds after the first sight."""
    passes: tuple[Outcome, ...]
    """As the van decides."""
    others: tuple[Others, ...]
    rounds: int
    seed: int
    kind: Literal["film"] = "film"
    scope: str = field(default=SCOPE)

    @property
    def groups(self) -> tuple[()]:
        """None: people on films are too few to be compared by group."""
        return ()

    def record(self) -> dict[str, Any]:
        """Give it for JSON."""
        return asdict(self) | {"entries": self.cast.entries, "told": facts(self)}
