"""`lfr desk enrol`, `prepare`, `merge`, `inspect`: from pictures and a table to a sealed list."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from appliance.command import choices
from appliance.command.counter import Words, office_at
from appliance.command.words import AsJson, PackName, print_json

if TYPE_CHECKING:
    from appliance.command.draft import Finished

app = typer.Typer()


@app.command(rich_help_panel=choices.TO_FORCE)
def enrol(
    source: Annotated[Path, typer.Argument(help="A folder of pictures, or a table as CSV.")],
    van: choices.Vans,
    name: Annotated[
        str | None, typer.Option("--list", help="Its name; else after the time.")
    ] = None,
    hours: choices.Hours = 12,
    eyes: choices.Eyes = 64,
    non_mated: choices.NonMated = None,
    accept: choices.Accept = None,
    reinstate: choices.Reinstate = None,
    ground: choices.GroundOf = None,
    reason: choices.Said = None,
    power: choices.Said = None,
    source_of: choices.SourceOf = None,
    reviewer: choices.Reviewer = None,
    pack: PackName = "auto",
    models: choices.Models = None,
    thumbnails: choices.Pictures = "auto",
    workers: choices.Workers = None,
    desk: choices.Desk = None,
    key: choices.KeyFile = None,
    passphrase_file: choices.Passphrase = None,
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


@app.command(rich_help_panel=choices.TO_FORCE)
def prepare(
    name: Annotated[str, typer.Option("--list", help="Its name.")],
    desk: choices.Desk = None,
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


@app.command(rich_help_panel=choices.TO_FORCE)
def shard(
    source: Annotated[Path, typer.Argument(help="The same folder or table for all of them.")],
    part: Annotated[str, typer.Argument(help="Which part of how many: 3/16.")],
    into: Annotated[Path, typer.Argument(help="A folder that all of them share.")],
    recipient: Annotated[str, typer.Option(help="What `prepare` printed.")],
    hours: choices.Hours = 12,
    eyes: choices.Eyes = 64,
    ground: choices.GroundOf = None,
    reason: choices.Said = None,
    power: choices.Said = None,
    source_of: choices.SourceOf = None,
    reviewer: choices.Reviewer = None,
    pack: PackName = "auto",
    models: choices.Models = None,
    thumbnails: choices.Pictures = "auto",
    workers: choices.Workers = None,
) -> None:
    """Enrol one part of a long list on any computer; it cannot open what it has written."""
    from appliance.command import draft
    from appliance.desk import enrol_shard
    from provisioning.desk import screen

    look = draft.Look(pack, models, eyes, thumbnails, workers)
    expires_at = datetime.now().astimezone() + timedelta(hours=hours)
    terms = draft.Told(ground, reason, power, source_of, reviewer).terms(expires_at)
    console = Console(stderr=True)
    count = enrol_shard(look.part(source, terms, (into, recipient), part), console)
    screen.say(console, f"Part {part}: {count.listed} of {count.people} people can be listed.")


@app.command(rich_help_panel=choices.TO_FORCE)
def merge(
    parts: Annotated[Path, typer.Argument(help="The folder that the parts were written to.")],
    name: choices.Name,
    van: choices.Vans,
    hours: choices.Hours = 12,
    non_mated: choices.NonMated = None,
    accept: choices.Accept = None,
    reinstate: choices.Reinstate = None,
    reviewer: choices.Reviewer = None,
    pack: PackName = "auto",
    models: choices.Models = None,
    workers: choices.Workers = None,
    desk: choices.Desk = None,
    key: choices.KeyFile = None,
    passphrase_file: choices.Passphrase = None,
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


@app.command(rich_help_panel=choices.TO_FORCE)
def inspect(
    name: Annotated[str, typer.Option("--list", help="The list.", autocompletion=choices.lists)],
    pictures: Annotated[
        Path | None, typer.Option(help="Show its pictures there, as pages for the desk alone.")
    ] = None,
    van: Annotated[str | None, typer.Option(help="Whose.", autocompletion=choices.vans)] = None,
    desk: choices.Desk = None,
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
