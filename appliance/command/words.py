"""What several commands have: options, and how they answer a program."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from appliance.errors import InputError

Settings = Annotated[
    Path | None,
    typer.Option("--settings", help="Else $LFR_SETTINGS, else /etc/lfr/appliance.toml."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
PackName = Annotated[
    str, typer.Option(help="Networks: auto, retail, mbf, zoo, tiny, dlib, or one of your own.")
]
People = Annotated[Path | None, typer.Option(help="Pictures of people who are listed as well.")]
JsonFile = Annotated[
    Path | None, typer.Option("--json", help="Write the figures there; alone, or -, to the output.")
]
LONGEST_WHY = 200
FILED = ("bench", "demo")
"""Commands whose `--json` may name a file."""


def spell_out(arguments: Sequence[str]) -> list[str]:
    """Put the `-` of the standard output behind a `--json` that names no file."""
    spelt: list[str] = []
    for word, following in zip(arguments, [*arguments[1:], "--"], strict=False):
        spelt.append(word)
        if word == "--json" and following.startswith("--") and arguments[0] in FILED:
            spelt.append("-")
    return spelt


def reason(why: str | None) -> str | None:
    """Take a reason as the van's log can hold it.

    Raises:
        InputError: it cannot.
    """
    if why is None or (why.isascii() and why.isprintable() and 0 < len(why) <= LONGEST_WHY):
        return why
    raise InputError(
        f"A reason for the log has 1 to {LONGEST_WHY} plain letters (ASCII).",
        mend="Say it shorter, and name nobody.",
    )


def print_json(told: object) -> None:
    """Print what `--json` asks for, whole on the standard output: a program reads nothing else."""
    Console().print_json(data=told, default=_spelt)


def _spelt(value: object) -> str:
    """Spell what JSON has no word for; a time as ISO 8601, as everywhere else."""
    return value.isoformat() if isinstance(value, datetime) else str(value)
