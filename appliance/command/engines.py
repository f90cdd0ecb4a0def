"""`lfr engines`: the networks, from their address to the plans of this very van."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from appliance.command.words import AsJson, Settings, print_json

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
def build(
    settings: Settings = None,
    calibrate: Annotated[
        Path | None, typer.Option(help="Pictures with faces, for gpu.precision int8.")
    ] = None,
) -> None:
    """Build this GPU's kernels and plans; takes minutes. `check` lets them go live."""
    from appliance import forge
    from appliance.sources import load
    from engines.build import progress

    console = Console()
    with progress(console) as tell:
        built = forge.build(load(settings), tell, calibrate)
    for line in filter(None, (built.kernels, *(plan.name for plan in built.plans))):
        console.print(line, style="green", highlight=False, soft_wrap=True)
    _tell(built.untold, console)
    console.print("Now `lfr engines check`: a plan goes live when it has passed.")


@app.command()
def check(
    pictures: Annotated[
        Path | None, typer.Option(help="Pictures with faces; those beside a checkout if left out.")
    ] = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Compare plans with their networks on real pictures; what is too far off stays out."""
    from appliance import forge
    from appliance.sources import load
    from engines.check import render

    checked = forge.check(load(settings), forge.stills(pictures or forge.STILLS))
    verdicts = checked.verdicts
    if as_json:
        print_json([verdict.record() for verdict in verdicts])
    else:
        console = Console()
        render(verdicts, console)
        _tell(checked.untold, console)
    sys.exit(0 if all(verdict.passed for verdict in verdicts) else 1)


def _tell(untold: str, console: Console) -> None:
    if untold:
        line = f"Pictures are not told from faces: {untold}"
        console.print(line, style="yellow", highlight=False, soft_wrap=True)


@app.command()
def lint(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="ONNX files; all that are here if left out."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say before any GPU what TensorRT or a Jetson would not take."""
    from engines.lint import render
    from engines.survey import lint_files, lint_packs

    findings = lint_files(files) if files else lint_packs()
    render(findings, Console(), as_json=as_json)
    sys.exit(1 if any(finding.level == "wrong" for finding in findings) else 0)


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
        print_json(document(told))
    else:
        Console().print(TITLE, Markdown(page(told)))
