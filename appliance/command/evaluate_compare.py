"""`lfr evaluate compare`: two packs side by side, on the same people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from appliance.command.choices import Models, Workers
from appliance.command.words import AsJson, print_json


def compare(
    first: Annotated[str, typer.Argument(help="A pack.")],
    second: Annotated[str, typer.Argument(help="The other.")],
    source: Annotated[
        Path, typer.Argument(help="A folder with a sub-folder for each person, or a table.")
    ],
    pictures: Annotated[
        Path | None, typer.Option(help="Where a table's paths begin; else beside it.")
    ] = None,
    threshold: Annotated[
        list[float] | None,
        typer.Option(min=-1, max=1, help="Of the first, then of the second; else calibrated."),
    ] = None,
    size: Annotated[
        list[int] | None, typer.Option(min=1, help="Subjects of a list; again for each.")
    ] = None,
    images: Annotated[
        list[int] | None, typer.Option(min=1, max=16, help="Of a subject; again for each.")
    ] = None,
    draws: Annotated[int, typer.Option(min=1, max=100, help="Lists of each kind.")] = 10,
    models: Models = None,
    report: Annotated[Path | None, typer.Option(help="Write a page there.")] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Keep templates there, never a picture.")
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Keep no templates.")] = False,
    no_cost: Annotated[bool, typer.Option("--no-cost", help="Time nothing.")] = False,
    workers: Workers = None,
    rounds: Annotated[int, typer.Option(min=100, max=10_000, help="Of the bootstrap.")] = 1_000,
    seed: Annotated[int, typer.Option(min=0, help="The same draws for the same.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Put two packs side by side: accuracy with paired intervals, cost, licences, groups."""
    from dataclasses import replace

    from appliance.evaluation.document import Bootstrap
    from appliance.evaluation.identification import Plan
    from appliance.evaluation.measure import contest
    from appliance.evaluation.rivals_said import show, write
    from appliance.evaluation.wishes import Wishes
    from appliance.oversight.document import claim

    if report:
        claim(report)
    wishes = Wishes(
        source, pictures, first, models, workers=workers, bootstrap=Bootstrap(rounds, seed)
    )
    wishes = replace(wishes, cache=None if no_cache else cache or wishes.cache)
    plan = Plan(tuple(size or (500,)), tuple(images or (1, 3)), draws, seed)
    console = Console(stderr=as_json)
    its, other = (*(threshold or ()), None, None)[:2]
    told = contest(wishes, (first, second), (its, other), plan, console, timed=not no_cost)
    if report:
        write(report, told)
    if as_json:
        print_json(told.record())
    else:
        show(console, told)
