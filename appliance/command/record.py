"""`lfr deployment record` and `lfr record series`: page, table and JSON for the public."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import track

from appliance.command import trail
from appliance.command.words import AsJson, Settings, print_json

app = typer.Typer(help="Public records, many at once.", no_args_is_help=True)

Thing = TypeVar("Thing")
Out = Annotated[Path, typer.Option(help="The folder that page, table and JSON are written to.")]


def record(
    deployment: Annotated[
        str | None, typer.Argument(help="Its id; else the one that was opened last.")
    ] = None,
    out: Out = Path(),
    folder: Annotated[
        Path | None, typer.Option("--log", help="The log's, or a copy of it; else this van's own.")
    ] = None,
    key: trail.PublicKey = None,
    known: trail.Known = None,
    size: Annotated[
        int | None, typer.Option(min=1, help="Make it of so many entries, as it was made before.")
    ] = None,
    cards: Annotated[
        Path | None, typer.Option(help="Cards of the networks; else those of this software.")
    ] = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Write the public record of a deployment from its log alone, all of which is proved first."""
    from appliance.oversight.record.card import attach, read_cards
    from appliance.oversight.record.press import publish
    from appliance.oversight.record.source import draw
    from engines.packs import CARDS

    proof = trail.open_proof(trail.place(folder, key, settings), known)
    follow = partial(_track, "Reading the log", proof.checkpoint.size)
    told = attach(draw(proof, deployment, size, follow), read_cards([cards or CARDS]))
    files = publish(told, out)
    root = {"log_root": told.log.root, "log_entries": told.log.entries}
    _tell(files, root, as_json=as_json)


@app.command()
def series(
    records: Annotated[list[Path], typer.Argument(help="JSON files of records.")],
    out: Out = Path(),
    as_json: AsJson = False,
) -> None:
    """Merge many records: sums, intervals anew, and the trend."""
    from appliance.oversight.record.press import publish_series
    from appliance.oversight.record.series import load, merge

    told = merge([load(file) for file in _track("Reading records", len(records), records)])
    written = publish_series(told, out)
    _tell(written, {"deployments": len(told.members)}, as_json=as_json)


def _track(what: str, total: int, things: Iterable[Thing]) -> Iterable[Thing]:
    console = Console(stderr=True)
    dumb = not console.is_terminal
    return track(things, what, total, console=console, transient=True, disable=dumb)


def _tell(files: list[Path], more: Mapping[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json({"files": [str(file) for file in files], **more})
        return
    lines = [str(file) for file in files] + [
        f"{name.replace('_', ' ')} {value}" for name, value in more.items()
    ]
    Console().print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)
