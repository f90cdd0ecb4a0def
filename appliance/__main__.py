"""The command `lfr`; turns errors into advice and an exit code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.text import Text

from appliance import log, sealing
from appliance.command import (
    audit,
    bench,
    contract,
    deployment,
    desk,
    engines,
    evaluate,
    evaluate_degradation,
    recall,
    record,
    redress,
    tail,
    trail,
)
from appliance.command.words import AsJson, JsonFile, PackName, Settings, spell_out
from appliance.errors import ApplianceError

SEALED = ("demo", "run")
"""Commands that see faces."""
FAULT = 70
"""EX_SOFTWARE: our own mistake, not the user's."""

app = typer.Typer(
    help="Overt live facial recognition for a marked van. An officer decides, always.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(engines.app, name="engines")
app.add_typer(bench.app, name="bench")
app.add_typer(deployment.app, name="deployment")
app.add_typer(desk.app, name="desk")
app.add_typer(trail.app, name="log")
app.add_typer(recall.app, name="recall")
record.app.command()(tail.tail)
app.add_typer(record.app, name="record")
app.add_typer(audit.app, name="audit")
app.add_typer(evaluate.app, name="evaluate")
evaluate.app.command()(evaluate_degradation.degradation)


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
    tls: Annotated[
        bool, typer.Option("--tls", help="Tablets come with certificates, as to a van.")
    ] = False,
    audit: Annotated[
        bool, typer.Option(help="At the end, look for what is left of faces, in some 15 s.")
    ] = True,
    json_file: JsonFile = None,
    headless: Annotated[bool, typer.Option("--headless", help="Print plain lines only.")] = False,
) -> None:
    """Set up a throw-away van, play a film through it, and tell what it saw."""
    from appliance.audit.deletion import audit_deletion
    from appliance.demo.screen import Screen
    from appliance.demo.show import Wishes, show

    sealing.seal()
    wishes = Wishes(film, camera, watchlist, seconds, pack, json_file, machine, every_frame, tls)
    screen = Screen(Console(), headless=headless)
    show(wishes, screen, audit_deletion if audit else None)


@app.command()
def run(settings: Settings = None) -> None:
    """Look, as the van does: under a signed authority, with the lamp lit."""
    from appliance.duty import serve
    from appliance.sources import load

    tree = load(settings)
    log.start(tree.log_level)
    sealing.seal()
    serve(tree)


@app.command()
def panel(settings: Settings = None, as_json: AsJson = False) -> None:
    """Show on the lamp, and here, what the van does, in a process that outlives it."""
    from appliance.command.marquee import serve
    from appliance.sources import load

    serve(load(settings), Console(), as_json=as_json)


@app.command()
def update(
    settings: Settings = None,
    place: Annotated[
        str | None, typer.Option("--from", help="Look there: https://..., or a stick's folder.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fetch what the force has published for this van, if it is to be believed."""
    from appliance.sources import load
    from appliance.update import serve

    tree = load(settings)
    log.start(tree.log_level)
    sys.exit(serve(tree, Console(), as_json=as_json, place=place))


@app.command()
def check(settings: Settings = None, as_json: AsJson = False) -> None:
    """Look at everything that the van needs: one line each, green or red, with the mend."""
    from appliance.check import check as look
    from appliance.check import render
    from appliance.probes import probes

    findings = look(settings, {}, probes)
    render(findings, Console(), as_json=as_json)
    sys.exit(0 if all(finding.ok for finding in findings) else 1)


app.command()(contract.contract)
app.command()(redress.redress)


def main() -> None:
    """Run the command; an error becomes one line, never a traceback with somebody in it."""
    if sys.argv[1:2] and sys.argv[1] in SEALED:
        sealing.begin_anew()
    try:
        app(args=spell_out(sys.argv[1:]), prog_name="lfr")
    except ApplianceError as error:
        _complain(error.advice())
        sys.exit(error.exit_code)
    except Exception as error:  # noqa: BLE001 - the border
        _complain(f"A fault of ours: {type(error).__name__} at {log.where(error)}. Report it.")
        sys.exit(FAULT)


def _complain(line: str) -> None:
    # A file's name may hold anything: neither markup nor a word to the terminal.
    text = "".join(sign if sign.isprintable() else "?" for sign in f"lfr: {line}")
    Console(stderr=True).print(Text(text, style="red"), soft_wrap=True)


if __name__ == "__main__":
    main()
