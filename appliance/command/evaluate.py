"""`lfr evaluate`: how well the networks find whom they should, on labelled pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from appliance.command import calibrate, threshold
from appliance.command.choices import Models, Workers
from appliance.command.evaluate_attack import attack
from appliance.command.evaluate_card import card
from appliance.command.evaluate_compare import compare
from appliance.command.evaluate_figures import figures
from appliance.command.evaluate_film import film
from appliance.command.evaluate_table import table
from appliance.command.words import AsJson, PackName, print_json

if TYPE_CHECKING:
    from appliance.evaluation.document import Document
    from appliance.evaluation.wishes import Wishes

app = typer.Typer(
    help="How well the networks find whom they should, and spare the rest.", no_args_is_help=True
)
app.command()(calibrate.calibrate)
app.command(name="threshold")(threshold.threshold)

app.command()(table)
app.command()(card)
app.command()(compare)
app.command()(figures)
app.command()(film)
app.command()(attack)

Source = Annotated[
    Path,
    typer.Argument(
        help="A folder with a sub-folder for each person, or a CSV table: path, subject, groups."
    ),
]
Root = Annotated[
    Path | None, typer.Option("--pictures", help="Where a table's paths begin; else beside it.")
]
Threshold = Annotated[
    float | None, typer.Option(min=-1, max=1, help="In operation; else of the calibration.")
]
Report = Annotated[Path | None, typer.Option("--report", help="Write a page there.")]
Cache = Annotated[
    Path | None, typer.Option(help="Keep templates there, never a picture; else in the cache.")
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Keep no templates.")]
Rounds = Annotated[int, typer.Option(min=100, max=10_000, help="How often subjects are drawn.")]
Seed = Annotated[int, typer.Option(min=0, help="The same draws for the same.")]


Shots = Annotated[
    int, typer.Option(min=1, max=16, help="Pictures that are fused, in place of a passing's shots.")
]
Plain = Annotated[
    bool, typer.Option("--plain", help="Plain cosines: take nothing off for crowded entries.")
]


@app.command()
def verification(
    source: Source,
    pictures: Root = None,
    pack: PackName = "auto",
    models: Models = None,
    threshold: Threshold = None,
    report: Report = None,
    cache: Cache = None,
    no_cache: NoCache = False,
    workers: Workers = None,
    rounds: Rounds = 1_000,
    seed: Seed = 1,
    as_json: AsJson = False,
) -> None:
    """Compare every picture with every other: FNMR at FMR, with intervals and by group."""
    from appliance.evaluation.document import Bootstrap
    from appliance.evaluation.measure import verify
    from appliance.evaluation.wishes import Wishes

    wishes = Wishes(
        source,
        pictures,
        pack,
        models,
        threshold,
        workers=workers,
        bootstrap=Bootstrap(rounds, seed),
    )
    wishes = ready(wishes, cache, report, no_cache=no_cache)
    console = Console(stderr=as_json)
    tell(verify(wishes, console), report, console, as_json=as_json)


@app.command()
def identification(
    source: Source,
    size: Annotated[
        list[int] | None, typer.Option(min=1, help="Subjects of a list; again for each.")
    ] = None,
    images: Annotated[
        list[int] | None, typer.Option(min=1, max=16, help="Of a subject; again for each.")
    ] = None,
    draws: Annotated[int, typer.Option(min=1, max=100, help="Lists of each kind.")] = 10,
    shots: Shots = 1,
    plain: Plain = False,
    pictures: Root = None,
    pack: PackName = "auto",
    models: Models = None,
    threshold: Threshold = None,
    report: Report = None,
    cache: Cache = None,
    no_cache: NoCache = False,
    workers: Workers = None,
    rounds: Rounds = 1_000,
    seed: Seed = 1,
    as_json: AsJson = False,
) -> None:
    """Search pictures in lists drawn from the others: TPIR at FPIR, rank 1, by list size."""
    from appliance.evaluation.document import Bootstrap
    from appliance.evaluation.identification import SIZES, Plan
    from appliance.evaluation.measure import identify
    from appliance.evaluation.way import Way
    from appliance.evaluation.wishes import Wishes

    wishes = Wishes(
        source,
        pictures,
        pack,
        models,
        threshold,
        workers=workers,
        bootstrap=Bootstrap(rounds, seed),
    )
    wishes = ready(wishes, cache, report, no_cache=no_cache)
    way = Way(shots, score="cosine" if plain else "crowding")
    plan = Plan(tuple(size or SIZES), tuple(images or (1, 3)), draws, seed, way)
    console = Console(stderr=as_json)
    tell(identify(wishes, plan, console), report, console, as_json=as_json)


@app.command()
def ablation(
    source: Source,
    size: Annotated[int, typer.Option(min=1, help="Subjects of a list.")] = 500,
    draws: Annotated[int, typer.Option(min=1, max=100, help="Lists of each kind.")] = 10,
    pictures: Root = None,
    pack: PackName = "auto",
    models: Models = None,
    report: Report = None,
    cache: Cache = None,
    no_cache: NoCache = False,
    workers: Workers = None,
    rounds: Rounds = 1_000,
    seed: Seed = 1,
    as_json: AsJson = False,
) -> None:
    """Try ways of making a score on the same lists: what each gains, and what it costs in ms."""
    from appliance.evaluation.document import Bootstrap
    from appliance.evaluation.identification import Plan
    from appliance.evaluation.measure import ablate
    from appliance.evaluation.wishes import Wishes

    bootstrap = Bootstrap(rounds, seed)
    wishes = Wishes(source, pictures, pack, models, workers=workers, bootstrap=bootstrap)
    wishes = ready(wishes, cache, report, no_cache=no_cache)
    console = Console(stderr=as_json)
    plan = Plan(sizes=(size,), draws=draws, seed=seed)
    tell(ablate(wishes, plan, console), report, console, as_json=as_json)


def ready(wishes: Wishes, cache: Path | None, report: Path | None, *, no_cache: bool) -> Wishes:
    """Make sure of the report's place, and choose where templates are kept.

    Raises:
        InputError: the report cannot be written there.
    """
    from dataclasses import replace

    from appliance.oversight.document import claim

    if report:
        claim(report)
    return replace(wishes, cache=None if no_cache else cache or wishes.cache)


def tell(document: Document, report: Path | None, console: Console, *, as_json: bool) -> None:
    """Write the page where one is asked for, and print the figures."""
    from appliance.evaluation.page import write
    from appliance.evaluation.sheet import show

    if report:
        write(report, document)
    if as_json:
        print_json(document.record())
    else:
        show(console, document)
