"""The command `lfr`; turns errors into advice and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from appliance import log
from appliance.errors import ApplianceError

FAULT = 70
"""EX_SOFTWARE: our own mistake, not the user's."""

app = typer.Typer(
    help="Overt live facial recognition for a marked van. An officer decides, always.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
engines = typer.Typer(help="The networks.", no_args_is_help=True)
bench = typer.Typer(help="How fast it is, and whether it grows.", no_args_is_help=True)
app.add_typer(engines, name="engines")
app.add_typer(bench, name="bench")

Settings = Annotated[
    Path | None,
    typer.Option("--settings", help="Else $LFR_SETTINGS, else /etc/lfr/appliance.toml."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
PackName = Annotated[str, typer.Option(help="Networks: auto, retail, mbf, zoo, tiny or dlib.")]
People = Annotated[Path | None, typer.Option(help="Pictures of people who are listed as well.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the figures there.")]


@app.command()
def demo(
    film: Annotated[Path | None, typer.Option(help="Play this film instead.")] = None,
    camera: Annotated[
        str | None, typer.Option(help="Look through a camera: /dev/video0, rtsp://..., a file.")
    ] = None,
    watchlist: Annotated[
        Path | None, typer.Option(help="Pictures: one sub-folder or one file per person.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(min=1, help="Stop after so long.")] = None,
    pack: PackName = "auto",
    machine: Annotated[
        Literal["host", "jetson"], typer.Option(help="The machine that looks.")
    ] = "host",
    every_frame: Annotated[
        bool,
        typer.Option("--every-frame", help="The film once, each frame, however long it takes."),
    ] = False,
    json_file: JsonFile = None,
    headless: Annotated[bool, typer.Option("--headless", help="Print plain lines only.")] = False,
) -> None:
    """Set up a throw-away van, play a film through it, and tell what it saw."""
    from appliance.demo.screen import Screen
    from appliance.demo.show import Wishes, show

    wishes = Wishes(film, camera, watchlist, seconds, pack, json_file, machine, every_frame)
    show(wishes, Screen(Console(), headless=headless))


@app.command()
def run(settings: Settings = None) -> None:
    """Look, as the van does: under a signed authority, with the lamp lit."""
    from appliance.duty import serve
    from appliance.sources import load

    tree = load(settings)
    log.start(tree.log_level)
    serve(tree)


@app.command()
def panel(settings: Settings = None) -> None:
    """Show on the lamp what the van does, in a process that outlives it."""
    from appliance.beacon import serve
    from appliance.sources import load

    tree = load(settings)
    log.start(tree.log_level)
    serve(tree)


@app.command()
def update(settings: Settings = None, as_json: AsJson = False) -> None:
    """Install the list and the authority from the drop folder, if they are to be believed."""
    from appliance.sources import load
    from appliance.update import serve

    tree = load(settings)
    log.start(tree.log_level)
    sys.exit(serve(tree, Console(), as_json=as_json))


@app.command()
def check(settings: Settings = None, as_json: AsJson = False) -> None:
    """Look at everything that the van needs: one line each, green or red, with the mend."""
    from appliance.check import check as look
    from appliance.check import render
    from appliance.probes import probes

    findings = look(settings, {}, probes)
    render(findings, Console(), as_json=as_json)
    sys.exit(0 if all(finding.ok for finding in findings) else 1)


@engines.command()
def fetch(
    pack: Annotated[str | None, typer.Argument(help="A pack; all public ones if left out.")] = None,
) -> None:
    """Get networks from their public address, checked by their sha256."""
    from engines.packs import fetch_all

    console = Console()
    for found in fetch_all(pack, None, console.print):
        console.print(f"{found.pack.name}: {found.pack.title}", style="green")


@bench.command()
def pipeline(
    film: Annotated[Path, typer.Option(help="A film.")],
    json_file: JsonFile = None,
    pack: PackName = "auto",
    people: People = None,
    seconds: Annotated[float | None, typer.Option(min=1, help="So much of the film.")] = None,
    peers: Annotated[bool, typer.Option(help="Run OpenCV's and InsightFace's loops too.")] = True,
    every_frame: Annotated[
        bool, typer.Option("--every-frame", help="Look at every frame, as the peers do.")
    ] = False,
) -> None:
    """Run the whole pipeline as fast as it can, on one core, beside its peers."""
    from appliance.bench.pipeline import Wishes, bench

    wishes = Wishes(film, pack, peers, seconds, people, every_frame=every_frame)
    _measure(lambda console: bench(wishes, console), json_file)


@bench.command()
def memory(
    film: Annotated[Path, typer.Option(help="A film; it is played in a loop, in real time.")],
    json_file: JsonFile = None,
    pack: PackName = "auto",
    people: People = None,
    seconds: Annotated[float, typer.Option(min=10, help="How long.")] = 600,
) -> None:
    """See whether the appliance grows while it looks."""
    from appliance.bench.memory import Soak, soak

    _measure(lambda console: soak(Soak(film, pack, seconds, people), console), json_file)


def _measure(measure: Callable[[Console], Mapping[str, object]], json_file: Path | None) -> None:
    from appliance.bench.table import render
    from appliance.oversight.record import claim, write

    if json_file:
        claim(json_file)
    console = Console()
    document = measure(console)
    render(document, console)
    if json_file:
        write(json_file, document)


def main() -> None:
    """Run the command; an error becomes one line, never a traceback with somebody in it."""
    try:
        app(prog_name="lfr")
    except ApplianceError as error:
        _complain(error.advice())
        sys.exit(error.exit_code)
    except Exception as error:  # noqa: BLE001 - the border
        _complain(f"A fault of ours: {type(error).__name__} at {log.where(error)}. Report it.")
        sys.exit(FAULT)


def _complain(line: str) -> None:
    Console(stderr=True).print(f"lfr: {line}", style="red", soft_wrap=True, highlight=False)


if __name__ == "__main__":
    main()
