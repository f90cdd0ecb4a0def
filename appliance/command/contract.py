"""`lfr contract`: what is said over MQTT, for whoever joins in or checks it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def contract(
    folder: Annotated[
        Path | None, typer.Argument(help="Where its files go; else the first is printed.")
    ] = None,
) -> None:
    """Write what is said over MQTT: AsyncAPI 3.0, and a JSON Schema of each message."""
    from appliance.tablets.contract import files
    from provisioning import disk

    made = files()
    if folder is None:
        sys.stdout.write(made["asyncapi.json"].decode())
        return
    for name, data in made.items():
        disk.write(folder / name, data, disk.PUBLIC)
    Console().print(f"{len(made)} files.", highlight=False)
