"""An evaluation of films in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.evaluation.film.words import (
    BAND_HEADS,
    HEADS,
    PASS_HEADS,
    band_in_words,
    cast_in_words,
    excluded,
    pass_in_words,
    rates_in_words,
    sources,
)
from appliance.evaluation.sheet import say, table

if TYPE_CHECKING:
    from rich.console import Console

    from appliance.evaluation.film.document import Document


def show(console: Console, document: Document) -> None:
    """Print all of it."""
    say(console, f"{document.model.title}, threshold {document.model.threshold:.3f}")
    for line in cast_in_words(document):
        say(console, line)
    passes, near = len(document.passes), sum(one.near for one in document.passes)
    rows = [(rates.title, *rates_in_words(rates, passes, near)) for rates in document.rates]
    table(console, "Who was found", ("", *HEADS), rows)
    bands = [band_in_words(band) for band in document.bands if band.passes]
    table(console, "By size, as the van decides", BAND_HEADS, bands)
    table(console, "Each pass, as the van decides", PASS_HEADS, map(pass_in_words, document.passes))
    say(console, excluded(document.rates[0]))
    say(console, sources(document))
    say(console, document.scope)
