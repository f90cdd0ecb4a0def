"""The command `lfr`; turns errors into advice and an exit code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Optional

import typer
from rich.console import Console

from appliance.errors import ApplianceError

app = typer.Typer(
    help="Overt live facial recognition for a marked van. An officer decides, always.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
engines = typer.Typer(help="The networks: fetch them by their sha256.", no_args_is_help=True)
app.add_typer(engines, name="engines")


@app.command()
def demo(
    film: Annotated[Optional[Path], typer.Option(help="Play this film.")] = None,
    camera: Annotated[
        Optional[str], typer.Option(help="Look through a camera: /dev/video0 or rtsp://...")
    ] = None,
    watchlist: Annotated[
        Optional[Path], typer.Option(help="A folder with one sub-folder or one file per person.")
    ] = None,
    seconds: Annotated[Optional[float], typer.Option(min=1, help="Stop after so long.")] = None,
    pack: Annotated[str, typer.Option(help="Networks to use; see engines/models.toml.")] = "auto",
    json_file: Annotated[
        Optional[Path], typer.Option("--json", help="Write the tally there.")
    ] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Print plain lines.")] = False,
) -> None:
    """Set up a throw-away van, play a film through it, and tell what it saw."""
    from appliance.demo.screen import Screen
    from appliance.demo.show import Wishes, show

    wishes = Wishes(film, camera, watchlist, seconds, pack, json_file)
    show(wishes, Screen(Console(), headless=headless))


def main() -> None:
    """Run the command; a known error becomes one line of advice."""
    try:
        app()
    except ApplianceError as error:
        complain(error.advice())
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
