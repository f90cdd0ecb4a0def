"""`lfr desk authorise`, `answer`, `status`, `sweep`: lists, from what allows them to their end."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from appliance.command import choices, forecast
from appliance.command.counter import Words, office_at
from appliance.command.words import AsJson, print_json

if TYPE_CHECKING:
    from appliance.domain.deployment import Authority
    from provisioning.desk.office import Office

app = typer.Typer()


@app.command(rich_help_panel=choices.TO_FORCE)
def authorise(
    van: choices.Vans,
    watchlist: Annotated[
        str, typer.Option("--list", help="The list.", autocompletion=choices.lists)
    ],
    purpose: Annotated[str, typer.Option(help="What for, in words for the public.")],
    place: Annotated[str, typer.Option(help="The place's name.")],
    begins: Annotated[str, typer.Option("--from", help="2026-11-27T18:00, this computer's time.")],
    ends: Annotated[str, typer.Option("--to", help="The same.")],
    notice: Annotated[str, typer.Option("--notice-published", help="When the public was told.")],
    officer: Annotated[str, typer.Option(help="Rank and role of who authorises it.")],
    maximum: Annotated[int, typer.Option(min=1, help="Most people on the list.")],
    floor: Annotated[float, typer.Option(min=0, max=1, help="No alert below this score.")],
    centre: Annotated[str | None, typer.Option(help="LATITUDE,LONGITUDE.")] = None,
    radius: Annotated[float | None, typer.Option(help="In metres; 2,000 at most.")] = None,
    polygon: Annotated[Path | None, typer.Option(help="A GeoJSON file with one polygon.")] = None,
    corner: Annotated[
        list[str] | None, typer.Option(help="LATITUDE,LONGITUDE; again for each corner.")
    ] = None,
    deployment: Annotated[str | None, typer.Option(help="Its name; else after the time.")] = None,
    alert_expiry: Annotated[
        float, typer.Option(min=1, max=600, help="Seconds that an alert is open, at most.")
    ] = 60.0,
    faces: Annotated[int, typer.Option(min=1, help="How many are expected to pass.")] = 1_000,
    false_alerts: Annotated[
        float, typer.Option(min=0.001, help="Among them, at most: the threshold rises for it.")
    ] = 1.0,
    desk: choices.Desk = None,
    as_json: AsJson = False,
) -> None:
    """Lay out an authority: why, where, when, by whom, for which list and vans."""
    from provisioning.desk import screen
    from provisioning.desk.authorise import Drawn, Wishes, authorise, moment

    office, console = office_at(desk), Console(stderr=as_json)
    zone = Drawn(place, centre, radius, polygon, corner or ()).place()
    wishes = Wishes(
        deployment_id=deployment or f"d-{office.clock():%Y%m%d-%H%M%S}",
        purpose=purpose,
        place=zone,
        starts_at=moment(begins),
        ends_at=moment(ends),
        notice_published_at=moment(notice),
        officer=officer,
        watchlist_id=watchlist,
        maximum=maximum,
        floor=floor,
        vans=van,
        alert_expiry_s=alert_expiry,
        faces=faces,
        false_alerts=false_alerts,
    )
    with office.alone():
        made, lost = authorise(office, wishes)
    screen.show_lost(console, lost)
    _tell(console, office, made, as_json=as_json)


def _tell(console: Console, office: Office, made: Authority, *, as_json: bool) -> None:
    """Show an authority, and the false alerts that it lets expect."""
    from provisioning.desk import screen

    screen.show_authority(console, made)
    listed = office.drafts.record(made.watchlist_id)
    foretold = forecast.foretell(made, listed.model_id, listed.templates)
    forecast.show(console, foretold)
    if as_json:
        print_json(made.model_dump(mode="json") | {"forecast": forecast.record(foretold)})


@app.command(rich_help_panel=choices.AFTERWARDS)
def answer(
    reference: Annotated[str, typer.Argument(help="Whom it is about.")],
    on: Annotated[str | None, typer.Option(help="The day: 2026-11-27.")] = None,
    page: Annotated[
        Path | None, typer.Option("--verify", help="Check a published page instead; needs no key.")
    ] = None,
    opening: Annotated[str | None, typer.Option(help="What the force gave the person.")] = None,
    key: choices.KeyFile = None,
    desk: choices.Desk = None,
    passphrase_file: choices.Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Was this person on a list on that day? Answered from the log, with nothing kept."""
    from provisioning.desk import answer as answering
    from provisioning.desk import keys, screen

    console = Console()
    answering.require_both(page, opening)
    if page is not None and opening is not None:
        listed = answering.check(page, opening, reference)
        if as_json:
            print_json({"listed": listed})
        else:
            screen.say(console, "On that list." if listed else "This opens no entry of that page.")
        sys.exit(0 if listed else 1)
    office, day = office_at(desk), answering.day(on or "")
    file = key or office.keys / f"{keys.ANSWER}.key"
    secret = keys.answer_key(keys.load(file, Words(passphrase_file)(keys.ANSWER)))
    found = answering.answer(office.repository, secret, reference, day)
    if as_json:
        print_json([one.record() for one in found])
    else:
        screen.show_answers(console, found, day.isoformat())


@app.command(rich_help_panel=choices.AFTERWARDS)
def status(desk: choices.Desk = None, as_json: AsJson = False) -> None:
    """Say what is published, what waits for whose signature, and what runs out."""
    from provisioning.desk import screen
    from provisioning.desk.status import status as told

    office = office_at(desk)
    office.tidy()
    if as_json:
        print_json(told(office))
    else:
        screen.show_status(Console(), told(office))


@app.command(rich_help_panel=choices.AFTERWARDS)
def sweep(desk: choices.Desk = None, as_json: AsJson = False) -> None:
    """Destroy what is left of lists that have ended; `status` and `sign` do so too."""
    from provisioning.desk import screen

    office = office_at(desk)
    with office.alone():
        ended = office.sweep()
    if as_json:
        print_json({"destroyed": ended})
    else:
        screen.say(Console(), f"Destroyed: {', '.join(ended) or 'nothing had ended'}.")
