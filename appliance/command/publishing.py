"""`lfr desk sign`, `publish`, `refresh`, `withdraw`, `revoke`: what reaches the vans."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from appliance.command import choices, forecast
from appliance.command.counter import (
    Words,
    deliver,
    give_notice,
    office_at,
    open_key,
    require_brokers,
)
from appliance.command.words import AsJson, print_json
from appliance.errors import ApplianceError

if TYPE_CHECKING:
    from provisioning.desk.office import Office

app = typer.Typer()
PATIENCE_S = 600.0
"""Whoever takes somebody off is not sent away because a stick is just being written."""


@app.command(rich_help_panel=choices.TO_FORCE)
def sign(
    by: choices.By,
    desk: choices.Desk = None,
    key: choices.KeyFile = None,
    passphrase_file: choices.Passphrase = None,
    yes: choices.Yes = False,
    as_json: AsJson = False,
) -> None:
    """Show exactly what would be put in force, and add one person's signature."""
    from provisioning.desk import screen
    from provisioning.desk.summary import require_draft, summarise

    office, console = office_at(desk), Console(stderr=as_json)
    office.tidy()
    with console.status("Reading the lists") as shown:
        with office.alone():
            draft = require_draft(office.repository)
        summary = summarise(office, draft, lambda van: shown.update(f"Reading the list of {van}"))
    screen.show_summary(console, summary)
    foretold = forecast.of_all(summary)
    for van, one in foretold.items():
        forecast.show(console, one, f"{van}: ")
    if not yes:
        typer.confirm(f"Sign this as {by}?", abort=True, err=as_json)
    signer = open_key(office, by, key, Words(passphrase_file))
    with office.alone():
        standing = office.repository.sign(signer, summary.digest)
    if as_json:
        told = {van: forecast.record(one) for van, one in foretold.items()}
        print_json({**summary.record(), "missing": standing.missing, "forecasts": told})
    else:
        more = f"{standing.missing} more signature is needed, by somebody else."
        wanted = more if standing.missing else "Enough: now `lfr desk publish PLACE`."
        screen.say(console, f"Signed. {wanted}", "green")


@app.command(rich_help_panel=choices.TO_FORCE)
def publish(
    to: Annotated[list[Path], typer.Argument(help="A folder or a stick; several at once.")],
    desk: choices.Desk = None,
    hours: choices.Silence = 24,
    notify: choices.Notify = None,
    notify_ca: choices.CaFile = None,
    key: choices.KeyFile = None,
    passphrase_file: choices.Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Publish what two have signed; vans fetch it from there, by any web server or as a stick."""
    from provisioning.desk.settle import settle

    office = office_at(desk)
    require_brokers(notify, notify_ca)
    online = open_key(office, "online", key, Words(passphrase_file))
    with office.alone(PATIENCE_S):
        settle(office.repository, online, timedelta(hours=hours))
        _deliver(office, to, as_json, notify=(notify, notify_ca))


@app.command(rich_help_panel=choices.AFTERWARDS)
def refresh(
    to: choices.To = None,
    desk: choices.Desk = None,
    hours: choices.Silence = 24,
    key: choices.KeyFile = None,
    passphrase_file: choices.Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Say that what is published is still the newest; for cron, some times a day."""
    from provisioning.desk.settle import settle

    office = office_at(desk)
    online = open_key(office, "online", key, Words(passphrase_file))
    with office.alone(PATIENCE_S):
        settle(office.repository, online, timedelta(hours=hours), drafts=False)
        _deliver(office, to, as_json)


@app.command(rich_help_panel=choices.AFTERWARDS)
def withdraw(
    subject: Annotated[str, typer.Argument(help="Whom.", autocompletion=choices.references)],
    by: choices.By,
    watchlist: choices.ListName = None,
    to: choices.To = None,
    desk: choices.Desk = None,
    notify: choices.Notify = None,
    notify_ca: choices.CaFile = None,
    key: choices.KeyFile = None,
    passphrase_file: choices.Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Take one person off every list at once, over one signature, and publish it."""
    from provisioning.desk.settle import settle
    from provisioning.desk.withdraw import find
    from provisioning.desk.withdraw import withdraw as take_off

    office, words = office_at(desk), Words(passphrase_file)
    require_brokers(notify, notify_ca)
    # Before anybody types a passphrase for a name that is spelt wrongly.
    find(office, subject, watchlist)
    signer, online = open_key(office, by, key, words), open_key(office, "online", None, words)
    with office.alone(PATIENCE_S):
        named = take_off(office, subject, signer, watchlist)
        settle(office.repository, online, drafts=False)
        _deliver(office, to, as_json, notify=(notify, notify_ca), lists=named)


@app.command(rich_help_panel=choices.AFTERWARDS)
def revoke(
    deployment: Annotated[str, typer.Argument(help="Which.", autocompletion=choices.deployments)],
    by: choices.By,
    to: choices.To = None,
    desk: choices.Desk = None,
    notify: choices.Notify = None,
    notify_ca: choices.CaFile = None,
    key: choices.KeyFile = None,
    passphrase_file: choices.Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Take an authority back at once, over one signature: its vans end their deployment."""
    from provisioning.desk.settle import settle
    from provisioning.desk.withdraw import revoke as take_back

    office, words = office_at(desk), Words(passphrase_file)
    require_brokers(notify, notify_ca)
    signer, online = open_key(office, by, key, words), open_key(office, "online", None, words)
    with office.alone(PATIENCE_S):
        take_back(office, deployment, signer)
        settle(office.repository, online, drafts=False)
        _deliver(office, to, as_json, notify=(notify, notify_ca))


def _deliver(
    office: Office,
    to: list[Path] | None,
    as_json: bool,
    notify: tuple[list[str] | None, Path | None] | None = None,
    lists: list[str] | None = None,
) -> None:
    from provisioning.desk import screen

    console = Console(stderr=as_json)
    tried = deliver(office, to, console)
    failures = {place: one for place, one in tried.items() if isinstance(one, ApplianceError)}
    copied = {place: one for place, one in tried.items() if not isinstance(one, ApplianceError)}
    if lists:
        screen.say(console, f"Taken off {', '.join(lists)}.", "green")
    screen.show_copied(console, copied, failures)
    office.sweep()
    told, unheard = give_notice(office, *notify) if notify else ([], [])
    if told:
        screen.say(console, f"Notice given to {', '.join(told)}.", "green")
    if as_json:
        places = {str(place): asdict(one) for place, one in copied.items()}
        print_json({"places": places, "noticed": told, "lists": lists})
    for failure in (*failures.values(), *unheard):
        raise failure
