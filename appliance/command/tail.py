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
    from collections.abc import Iterator, Mapping

    from appliance.oversight.strangers import Strangers
    from appliance.oversight.tail import Tail

AGAIN = "Look why (camera, place, list), and have it calibrated anew before the next deployment."
Folder = Annotated[
    Path | None, typer.Option("--log", help="The log's, or a copy of it; else this van's own.")
]
Report = Annotated[Path | None, typer.Option("--report", help="Write a page there.")]


def tail(
    folder: Folder = None,
    key: trail.PublicKey = None,
    known: trail.Known = None,
    settings: Settings = None,
    report: Report = None,
    as_json: AsJson = False,
) -> None:
    """Foretell false matches from strangers' scores, and hold them beside the calibration."""
    from appliance.errors import InputError
    from appliance.oversight.document import claim
    from appliance.oversight.record.gather import understand
    from appliance.oversight.strangers import strangers

    if report:
        claim(report)
    lines = trail.open_proof(trail.place(folder, key, settings), known).entries()
    models = strangers(understand(line) for line in lines)
    if not models:
        raise InputError(
            "No deployment has counted strangers.", mend="It takes 1,000 faces of one deployment."
        )
    drawn = {model_id: _drawn(model_id, one) for model_id, one in models.items()}
    if report:
        _write(report, models, drawn)
    if as_json:
        print_json([_told(model_id, models[model_id], one) for model_id, one in drawn.items()])
        return
    for model_id, one in drawn.items():
        for line in _lines(model_id, models[model_id], one):
            Console().print(line, markup=False, highlight=False, soft_wrap=True)


def _drawn(model_id: str, model: Strangers) -> Tail:
    """Lay what was seen over the calibration of the encoder; over nothing where none is here."""
    from appliance.oversight.tail import tail as draw
    from engines.calibrated import calibrated_for

    found = calibrated_for(model_id)
    points = found.points if found else ()
    ends = zip(points, found.intervals if found else (), strict=False)
    limits = [(score, high) for (score, _), (_, high) in ends]
    return draw(model.scored, points, model.threshold, model.false_alerts, limits)


def _write(report: Path, models: Mapping[str, Strangers], drawn: Mapping[str, Tail]) -> None:
    from appliance.evaluation.chart import Laid, lay_over
    from appliance.evaluation.page import put
    from engines.calibrated import calibrated_for

    laid: list[Laid] = []
    for model_id, found in drawn.items():
        lines = [line.strip() for line in _lines(model_id, models[model_id], found)]
        kept = [lines[0], *lines[1 + len(found.steps) :]]
        name = models[model_id].pack or model_id[:12]
        laid.append(Laid(name, calibrated_for(model_id), found, kept))
    put(report, lay_over(laid))


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
