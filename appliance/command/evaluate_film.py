"""`lfr evaluate film`: known people pass on films, before the van's own pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from appliance.command.choices import Models, Workers
from appliance.command.words import AsJson, PackName, print_json

if TYPE_CHECKING:
    from appliance.evaluation.film.measure import Wishes


def film(
    source: Annotated[
        Path,
        typer.Argument(
            help="A folder with a sub-folder for each person: pictures to enrol, and films; or a "
            "CSV table: path, subject, use (enrol, pass), from_s, to_s, left, right, top, bottom."
        ),
    ],
    films: Annotated[
        Path | None, typer.Option(help="Where a table's paths begin; else beside it.")
    ] = None,
    pad: Annotated[
        Path | None,
        typer.Option(help="Lengthen the list with these people: a folder or a table of pictures."),
    ] = None,
    pad_pictures: Annotated[
        Path | None, typer.Option(help="Where the paths of the table of --pad begin.")
    ] = None,
    list_size: Annotated[
        int, typer.Option(min=1, max=350_000, help="Entries of the lengthened list.")
    ] = 10_000,
    near_px: Annotated[float, typer.Option(min=1, help="Between the eyes: near enough.")] = 50.0,
    near_s: Annotated[float, typer.Option(min=0, help="For so long.")] = 0.5,
    pack: PackName = "auto",
    models: Models = None,
    threshold: Annotated[
        float | None, typer.Option(min=0, max=1, help="In operation; else of the calibration.")
    ] = None,
    report: Annotated[Path | None, typer.Option("--report", help="Write a page there.")] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Keep templates of pictures there; else in the cache.")
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Keep no templates.")] = False,
    workers: Workers = None,
    rounds: Annotated[
        int, typer.Option(min=100, max=10_000, help="How often people are drawn.")
    ] = 1_000,
    seed: Annotated[int, typer.Option(min=0, help="The same draws for the same.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Let known people pass on films: who is found, how soon, and who is taken for another."""
    from dataclasses import replace

    from appliance.evaluation.document import Bootstrap
    from appliance.evaluation.film.measure import Wishes
    from appliance.evaluation.film.outcome import Near
    from appliance.oversight.document import claim

    if report:
        claim(report)
    wishes = Wishes(
        source,
        films,
        pack,
        models,
        threshold,
        pad,
        pad_pictures,
        list_size,
        Near(near_px, near_s),
        workers=workers,
        bootstrap=Bootstrap(rounds, seed),
    )
    _watch(replace(wishes, cache=None if no_cache else cache or wishes.cache), report, as_json)


def _watch(wishes: Wishes, report: Path | None, as_json: bool) -> None:
    from appliance.evaluation.film.measure import watch
    from appliance.evaluation.film.page import render
    from appliance.evaluation.film.sheet import show
    from appliance.evaluation.page import put

    console = Console(stderr=as_json)
    document = watch(wishes, console)
    if report:
        put(report, render(document))
    if as_json:
        print_json(document.record())
    else:
        show(console, document)
