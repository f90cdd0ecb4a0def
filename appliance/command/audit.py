"""`lfr audit`: what an auditor looks into on the real appliance, and not in its papers."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import typer
from rich.console import Console

from appliance.command.words import AsJson, print_json

app = typer.Typer(help="What an auditor tries on the real appliance.", no_args_is_help=True)


@app.callback()
def audit() -> None:
    """Keep `deletion` a command of its own, though it is the only one."""


@app.command()
def deletion(
    passings: Annotated[int, typer.Option(min=1, max=20_000, help="Faces to plant.")] = 1000,
    codec: Annotated[
        Literal["mjpeg", "h264"], typer.Option(help="How the camera's film is compressed.")
    ] = "mjpeg",
    as_json: AsJson = False,
) -> None:
    """Show the appliance faces of nobody, and look for what is left of them, as root.

    They must be found in its memory while they are in view, and nowhere once they have passed: in
    no memory, in nothing that it has written, in no journal, core file or swap. Two builds that
    keep something on purpose must be caught. Exit code 1 where it is not so.
    """
    from appliance.audit.deletion import audit_deletion
    from appliance.audit.reel import CODECS
    from appliance.audit.screen import progress, render

    with progress(Console(stderr=True), as_json=as_json) as tell:
        verdict = audit_deletion(passings, tell, CODECS[codec])
    if as_json:
        print_json(verdict.document())
    else:
        render(verdict, Console())
    sys.exit(0 if verdict.proven else 1)
