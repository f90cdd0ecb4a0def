"""`lfr evaluate table`: a table out of a folder of people, with its errata and groups."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from appliance.command.words import AsJson, print_json
from appliance.errors import InputError


def table(
    folder: Annotated[Path, typer.Argument(help="A sub-folder for each person.")],
    to: Annotated[Path, typer.Argument(help="The table to write.")],
    corrections: Annotated[
        Path | None, typer.Option(help="CSV of kind (image, name, exclude), who it is said to be.")
    ] = None,
    group: Annotated[
        list[str] | None, typer.Option(help="NAME=CSV of image, label; again for each group.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the table of a collection: who is on which picture, repaired, and in which group."""
    from dataclasses import asdict

    from appliance.evaluation.tabulate import (
        Corrections,
        read_corrections,
        read_labels,
        tabulate,
    )

    repaired = read_corrections(corrections) if corrections else Corrections()
    labels = {name: read_labels(file) for name, file in map(_named, group or ())}
    written = tabulate(folder, to, repaired, labels)
    if as_json:
        print_json(asdict(written))
        return
    console = Console()
    console.print(
        f"{to}: {written.pictures:,} pictures of {written.subjects:,} subjects, "
        f"{written.left_out:,} left out.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    for name, count in written.undecided.items():
        console.print(f"In no group of {name}: {count:,}.", markup=False, highlight=False)


def _named(word: str) -> tuple[str, Path]:
    name, _, file = word.partition("=")
    if not name.isidentifier() or not file:
        mend = "Say --group sex=sex.csv."
        raise InputError("A group is a name and a file.", mend=mend)
    return name, Path(file)
