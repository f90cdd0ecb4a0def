"""`lfr evaluate card`: the model card of a pack, out of what evaluations have said."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from appliance.command.choices import Models
from appliance.command.words import AsJson, print_json


def card(
    pack: Annotated[str, typer.Argument(help="Whose card.")],
    evaluations: Annotated[
        list[Path] | None, typer.Argument(help="Files that `lfr evaluate ... --json` wrote.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="The folder for PACK.json and PACK.md; else it is printed.")
    ] = None,
    models: Models = None,
    as_json: AsJson = False,
) -> None:
    """Make a model card: source, licence, what is known against it, results, limits, groups."""
    from appliance.evaluation.card_text import card_text
    from appliance.evaluation.cards import make_card, read_document, write_card
    from engines.packs import load_packs, pack_of

    chosen = pack_of(load_packs(models), pack)
    documents = {file.name: read_document(file) for file in evaluations or ()}
    made = make_card(chosen, documents)
    if to is not None:
        files = write_card(made, to)
        if not as_json:
            Console().print(*files, sep="\n", markup=False, highlight=False, soft_wrap=True)
    if as_json:
        print_json(made.model_dump(mode="json"))
    elif to is None:
        Console().print(card_text(made), markup=False, highlight=False, soft_wrap=True)
