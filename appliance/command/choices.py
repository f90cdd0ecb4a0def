"""Options of the desk's commands, each said once, and how its help is ordered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from appliance.command.counter import DEFAULT, FOLDER, WORDS, office_at
from appliance.errors import ApplianceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from provisioning.desk.office import Office


FOUNDING = "Keys"
TO_FORCE = "From pictures to a van, in this order"
AFTERWARDS = "Afterwards, at any time"
"""Under what a command stands in the help."""


def named_keys() -> list[str]:
    """Name the keys of a force."""
    from provisioning.desk.keys import KEEPING

    return list(KEEPING)


def _known(give: Callable[[Office], list[str]]) -> Callable[[typer.Context], list[str]]:
    def complete(context: typer.Context) -> list[str]:
        try:
            return give(office_at(context.params.get("desk")))
        except (ApplianceError, OSError):
            return []

    return complete


def _references(office: Office) -> list[str]:
    return [name for one in office.drafts.ids() for name in office.drafts.references(one)]


def _deployments(office: Office) -> list[str]:
    from provisioning.desk.withdraw import deployments

    return deployments(office)


lists = _known(lambda office: office.drafts.ids())
vans = _known(lambda office: office.vans.names())
tablets = _known(lambda office: office.tablets.names())
references = _known(_references)
deployments = _known(_deployments)

Desk = Annotated[
    Path | None, typer.Option(help=f"The desk's folder. Else ${FOLDER}, else ./{DEFAULT}.")
]
Passphrase = Annotated[
    Path | None,
    typer.Option("--passphrase-file", help=f"Holds the passphrase. Else ${WORDS}, else asked."),
]
KeyFile = Annotated[
    Path | None, typer.Option("--key", help="The key's file, where it is not in the desk's folder.")
]
By = Annotated[str, typer.Option("--as", help="Whose key: signer-1 ...", autocompletion=named_keys)]
ListName = Annotated[str | None, typer.Option("--list", help="A list.", autocompletion=lists)]
Vans = Annotated[
    list[str], typer.Option("--van", help="A van; again for each.", autocompletion=vans)
]
Silence = Annotated[
    float,
    typer.Option(
        "--timestamp-hours", min=1, max=72, help="How long vans may run without hearing again."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Notify = Annotated[
    list[str] | None,
    typer.Option(
        "--notify",
        help="Give notice over this broker, HOST or HOST:PORT; again for each. Else as last time.",
    ),
]
CaFile = Annotated[
    Path | None, typer.Option("--notify-ca", help="Speak TLS to the broker, trusting this CA.")
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
SourceOf = Annotated[str | None, typer.Option("--source", help="A folder's.")]
Said = Annotated[str | None, typer.Option(help="A folder's; a table says its own.")]
Eyes = Annotated[float, typer.Option(min=20, help="Least distance between the eyes, in px.")]
Workers = Annotated[int | None, typer.Option(min=0, help="Processes; else one a core.")]
Models = Annotated[
    Path | None, typer.Option(help="A folder of networks, or a models.toml of your own.")
]
Pictures = Annotated[
    Literal["auto", "large", "medium", "small"], typer.Option(help="Size of thumbnails.")
]
To = Annotated[
    list[Path] | None, typer.Option("--to", help="Where to publish; else where it was last time.")
]
