"""`lfr deployment`: what the van holds, how it is ended, and the keys for what comes next."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from appliance.command.record import record
from appliance.command.words import AsJson, Settings, print_json

if TYPE_CHECKING:
    from appliance.closing import Standing

app = typer.Typer(help="The deployment that is held, and its end.", no_args_is_help=True)
app.command()(record)


@app.command()
def status(settings: Settings = None, as_json: AsJson = False) -> None:
    """Say what is held, until when, and how many one-time keys are left."""
    from appliance.closing import standing
    from appliance.sources import load

    held = standing(load(settings))
    if as_json:
        print_json(asdict(held))
    else:
        Console().print(_words(held), highlight=False, soft_wrap=True)


@app.command()
def close(
    settings: Settings = None,
    if_ended: Annotated[
        bool, typer.Option("--if-ended", help="Only what is past its end; for a timer.")
    ] = False,
) -> None:
    """End it now: the list is erased, its key destroyed, its files removed."""
    from appliance import closing
    from appliance.sources import load

    tree, console = load(settings), Console()
    if if_ended:
        end = closing.close_ended(tree, datetime.now(timezone.utc))
        console.print(f"Destroyed: {end.value}." if end else "Nothing is past its end.")
        return
    for name in closing.close(tree):
        console.print(f"Closed: {name}. Its list cannot be opened any more.", highlight=False)


@app.command()
def keys(
    out: Annotated[Path, typer.Option(help="Where their public halves are written.")],
    make: Annotated[int, typer.Option(min=0, max=1000, help="How many to make.")] = 32,
    settings: Settings = None,
) -> None:
    """Make one-time keys, one for each list; the file goes to the desk: `lfr desk van FILE`."""
    from appliance.closing import make_keys
    from appliance.sources import load

    left = make_keys(load(settings), make, out)
    Console().print(f"{left} keys are left. Bring {out.name} to the desk.", highlight=False)


def _words(held: Standing) -> str:
    keys_left = f"{held.keys_left} one-time keys are left."
    if held.deployment_id is None:
        return f"No deployment is held. {keys_left}"
    if held.closed:
        return f"{held.deployment_id} has ended: {held.closed.value}. {keys_left}"
    ends = [at for at in (held.ends_at, held.list_expires_at) if at]
    until = f"{min(ends):%Y-%m-%d %H:%M} UTC" if ends else "?"
    return f"{held.deployment_id} is held until {until}. {keys_left}"
