"""`lfr deployment unpack`: at the force, what a van has exported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from appliance.command.redress import told, words
from appliance.command.trail import read_key
from appliance.command.words import AsJson, print_json

if TYPE_CHECKING:
    from appliance.deployment.package import Unpacked


def unpack(
    package: Annotated[Path, typer.Argument(help="What `lfr deployment export` has written.")],
    identity: Annotated[Path, typer.Option(help="The force's age key, from `age-keygen -o`.")],
    key: Annotated[str, typer.Option(help="The public key of the van's log, or its file.")],
    out: Annotated[
        Path | None, typer.Option(help="A folder for the alerts and the van's signature.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Open an exported package at the force: see that the van has signed all of it, and show it."""
    from appliance.deployment.package import read, read_identities, unpack, write

    found = unpack(read(package), read_identities(identity), read_key(key))
    if out is not None:
        write(found, out)
    if as_json:
        print_json(_document(found))
        return
    # An officer's name may hold anything: neither markup nor a word to the terminal.
    for line in (_head(found), *map(words, found.entries)):
        Console().print(line, markup=False, highlight=False, soft_wrap=True)


def _head(found: Unpacked) -> str:
    return (
        f"{found.deployment_id}: {len(found.entries)} alerts, as the van has signed them\n"
        f"package sha256 {found.sha256}, which `lfr log show` of that van must name"
    )


def _document(found: Unpacked) -> dict[str, Any]:
    alerts = [told(entry) for entry in found.entries]
    return {"deployment_id": found.deployment_id, "sha256": found.sha256, "alerts": alerts}
