"""`lfr desk enrol`, `prepare`, `merge`, `inspect`: from pictures and a table to a sealed list."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from appliance.command.counter import (
    Desk,
    KeyFile,
    Passphrase,
    Words,
    lists,
    office_at,
    vans,
)
from appliance.command.words import AsJson, PackName, print_json

if TYPE_CHECKING:
    from appliance.command.draft import Finished

app = typer.Typer()

Vans = Annotated[
    list[str], typer.Option("--van", help="A van; again for each.", autocompletion=vans)
]
Name = Annotated[
    str, typer.Option("--list", help="The list, as `prepare` was told.", autocompletion=lists)
]
Hours = Annotated[float, typer.Option(min=0.1, max=24, help="How long the list lives.")]
NonMated = Annotated[
    Path | None, typer.Option(help="Pictures of people who are not listed, to compare with.")
]
Accept = Annotated[
    list[str] | None, typer.Option(help="REFERENCE=WHY: stands though it is like others.")
]
Reinstate = Annotated[
    list[str] | None, typer.Option(help="REFERENCE=WHY: was taken off, and may be listed again.")
]
Reviewer = Annotated[str | None, typer.Option(help="Who looked at it: for a folder, or --accept.")]
GroundOf = Annotated[
    # The same words as `Ground`, which would load far more than a command's help needs.
    Literal[
        "wanted_by_court",
        "wanted_for_serious_offence",
        "about_to_commit_really_serious_offence",
        "volunteer",
    ]
    | None,
    typer.Option(help="A folder's; a table says its own."),
]
Said = Annotated[str | None, typer.Option(help="A folder's; a table says its own.")]
Eyes = Annotated[float, typer.Option(min=20, help="Least distance between the eyes, in px.")]
Workers = Annotated[int | None, typer.Option(min=0, help="Processes; else one a core.")]
Models = Annotated[Path | None, typer.Option(help="A folder of networks.")]
Pictures = Annotated[
    Literal["auto", "large", "medium", "small"], typer.Option(help="Size of thumbnails.")
]


@app.command()
def enrol(
    source: Annotated[Path, typer.Argument(help="A folder of pictures, or a table as CSV.")],
    van: Vans,
    name: Annotated[
        str | None, typer.Option("--list", help="Its name; else after the time.")
    ] = None,
    hours: Hours = 12,
    eyes: Eyes = 64,
    non_mated: NonMated = None,
    accept: Accept = None,
    reinstate: Reinstate = None,
    ground: GroundOf = None,
    reason: Said = None,
    power: Said = None,
    source_of: Annotated[str | None, typer.Option("--source", help="A folder's.")] = None,
    reviewer: Reviewer = None,
    pack: PackName = "auto",
    models: Models = None,
    thumbnails: Pictures = "auto",
    workers: Workers = None,
    desk: Desk = None,
    key: KeyFile = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Make a list of pictures: measured, compared, reported, sealed for each van; unsigned yet."""
    from appliance.command import draft
    from appliance.desk import enrol as enrolling

    office, console = office_at(desk), Console(stderr=as_json)
    look = draft.Look(pack, models, eyes, thumbnails, workers)
    told = draft.Told(ground, reason, power, source_of, reviewer)
    judgement = draft.Judgement(hours, accept or (), reinstate or (), reviewer, non_mated)
    with office.alone():
        office.sweep()
        begun = draft.open_draft(office, name, van, (key, Words(passphrase_file)))
        terms = told.terms(office.clock() + timedelta(hours=hours))
        draft.start(begun)
    enrolled = enrolling(look.wishes(source, terms, begun.to), begun.identity, console)
    finished = draft.finish(begun, enrolled, look, judgement, console)
    _show(finished, console, as_json=as_json)


@app.command()
def prepare(
    name: Annotated[str, typer.Option("--list", help="Its name.")],
    desk: Desk = None,
    as_json: AsJson = False,
) -> None:
    """Begin a list whose parts are enrolled by several computers; prints their recipient."""
    from provisioning.desk import screen
    from provisioning.desk.enlist import begin

    office = office_at(desk)
    with office.alone():
        recipient = begin(office, name)
    if as_json:
        print_json({"list": name, "recipient": recipient})
    else:
        screen.say(Console(), recipient)


@app.command()
def shard(
    source: Annotated[Path, typer.Argument(help="The same folder or table for all of them.")],
    part: Annotated[str, typer.Argument(help="Which part of how many: 3/16.")],
    into: Annotated[Path, typer.Argument(help="A folder that all of them share.")],
    recipient: Annotated[str, typer.Option(help="What `prepare` printed.")],
    hours: Hours = 12,
    eyes: Eyes = 64,
    ground: GroundOf = None,
    reason: Said = None,
    power: Said = None,
    source_of: Annotated[str | None, typer.Option("--source", help="A folder's.")] = None,
    reviewer: Reviewer = None,
    pack: PackName = "auto",
    models: Models = None,
    thumbnails: Pictures = "auto",
    workers: Workers = None,
) -> None:
    """Enrol one part of a long list on any computer; it cannot open what it has written."""
    from appliance.command import draft
    from appliance.desk import enrol_shard

    look = draft.Look(pack, models, eyes, thumbnails, workers)
    expires_at = datetime.now().astimezone() + timedelta(hours=hours)
    terms = draft.Told(ground, reason, power, source_of, reviewer).terms(expires_at)
    enrol_shard(look.part(source, terms, (into, recipient), part), Console(stderr=True))


@app.command()
def merge(
    parts: Annotated[Path, typer.Argument(help="The folder that the parts were written to.")],
    name: Name,
    van: Vans,
    hours: Hours = 12,
    non_mated: NonMated = None,
    accept: Accept = None,
    reinstate: Reinstate = None,
    reviewer: Reviewer = None,
    pack: PackName = "auto",
    models: Models = None,
    workers: Workers = None,
    desk: Desk = None,
    key: KeyFile = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Put the parts together: compared, reported, sealed for each van; unsigned yet."""
    from appliance.command import draft
    from appliance.desk import gather

    office, console = office_at(desk), Console(stderr=as_json)
    look = draft.Look(pack, models, workers=workers)
    judgement = draft.Judgement(hours, accept or (), reinstate or (), reviewer, non_mated)
    begun = draft.open_draft(office, name, van, (key, Words(passphrase_file)))
    enrolled = gather(parts, begun.identity)
    finished = draft.finish(begun, enrolled, look, judgement, console)
    _show(finished, console, as_json=as_json)


@app.command()
def inspect(
    name: Name,
    pictures: Annotated[
        Path | None, typer.Option(help="Show its pictures there, as pages for the desk alone.")
    ] = None,
    van: Annotated[str | None, typer.Option(help="Whose.", autocompletion=vans)] = None,
    desk: Desk = None,
    as_json: AsJson = False,
) -> None:
    """Say what is in a sealed list; its pictures only when asked for."""
    from provisioning.desk import inspect as looking
    from provisioning.desk import screen

    console = Console(stderr=as_json)
    with console.status("Reading the list"):
        found, pages = looking.inspect(looking.find(office_at(desk), name, van), pictures)
    if as_json:
        print_json(found.record())
    else:
        screen.show_inspection(console, found, pages)


def _show(finished: Finished, console: Console, *, as_json: bool) -> None:
    from provisioning.desk import screen

    screen.show_lost(console, finished.lost)
    if as_json:
        print_json(finished.record())
    else:
        screen.show_enrolled(console, finished.reviewed, finished.name)
