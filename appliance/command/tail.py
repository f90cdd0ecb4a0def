"""`lfr record tail`: how often strangers come near, from what the log has counted of them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from appliance.command import trail
from appliance.command.words import AsJson, Settings, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.oversight.strangers import Strangers
    from appliance.oversight.tail import Points, Tail

AGAIN = "Look why (camera, place, list), and have it calibrated anew before the next deployment."
Folder = Annotated[
    Path | None, typer.Option("--log", help="The log's, or a copy of it; else this van's own.")
]


def tail(
    folder: Folder = None,
    key: trail.PublicKey = None,
    known: trail.Known = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Foretell false matches from strangers' scores, and hold them beside the calibration."""
    from appliance.errors import InputError
    from appliance.oversight.record.gather import understand
    from appliance.oversight.strangers import strangers
    from appliance.oversight.tail import tail as draw

    lines = trail.open_proof(trail.place(folder, key, settings), known).entries()
    models = strangers(understand(line) for line in lines)
    if not models:
        raise InputError(
            "No deployment has counted strangers.", mend="It takes 1,000 faces of one deployment."
        )
    drawn = {
        model_id: draw(one.scored, points, one.threshold, one.false_alerts, limits)
        for model_id, one in models.items()
        for points, limits in [_points(model_id, one)]
    }
    if as_json:
        print_json([_told(model_id, models[model_id], one) for model_id, one in drawn.items()])
        return
    for model_id, one in drawn.items():
        for line in _lines(model_id, models[model_id], one):
            Console().print(line, markup=False, highlight=False, soft_wrap=True)


def _points(model_id: str, model: Strangers) -> tuple[Points, Points]:
    """Find what the calibration of the model says, and at most allows; nothing where none is here.

    Returns:
        Its points, and the upper ends of their intervals.
    """
    from appliance.errors import SettingsError
    from appliance.matching.calibration import load_calibration
    from engines.packs import CALIBRATIONS

    try:
        found = load_calibration(CALIBRATIONS / f"{model.pack}.toml", model_id)
    except SettingsError:
        return (), ()
    pairs = zip(found.points, found.intervals, strict=False)
    return found.points, [(score, high) for (score, _), (_, high) in pairs]


def _told(model_id: str, model: Strangers, found: Tail) -> dict[str, Any]:
    return {
        "model_id": model_id,
        "pack": model.pack,
        "deployments": len(model.scored),
        "false_alerts": model.false_alerts,
        **asdict(found),
        "advised": found.advised,
    }


def _lines(model_id: str, model: Strangers, found: Tail) -> Iterator[str]:
    yield (
        f"{model.pack or 'model'} {model_id[:12]}: {found.faces} faces of {len(model.scored)} "
        f"deployments, each compared with {found.templates:.0f} templates"
    )
    for step in found.steps:
        low, high = step.interval
        yield (
            f"  {step.score:5.2f} reached by {step.faces:>7}: one comparison in "
            f"{_in(step.rate)} (95 %: {_in(high)} to {_in(low)}); calibration {_in(step.foretold)}"
        )
    yield (
        f"  At the threshold {found.threshold:.3f}, drawn on: one comparison in "
        f"{_in(found.rate)}; calibration {_in(found.foretold)}"
    )
    yield f"  Strangers against the calibration: {_apart(found.drift)}"
    if found.nearer:
        scores = ", ".join(f"{score:.2f}" for score in found.nearer)
        yield f"  DRIFT: they reach {scores} more often than it allows, beyond chance. {AGAIN}"
    if found.advised is not None:
        yield f"  Until then a threshold of {found.advised:.3f} makes up for it."


def _in(rate: float | None) -> str:
    return "not measured" if rate is None else f"{1 / rate:,.0f}"


def _apart(drift: float | None) -> str:
    if drift is None:
        return "too few came near to tell"
    return f"they score {abs(drift):.3f} {'higher' if drift >= 0 else 'lower'}"
