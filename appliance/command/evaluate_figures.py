"""`lfr evaluate figures`: every figure of the cards and of the project's pages, made again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from appliance.command.choices import Models, Workers
from appliance.command.words import AsJson, print_json

PACKS = ("retail", "mbf")


def figures(
    source: Annotated[
        Path | None,
        typer.Argument(help="Labelled pictures, as for `verification`; else nothing is measured."),
    ] = None,
    pictures: Annotated[
        Path | None, typer.Option(help="Where a table's paths begin; else beside it.")
    ] = None,
    pack: Annotated[
        list[str] | None, typer.Option(help="Which; again for each. Else retail and mbf.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="The folder of the cards; else those of this software.")
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option(help="Holds as JSON what each evaluation says; else in the cache."),
    ] = None,
    step: Annotated[
        list[str] | None,
        typer.Option(help="Make anew only this evaluation; again for each. Else all."),
    ] = None,
    page: Annotated[
        list[Path] | None, typer.Option(help="A page whose tables are made anew; again for each.")
    ] = None,
    films: Annotated[
        Path | None, typer.Option(help="Films of known people, as for `film`: measured as well.")
    ] = None,
    films_root: Annotated[Path | None, typer.Option(help="Where that table's paths begin.")] = None,
    models: Models = None,
    cache: Annotated[
        Path | None, typer.Option(help="Keep templates there, never a picture.")
    ] = None,
    workers: Workers = None,
    rounds: Annotated[int, typer.Option(min=100, max=10_000, help="Of the bootstrap.")] = 1_000,
    seed: Annotated[int, typer.Option(min=0, help="The same draws for the same.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Measure the packs anew and write their cards, and the tables that pages make of them."""
    from appliance.evaluation.book import Places, film_step, steps_named, write_figures, write_pages
    from appliance.evaluation.document import Bootstrap
    from appliance.evaluation.wishes import Wishes
    from engines.packs import CARDS, cache_folder

    home = cache_folder()
    places = Places(to or CARDS, evidence or home / "evidence", tuple(page or ()))
    console = Console(stderr=as_json)
    if source is None and evidence is None:
        written = write_pages(places)
    else:
        drawn, kept = Bootstrap(rounds, seed), cache or home / "evaluation"
        wishes = Wishes(
            source or Path(), pictures, models=models, cache=kept, workers=workers, bootstrap=drawn
        )
        steps = steps_named(step or ()) if source else ()
        steps += (film_step(films, films_root),) if source and films else ()
        written = write_figures(wishes, pack or PACKS, steps, places, console)
    if as_json:
        print_json([str(file) for file in written])
    else:
        console.print(*written, sep="\n", markup=False, highlight=False, soft_wrap=True)
