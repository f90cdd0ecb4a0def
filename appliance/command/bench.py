"""`lfr bench`: what is measured, each with the command that measures it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from appliance.command.words import JsonFile, PackName, People, Settings

app = typer.Typer(help="How fast it is, and whether it grows.", no_args_is_help=True)


@app.command()
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


@app.command()
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


@app.command()
def swap(
    film: Annotated[Path, typer.Option(help="A film with people; it is played in real time.")],
    json_file: JsonFile = None,
    pack: PackName = "auto",
    rows: Annotated[
        list[int] | None, typer.Option(min=3, help="Templates; else 20,000 and 1,000,000.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=2, help="How long without a swap.")] = 20,
    folder: Annotated[Path | None, typer.Option(help="A disk with 20 GB for a million.")] = None,
) -> None:
    """Change the list while a film runs: how soon it is searched, and whether a frame waits."""
    from appliance.bench.swap import ROWS, Wishes, bench

    wishes = Wishes(film, pack, tuple(rows or ROWS), seconds, folder)
    _measure(lambda console: bench(wishes, console), json_file)


@app.command()
def enrol(
    people: Annotated[Path, typer.Argument(help="A folder of good portraits.")],
    json_file: JsonFile = None,
    pack: PackName = "auto",
    pictures: Annotated[int, typer.Option(min=16, help="In each round.")] = 2000,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    workers: Annotated[int | None, typer.Option(min=1, help="Else one a core.")] = None,
) -> None:
    """Enrol portraits on all cores, beside what the encoder alone does there."""
    from appliance.bench.enrol import Wishes, bench

    wishes = Wishes(people, pack, pictures, rounds, workers)
    _measure(lambda console: bench(wishes, console), json_file)


@app.command()
def alert(
    json_file: JsonFile = None,
    full: Annotated[
        bool, typer.Option("--full", help="1,000 alerts, 60 kills; a rush of 20 tablets, 60 s.")
    ] = False,
    alerts: Annotated[int | None, typer.Option(min=1, help="Of the storm; else 100.")] = None,
    kills: Annotated[int | None, typer.Option(min=0, help="Of the storm; else 10.")] = None,
    seed: Annotated[int, typer.Option(help="The same kills and answers for the same.")] = 1,
    tablets: Annotated[int, typer.Option(min=1, max=60, help="But for the rush.")] = 4,
    crowd: Annotated[
        int | None, typer.Option(min=1, max=60, help="Tablets of the rush; else 8.")
    ] = None,
    rate: Annotated[float, typer.Option(min=0.1, help="Alerts a second of the rush.")] = 10,
    seconds: Annotated[float | None, typer.Option(min=0.1, help="Of the rush; else 10.")] = None,
    pace: Annotated[float, typer.Option(min=0.1, help="Alerts a second of the storm.")] = 2,
    kilobytes: Annotated[float, typer.Option(min=3, max=500, help="Of an alert.")] = 30,
    browser: Annotated[
        bool, typer.Option("--browser", help="The first tablet is the page in Chromium.")
    ] = False,
) -> None:
    """Count what is lost between van and tablets while they are killed, and time the way."""
    from dataclasses import replace

    from appliance.bench.alert import FULL, Wishes, bench

    given = {"alerts": alerts, "kills": kills, "crowd": crowd, "seconds": seconds}
    sizes = {name: value for name, value in given.items() if value is not None}
    fixed = Wishes(
        seed=seed, tablets=tablets, rate=rate, pace=pace, kilobytes=kilobytes, browser=browser
    )
    wishes = replace(fixed, **{**(FULL if full else {}), **sizes})
    _measure(lambda console: bench(wishes, console), json_file)


@app.command()
def gpu(
    json_file: JsonFile = None,
    page: Annotated[Path | None, typer.Option(help="Write a page to send back.")] = None,
    film: Annotated[Path | None, typer.Option(help="Play it through the whole pipeline.")] = None,
    camera: Annotated[str | None, typer.Option(help="Time what capture costs.")] = None,
    people: People = None,
    pack: PackName = "auto",
    rows: Annotated[int, typer.Option(min=1000, help="The longest list.")] = 1_000_000,
    cache: Annotated[Path | None, typer.Option(help="Where kernels and plans lie.")] = None,
    settings: Settings = None,
) -> None:
    """Time each stage on the GPU, beside what its memory can do."""
    from appliance.app import open_meter
    from appliance.bench.gpu import Wishes, report
    from appliance.sources import load

    wishes = Wishes(
        settings=load(settings) if settings else None,
        pack=pack,
        cache=cache,
        film=film,
        camera=camera,
        people=people,
        rows=rows,
        json_file=json_file,
        page_file=page,
    )
    report(wishes, Console(), open_meter)


@app.command()
def record(
    json_file: JsonFile = None,
    faces: Annotated[int, typer.Option(min=1000, help="Of each day.")] = 20_000,
    alerts: Annotated[int, typer.Option(min=0, help="Of each day.")] = 50,
    days: Annotated[int, typer.Option(min=1, help="All in one log.")] = 1,
) -> None:
    """Time the public record: a whole log proved, then page, table and JSON."""
    from appliance.bench.record import Wishes, bench

    _measure(lambda _: bench(Wishes(faces, alerts, days)), json_file)


@app.command()
def log(
    json_file: JsonFile = None,
    appends: Annotated[int, typer.Option(min=1, help="Entries.")] = 100_000,
    alone: Annotated[int, typer.Option(min=1, help="Entries that are waited for, each.")] = 200,
) -> None:
    """Time the log: how fast entries come to the disk, and how long they take to be proved."""
    from appliance.bench.appends import Wishes, bench

    _measure(lambda _: bench(Wishes(appends, alone)), json_file)


def _measure(measure: Callable[[Console], Mapping[str, object]], json_file: Path | None) -> None:
    from appliance.bench.table import render
    from appliance.oversight.document import OUTPUT, claim, write

    if json_file:
        claim(json_file)
    console = Console(stderr=json_file == OUTPUT)
    document = measure(console)
    render(document, console)
    if json_file:
        write(json_file, document)
