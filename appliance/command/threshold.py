"""`lfr evaluate threshold`: from which score on a van alerts, by the length of its list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from appliance.command.choices import Models
from appliance.command.words import AsJson, PackName, print_json

if TYPE_CHECKING:
    from appliance.matching.forecast import Forecast

SIZES = (100, 500, 1_000, 2_000, 5_000, 10_000, 20_000)


def threshold(
    pack: PackName = "auto",
    models: Models = None,
    templates: Annotated[
        list[int] | None, typer.Option(min=1, help="On the list; again for each.")
    ] = None,
    faces: Annotated[int, typer.Option(min=1, help="How many are expected to pass.")] = 1_000,
    false_alerts: Annotated[float, typer.Option(min=0.001, help="Among them, at most.")] = 1.0,
    as_json: AsJson = False,
) -> None:
    """Foretell threshold and false alerts by the calibration, for lists of several lengths."""
    from appliance.matching.forecast import Wish, foresee
    from engines.calibrated import calibrated
    from engines.packs import resolve

    found = resolve(pack, models, fetch=False, notify=lambda _: None).pack
    calibration = calibrated(found)
    wish = Wish(faces, false_alerts)
    told = [foresee(calibration, wish, many) for many in templates or SIZES]
    if as_json:
        print_json([one.record() for one in told])
    else:
        _show(Console(), told)


def _show(console: Console, told: list[Forecast]) -> None:
    first, wish = told[0], told[0].wish
    title = f"{first.pack}: at most {wish.false_alerts:g} among {wish.faces:,} faces"
    table = Table("templates", "alerts from", "false alerts", "95 %", title=title)
    for one in told:
        table.add_row(f"{one.templates:,}", f"{one.threshold:.3f}", *one.figures())
    console.print(table)
    if first.group:
        console.print(f"By the rate within {first.group}, the worst group.", markup=False)
    console.print("* drawn on beyond all that was counted.", markup=False)
