"""`lfr engines`: the networks, from their address to the plans of this very van."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console

from appliance.command.words import AsJson

app = typer.Typer(help="The networks.", no_args_is_help=True)


@app.command()
def fetch(
    pack: Annotated[str | None, typer.Argument(help="A pack; all public ones if left out.")] = None,
) -> None:
    """Get networks from their public address, checked by their sha256."""
    from engines.packs import fetch_all

    console = Console()
    for found in fetch_all(pack, None, console.print):
        console.print(f"{found.pack.name}: {found.pack.title}", style="green")


@app.command()
def predict(
    pack: Annotated[str | None, typer.Argument(help="A pack; the usual ones if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say on paper how many cameras each Jetson carries."""
    from rich.markdown import Markdown

    from engines.costs import USUAL, work_of
    from engines.forecast import TITLE, document, page, predictions

    told = predictions(work_of(name) for name in ([pack] if pack else USUAL))
    if as_json:
        Console().print_json(json.dumps(document(told)))
    else:
        Console().print(TITLE, Markdown(page(told)))
