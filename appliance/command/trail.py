"""`lfr log`: whether a van's log is what it was, what stands in it, and who stands by it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from appliance.command.words import AsJson, Settings, print_json
from appliance.errors import InputError, SettingsError

if TYPE_CHECKING:
    from appliance.oversight.checkpoint import Checkpoint
    from appliance.oversight.note import Key
    from appliance.oversight.proof import Proof

LONGEST_KEY = 512

app = typer.Typer(help="The log that nobody rewrites unseen.", no_args_is_help=True)

Folder = Annotated[
    Path | None, typer.Argument(help="The log's, or a copy of it; else this van's own.")
]
PublicKey = Annotated[
    str | None,
    typer.Option("--key", help="The log's public key, NAME+ID+KEY, or a file; else this van's."),
]
Known = Annotated[
    list[Path] | None,
    typer.Option(
        help="An older checkpoint that it has signed, wherever it was kept. May be repeated."
    ),
]
Printed = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ENTRIES:ROOT",
        help="What a public record of it prints, as 590:c98c54... May be repeated.",
    ),
]


@app.command()
def verify(
    folder: Folder = None,
    key: PublicKey = None,
    known: Known = None,
    printed: Printed = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Look through a whole log without any network: each bit of it, and against each older word."""
    proof = open_proof(place(folder, key, settings), known, printed)
    for _ in proof.entries():
        pass
    _tell(proof.checkpoint, "whole", as_json=as_json)


@app.command()
def show(
    folder: Folder = None, key: PublicKey = None, known: Known = None, settings: Settings = None
) -> None:
    """Print what stands in a log, a line for each entry; nothing unless all of it is whole."""
    entries = list(open_proof(place(folder, key, settings), known).entries())
    for entry in entries:
        text = entry.decode(errors="replace")
        typer.echo("".join(sign if sign.isprintable() else "?" for sign in text))


@app.command()
def cosign(
    folder: Annotated[Path, typer.Argument(help="The log's, or a copy of it.")],
    key: Annotated[str, typer.Option(help="The log's public key, or a file with it.")],
    own: Annotated[Path, typer.Option("--with", help="The witness's key, from `lfr log key`.")],
    kept: Annotated[Path, typer.Option(help="What the witness has signed last, and signs now.")],
    as_json: AsJson = False,
) -> None:
    """Stand by a log as a witness: it is whole, and the one that was seen before, grown."""
    from appliance.oversight import keys, witness

    signed = witness.cosign(folder, read_key(key), keys.load(own), kept, int(time.time()))
    _tell(signed, "signed", as_json=as_json)


@app.command("key")
def makeread_key(
    file: Annotated[Path, typer.Argument(help="Where it goes; it is its owner's alone.")],
    name: Annotated[str, typer.Option(help="Whose it is, as oversight.example/lfr.")],
) -> None:
    """Make a witness's key, and print its public half."""
    from appliance.oversight import keys
    from appliance.oversight.note import WITNESS

    typer.echo(keys.make(file, name, WITNESS).key.text)


def place(folder: Path | None, key: str | None, settings: Path | None) -> tuple[Path, Key]:
    """Find the log that is meant, and whose signature it must have."""
    if folder is not None and key is not None:
        return folder, read_key(key)
    from appliance.oversight import keys
    from appliance.sources import load

    try:
        own = load(settings).oversight.folder
    except SettingsError as error:
        raise SettingsError(
            str(error),
            mend=f"{error.mend} Far from the van, name the log's folder and its --key.",
        ) from None
    return folder or own / keys.LOG, read_key(key) if key else keys.public(own)


def open_proof(
    found: tuple[Path, Key], known: list[Path] | None, printed: list[str] | None = None
) -> Proof:
    """Open a log to be looked through, beside older words of it: checkpoints, and printed roots."""
    from appliance.oversight.checkpoint import printed as spell
    from appliance.oversight.proof import Proof
    from appliance.oversight.witness import recall

    older = [recall(file, found[1]) for file in known or ()]
    return Proof(*found, [*older, *(spell(found[1].name, one) for one in printed or ())])


def read_key(given: str) -> Key:
    """Read a key, or the file that holds it: no key is the name of a file by chance.

    Raises:
        InputError: it is none.
    """
    from appliance import durable
    from appliance.oversight.note import Key

    text = given
    try:
        text = durable.read(Path(given), LONGEST_KEY).decode("utf-8", "replace")
    except OSError as error:
        if "+" not in given:
            raise InputError(
                f"{Path(given).name[:80]} cannot be read: {error.strerror}.",
                mend="Give the key, NAME+ID+KEY, or the file that holds it.",
            ) from None
    return Key.read(text)


def _tell(checkpoint: Checkpoint, state: str, *, as_json: bool) -> None:
    told = {
        "log": checkpoint.origin,
        "state": state,
        "entries": checkpoint.size,
        "root": checkpoint.root_hex,
    }
    if as_json:
        print_json(told)
        return
    words = f"{told['log']}: {state}, {checkpoint.size} entries\nroot {checkpoint.root_hex}"
    Console().print(words, markup=False, highlight=False, soft_wrap=True)
