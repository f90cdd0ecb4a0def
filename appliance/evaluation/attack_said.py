"""What came of attacks, in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.evaluation.sheet import say, table
from appliance.evaluation.words import percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from appliance.evaluation.attack import Attacks

HEADS = ("presentation", "shown", "no face found", "flagged", "error (95 %)")


def show(console: Console, told: Attacks) -> None:
    """Print all of it."""
    table(console, "May it be a picture?", HEADS, rows(told))
    say(console, "Error: BPCER of faces that are flagged, APCER of attacks that are not.")
    say(console, f"Attacks are {told.source}. {told.scope}")


def rows(told: Attacks) -> Iterator[tuple[str, ...]]:
    """Give a row for each kind."""
    for one in (told.bona_fide, *told.attacks):
        low, high = percent(one.low).removesuffix(" %"), percent(one.high)
        error = f"{percent(one.error)} ({low} to {high})"
        yield (
            one.name,
            f"{one.presentations:,}",
            f"{one.non_responses:,}",
            f"{one.flagged:,}",
            error,
        )
