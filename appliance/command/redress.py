"""`lfr redress`: from the code on a slip to the alert, for a force that was asked about a stop."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from appliance.command.words import AsJson, Settings, print_json, reason

if TYPE_CHECKING:
    from appliance.domain.decision import Decision
    from appliance.tablets.entry import Entry

Code = Annotated[str, typer.Argument(help="As it stands on the slip, with or without the dash.")]
Why = Annotated[str, typer.Option(help="For what reason, for the van's log. Name nobody in it.")]


def redress(code: Code, why: Why, settings: Settings = None, as_json: AsJson = False) -> None:
    """Find the alert whose code a stopped person was given, while it is held."""
    from appliance.oversight.aside import note
    from appliance.oversight.entries import Disclosed
    from appliance.sources import load
    from appliance.tablets.register import consult

    tree = load(settings)
    found = consult(tree.tablets.ledger, code, datetime.now(timezone.utc))
    # What cannot be written down is not told.
    note(tree.oversight.folder, tree.van, Disclosed(alert_id=found.stub.id), reason(why))
    if as_json:
        print_json(told(found))
    else:
        # An officer's name may hold anything: neither markup nor a word to the terminal.
        Console().print(words(found), markup=False, highlight=False, soft_wrap=True)


def told(found: Entry) -> dict[str, Any]:
    """Give an alert with its answers as a document."""
    stub = found.stub.model_dump()
    return {
        "code": found.stub.code,
        "alert_id": stub.pop("id"),
        **{name: getattr(value, "value", value) for name, value in stub.items()},
        "answers": [_answer(one) for one in found.answers],
    }


def _answer(decision: Decision) -> dict[str, Any]:
    event = decision.event.decode()
    return {
        "id": decision.id,
        "tablet": decision.tablet,
        "officer": decision.officer,
        "decided_at": decision.decided_at,
        **json.loads(event)["data"]["answer"],
        # The signature is over this, and stands in it.
        "event": event,
    }


def words(found: Entry) -> str:
    """Give an alert with its answers in lines, fit for a terminal."""
    stub = found.stub
    lines = [
        f"{stub.code}  alert {stub.id}",
        f"seen      {stub.taken_at:%Y-%m-%d %H:%M:%S} UTC by {stub.camera}, {stub.deployment_id}",
        f"listed    {stub.subject} on {stub.watchlist_id}: {stub.ground.value}",
        f"likeness  {stub.band.value}, threshold {stub.threshold:.3f}, {stub.model_id}",
        *(_line(one) for one in found.answers),
    ]
    if not found.answers:
        lines.append("answers   none")
    return "\n".join(map(_printable, lines))


def _line(decision: Decision) -> str:
    said = json.loads(decision.event)["data"]["answer"]
    said.pop("stage")
    given = {name.replace("_", " "): value for name, value in said.items() if value is not None}
    told = ", ".join(f"{name} {_word(value)}" for name, value in given.items())
    at = f"{decision.decided_at:%Y-%m-%d %H:%M:%S}"
    return f"answer    {at} UTC {decision.tablet}, {decision.officer}: {told}"


def _word(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _printable(line: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in line)
