"""`lfr evaluate degradation`: what size, blur, noise, darkness and masks do to who is found."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from appliance.command import evaluate as said
from appliance.command.choices import Models, Workers
from appliance.command.words import AsJson, PackName


def degradation(
    source: said.Source,
    kind: Annotated[
        list[str] | None, typer.Option(help="Way of being spoilt; again for each. Else all.")
    ] = None,
    most: Annotated[
        int | None,
        typer.Option(min=2, help="Subjects at the most, those with several pictures first."),
    ] = None,
    width: Annotated[
        float | None,
        typer.Option(min=8, help="Bring faces to this width in pixels before all else."),
    ] = None,
    size: Annotated[int, typer.Option(min=1, help="Subjects of a list.")] = 500,
    draws: Annotated[int, typer.Option(min=1, max=100, help="Lists.")] = 10,
    shots: Annotated[
        int, typer.Option(min=1, max=5, help="Spoilt pictures that are fused as well, as shots.")
    ] = 1,
    plain: said.Plain = False,
    no_closer: Annotated[
        bool, typer.Option("--no-closer", help="Look at no small face a second time.")
    ] = False,
    pictures: said.Root = None,
    pack: PackName = "auto",
    models: Models = None,
    threshold: said.Threshold = None,
    report: said.Report = None,
    cache: said.Cache = None,
    no_cache: said.NoCache = False,
    workers: Workers = None,
    rounds: said.Rounds = 1_000,
    seed: said.Seed = 1,
    as_json: AsJson = False,
) -> None:
    """Spoil pictures step by step: who is still found, and what the gate's measures are worth."""
    from appliance.evaluation.degradation import Lists
    from appliance.evaluation.degrading import degradation as measure
    from appliance.evaluation.document import Bootstrap
    from appliance.evaluation.trials import Plan, steps_of
    from appliance.evaluation.wishes import Wishes

    plan = Plan(steps_of(kind or ()), most, width, seed, closer=not no_closer)
    wishes = Wishes(
        source,
        pictures,
        pack,
        models,
        threshold,
        workers=workers,
        bootstrap=Bootstrap(rounds, seed),
    )
    wishes = said.ready(wishes, cache, report, no_cache=no_cache)
    console = Console(stderr=as_json)
    lists = Lists(size, draws, seed, shots, "cosine" if plain else "crowding")
    said.tell(measure(wishes, plan, lists, console), report, console, as_json=as_json)
