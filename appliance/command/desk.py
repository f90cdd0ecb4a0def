"""`lfr desk`: all its commands; here `init`, `van` and `root`, the keys."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from appliance.command import choices, enrol, lists, publishing, tablet
from appliance.command.counter import Words, office_at, open_key, place
from appliance.command.words import AsJson, print_json

AFTERWARDS: Final = "Once this root is published, put it in the old one's place."

app = typer.Typer(help="The force's desk: lists, authorities, signatures.", no_args_is_help=True)
app.add_typer(enrol.app)
app.add_typer(lists.app)
app.add_typer(publishing.app)
app.add_typer(tablet.app, name="tablet", rich_help_panel=choices.AFTERWARDS)


@app.callback()
def begin() -> None:
    """Keep who is listed out of a core, which an abort or a spoilt picture would leave."""
    from appliance.sealing import leave_no_core

    leave_no_core()


@app.command(rich_help_panel=choices.FOUNDING)
def init(
    force: Annotated[str, typer.Argument(help="The force's name.")],
    desk: choices.Desk = None,
    one_passphrase: Annotated[
        bool, typer.Option("--one-passphrase", help="One passphrase for all keys.")
    ] = False,
    passphrase_file: choices.Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Make the force's keys and an empty repository; say where each key must be kept."""
    from provisioning.desk import screen
    from provisioning.desk.founding import found
    from provisioning.desk.keys import KEEPING
    from provisioning.desk.office import require_free
    from provisioning.desk.vans import fingerprint

    console, words = Console(stderr=as_json), Words(passphrase_file)
    require_free(place(desk))
    alike = words.new("all keys") if one_passphrase or words.given() else ""
    chosen = {name: alike or words.new(name) for name in KEEPING}
    with console.status("Locking the keys") as shown:
        office = found(place(desk), force, chosen, lambda name: shown.update(f"Locking {name}"))
    root = office.repository.shelf.folder / "1.root.json"
    files = {name: office.keys / f"{name}.key" for name in KEEPING}
    if as_json:
        named = {name: str(file) for name, file in files.items()}
        print_json({"root": str(root), "sha256": _sha256(root), "keys": named})
        return
    screen.show_keys(console, files)
    screen.say(console, f"Copy {root} to each van as /etc/lfr/root.json; compare its sha256:")
    screen.say(console, fingerprint(root.read_bytes()), "bold")


@app.command(rich_help_panel=choices.FOUNDING)
def van(
    file: Annotated[Path, typer.Argument(help="VAN.keys.json, as `lfr deployment keys` wrote it.")],
    desk: choices.Desk = None,
    yes: choices.Yes = False,
    as_json: AsJson = False,
) -> None:
    """Register a van's one-time public keys; those that were spent stay spent."""
    from provisioning import disk
    from provisioning.desk import screen
    from provisioning.desk.vans import FILE_BYTES, fingerprint, open_keys

    office, console = office_at(desk), Console(stderr=as_json)
    data = disk.read(file, FILE_BYTES)
    keys = open_keys(data)
    screen.say(console, f"{keys.van}, {len(keys.recipients)} keys. Its sha256, read aloud there:")
    screen.say(console, fingerprint(data), "bold")
    # Whoever slips in keys of their own could open the lists that are made for the van.
    if not yes:
        typer.confirm("Is it the same on the van?", abort=True, err=as_json)
    with office.alone():
        known = office.vans.register(data)
    if as_json:
        print_json({"van": known.van, "unspent": len(known.unspent)})
    else:
        screen.say(console, f"{known.van}: {len(known.unspent)} keys for as many lists.", "green")


@app.command(rich_help_panel=choices.FOUNDING)
def root(
    replace: Annotated[
        str | None,
        typer.Option(help="Whose key is lost or leaked.", autocompletion=choices.named_keys),
    ] = None,
    renew: Annotated[bool, typer.Option("--renew", help="Another year, the same keys.")] = False,
    by: Annotated[
        str | None,
        typer.Option("--as", help="Sign it: root-1 ...", autocompletion=choices.named_keys),
    ] = None,
    key: choices.KeyFile = None,
    desk: choices.Desk = None,
    passphrase_file: choices.Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Renew the root or replace one key; two of root's holders sign it, then two signers."""
    from provisioning.desk import rotation, screen

    office, words = office_at(desk), Words(passphrase_file)
    made = (key or office.keys / f"{replace}.new.key") if replace else None
    with office.alone():
        if replace and made:
            rotation.replace(office, replace, made, words.new)
        elif renew:
            rotation.renew(office.repository)
        if by:
            rotation.sign(office.repository, open_key(office, by, key, words))
    wanting = rotation.missing(office.repository)
    if as_json:
        print_json({"missing": wanting, "key": str(made) if made else None})
        return
    if made:
        screen.say(Console(), f"The new key is {made}: sign with it by --key. {AFTERWARDS}")
    if office.repository.draft_root() is None:
        screen.say(Console(), "No root is pending. --renew or --replace lays one out.")
    elif wanting:
        screen.say(Console(), f"It wants more of {', '.join(wanting)}: `lfr desk root --as NAME`.")
    else:
        screen.say(Console(), "Enough for the root. Now two signers sign, then publish.", "green")


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
