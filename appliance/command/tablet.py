"""`lfr desk tablet`: who may connect to a van and decide, and what each van needs for it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console

from appliance.command import choices
from appliance.command.counter import Words, office_at
from appliance.command.words import AsJson, print_json
from appliance.errors import InputError

if TYPE_CHECKING:
    from provisioning.desk.tablets import Tablets

ONES_OWN: Final = "Its two files go to the tablet and nowhere else; erase them when they are there."
AT_VAN: Final = (
    "At each van: copy crl.pem to /etc/lfr/tablets, then `systemctl reload nginx` and "
    "`systemctl restart mosquitto`, which throws out whoever is still connected."
)

app = typer.Typer(help="Tablets: let in, listed, shut out.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Of the tablet.", autocompletion=choices.tablets)]


@app.command()
def make(
    name: Annotated[str, typer.Argument(help="Of the tablet, like tablet-7.")],
    to: Annotated[Path, typer.Option("--to", help="Where its two files go.")] = Path(),
    days: Annotated[int, typer.Option(min=1, max=1000, help="How long it is let in.")] = 400,
    desk: choices.Desk = None,
    passphrase_file: choices.Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Let a tablet in: one file for its certificates, one for the page, and their password."""
    from provisioning import disk
    from provisioning.desk import screen

    office = office_at(desk)
    office.tablets.require_free(name)
    files = to / f"{name}.p12", to / f"{name}.lfrkey"
    _require_new(files)
    disk.make_room(to)
    words = _words(office.tablets, passphrase_file)
    with office.alone():
        packed = office.tablets.make(office.tablets.open(words), name, days)
    for file, data in zip(files, (packed.p12, packed.key_file), strict=True):
        disk.write(file, data)
    if as_json:
        told = packed.tablet.model_dump(mode="json")
        print_json({**told, "files": [*map(str, files)], "password": packed.password})
        return
    console = Console()
    screen.say(console, f"{files[0]}: into the tablet's own store of certificates.")
    screen.say(console, f"{files[1]}: into the page, where a shift is started.")
    screen.say(console, "The password of both, which is shown this once:")
    screen.say(console, packed.password, "bold")
    screen.say(console, ONES_OWN)


@app.command(name="list")
def list_tablets(desk: choices.Desk = None, as_json: AsJson = False) -> None:
    """Say who was ever let in, until when, and who was shut out."""
    from provisioning.desk import screen

    office = office_at(desk)
    tablets = office.tablets.roll().tablets
    if as_json:
        print_json([one.model_dump(mode="json") for one in tablets])
        return
    screen.show_tablets(Console(), tablets, office.clock())
    for line in office.tablets.warnings():
        screen.say(Console(), line, "yellow")


@app.command()
def revoke(
    name: Name,
    desk: choices.Desk = None,
    passphrase_file: choices.Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Shut a tablet out: it is lost, stolen or given back."""
    from provisioning.desk import screen

    office = office_at(desk)
    office.tablets.known(name)
    words = _words(office.tablets, passphrase_file)
    with office.alone():
        gone = office.tablets.revoke(office.tablets.open(words), name)
    if as_json:
        print_json([one.model_dump(mode="json") for one in gone])
        return
    screen.say(Console(), f"{name} is shut out as soon as the vans hear of it.", "green")
    screen.say(Console(), f"The new list is {office.tablets.folder / 'crl.pem'}. {AT_VAN}")


@app.command()
def refresh(
    desk: choices.Desk = None,
    passphrase_file: choices.Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Write crl.pem anew for another hundred days; vans refuse every tablet once it is over."""
    from provisioning.desk import screen

    office = office_at(desk)
    words = _words(office.tablets, passphrase_file)
    with office.alone():
        written = office.tablets.refresh(office.tablets.open(words))
    if as_json:
        print_json({"written": [*map(str, written)]})
    else:
        screen.say(Console(), f"The new list is {written[0]}. {AT_VAN}")


@app.command()
def van(
    van: Annotated[str, typer.Argument(help="Which.", autocompletion=choices.vans)],
    name: Annotated[
        list[str] | None, typer.Option("--name", help="A host's name; again for each.")
    ] = None,
    address: Annotated[
        list[str] | None, typer.Option("--address", help="An IP address; again for each.")
    ] = None,
    desk: choices.Desk = None,
    passphrase_file: choices.Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Make what a van's /etc/lfr/tablets holds; without --name and --address as the last time."""
    from provisioning.desk import screen

    office, addresses = office_at(desk), [*map(_address, address or ())]
    folder, hosts = office.tablets.place(van), name or []
    if not (hosts or addresses):
        last = office.tablets.last(van)
        hosts, addresses = [*last.hosts], [*last.addresses]
    words = _words(office.tablets, passphrase_file)
    with office.alone():
        server = office.tablets.equip(office.tablets.open(words), van, hosts, addresses)
    if as_json:
        print_json({**server.model_dump(mode="json"), "folder": str(folder)})
        return
    screen.say(Console(), f"{folder}: {van}'s /etc/lfr/tablets. Copy it there, then erase")
    screen.say(Console(), "server.key here; a new one is soon made. Tablets must trust ca.pem.")


def _words(tablets: Tablets, file: Path | None) -> str:
    from provisioning.desk.tablets import AUTHORITY

    words = Words(file)
    return words(AUTHORITY) if tablets.founded() else words.new(AUTHORITY)


def _require_new(files: tuple[Path, ...]) -> None:
    for file in files:
        if file.exists():
            raise InputError(f"{file.name} is there already.", mend="Erase it, or say --to.")


def _address(text: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(text)
    except ValueError:
        raise InputError("--address is no IP address.", mend="Correct it, or use --name.") from None
