"""`lfr evaluate calibrate`: what the scores of a pack mean, as the file that the van needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from appliance.command.choices import Models, Workers
from appliance.command.words import AsJson, PackName, print_json

if TYPE_CHECKING:
    from appliance.evaluation.calibration import Calibrated

SCARCE = "too few"


def calibrate(
    source: Annotated[
        Path,
        typer.Argument(help="A folder with a sub-folder for each person, or a CSV table."),
    ],
    to: Annotated[Path, typer.Option("--to", help="Write the calibration there, as TOML.")],
    of: Annotated[str, typer.Option("--of", help="What the pictures are, in a few words.")],
    pictures: Annotated[
        Path | None, typer.Option("--pictures", help="Where a table's paths begin; else beside it.")
    ] = None,
    pack: PackName = "auto",
    models: Models = None,
    cache: Annotated[
        Path | None, typer.Option(help="Keep templates there, never a picture; else in the cache.")
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Keep no templates.")] = False,
    workers: Workers = None,
    rounds: Annotated[
        int, typer.Option(min=100, max=10_000, help="How often subjects are drawn.")
    ] = 1_000,
    seed: Annotated[int, typer.Option(min=0, help="The same draws for the same.")] = 1,
    report: Annotated[Path | None, typer.Option("--report", help="Write a page there.")] = None,
    as_json: AsJson = False,
) -> None:
    """Reckon how often strangers reach a score, worst group first, and from where on to alert."""
    from dataclasses import replace

    from appliance.evaluation.chart import render
    from appliance.evaluation.document import Bootstrap
    from appliance.evaluation.measure import calibrate as reckon
    from appliance.evaluation.page import put
    from appliance.evaluation.paper import write
    from appliance.evaluation.wishes import Wishes
    from appliance.oversight.document import claim

    for file in filter(None, (to, report)):
        claim(file)
    wishes = Wishes(
        source, pictures, pack, models, workers=workers, bootstrap=Bootstrap(rounds, seed)
    )
    wishes = replace(wishes, cache=None if no_cache else cache or wishes.cache)
    console = Console(stderr=as_json)
    made = reckon(wishes, of, console)
    write(to, made.calibration)
    if report:
        put(report, render(made))
    if as_json:
        print_json(made.record())
    else:
        _show(console, made)


def _show(console: Console, made: Calibrated) -> None:
    from appliance.evaluation.chart import HEADS, rows

    said = made.calibration
    table = Table(*HEADS, title="Strangers")
    for row in rows(made):
        table.add_row(*row)
    console.print(table)
    for part in made.parts:
        times = SCARCE if part.times is None else f"{part.times:.1f} times everybody's rate"
        console.print(f"{part.name}: {times}", markup=False, highlight=False)
    console.print(
        f"Floor {said.floor}, threshold {said.threshold}, likely from {said.likely_from}, strong "
        f"from {said.strong_from}.",
        highlight=False,
    )
    console.print(said.source, markup=False, highlight=False, soft_wrap=True)
