"""`lfr evaluate attack`: how often a print, a screen or a poster is told from a face."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from appliance.command.choices import Models
from appliance.command.words import AsJson, PackName, print_json


def attack(
    source: Annotated[
        Path, typer.Argument(help="Faces: a folder with a sub-folder for each person, or a table.")
    ],
    attacks: Annotated[
        Path | None,
        typer.Option(help="Pictures of attacks, a sub-folder for each kind; else they are made."),
    ] = None,
    pictures: Annotated[
        Path | None, typer.Option(help="Where a table's paths begin; else beside it.")
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="Faces at the most, of as many people.")] = 400,
    pack: PackName = "auto",
    models: Models = None,
    seed: Annotated[int, typer.Option(min=0, help="The same attacks for the same.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Judge faces and pictures of faces: APCER and BPCER (ISO/IEC 30107-3), with intervals."""
    from appliance.evaluation.attack import attack as judge
    from appliance.evaluation.attack_said import show
    from appliance.evaluation.document import Bootstrap
    from appliance.evaluation.wishes import Wishes

    wishes = Wishes(source, pictures, pack, models, bootstrap=Bootstrap(seed=seed))
    console = Console(stderr=as_json)
    told = judge(wishes, console, attacks, most)
    if as_json:
        print_json(told.record())
    else:
        show(console, told)
