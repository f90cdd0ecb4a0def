"""`lfr deployment`: what the van holds, how it is ended and closed, and the keys for what comes."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from appliance.command.record import record
from appliance.command.unpack import unpack
from appliance.command.words import AsJson, Settings, print_json, reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from appliance.deployment.closing import Done
    from appliance.deployment.retention import Unended
    from appliance.deployment.standing import Kept, Standing

app = typer.Typer(help="The deployment that is held, its end, and its close.", no_args_is_help=True)
app.command()(record)
app.command()(unpack)

REFUSED = 1
NOT_CLOSED = 75
"""EX_TEMPFAIL: alerts have no end yet."""
Code = Annotated[str, typer.Argument(help="As it stands on the slip, and in `status`.")]
Why = Annotated[
    str | None, typer.Option("--why", help="For what reason, for the log. Name nobody in it.")
]


@app.command()
def status(settings: Settings = None, as_json: AsJson = False) -> None:
    """Say what is held, until when, which alerts have no end, and what is kept of the others."""
    from appliance.deployment.standing import standing
    from appliance.sources import load

    held = standing(load(settings), _now)
    if as_json:
        opened = held.opened.model_dump(mode="json") if held.opened else None
        print_json({**asdict(held), "opened": opened})
        return
    _print(_words(held))
    for kept in held.kept:
        _print(*_kept(kept))


@app.command("open")
def open_(settings: Settings = None, as_json: AsJson = False) -> None:
    """See that everything is in order, a line each, and have the van look from now on."""
    from appliance.check import render
    from appliance.deployment.opening import open_by_hand
    from appliance.sources import load

    done = open_by_hand(load(settings))
    if as_json:
        print_json(asdict(done))
    else:
        render(done.findings, Console())
        _print(f"{done.deployment_id} is open." if done.deployment_id else "Nothing is opened.")
    sys.exit(0 if done.deployment_id else REFUSED)


@app.command()
def close(
    settings: Settings = None,
    if_ended: Annotated[
        bool, typer.Option("--if-ended", help="Only what is past its end; for a timer.")
    ] = False,
    settle: Annotated[
        list[str] | None,
        typer.Option(help="An alert's code: it has its end without an outcome. May be repeated."),
    ] = None,
    why: Why = None,
    as_json: AsJson = False,
) -> None:
    """End it now: the list is destroyed at once. It is closed when each alert has its end."""
    from appliance.deployment import closing
    from appliance.sources import load

    tree = load(settings)
    if if_ended:
        end = closing.close_ended(tree, _now())
        if as_json:
            print_json({"destroyed": end.value if end else None})
        else:
            _print(f"Destroyed: {end.value}." if end else "Nothing is past its end.")
        return
    said = _reason(why, "settle") if settle else ""
    done = closing.close(tree, _now, dict.fromkeys(settle or (), said))
    if as_json:
        print_json(asdict(done))
    else:
        _print(*_done(done))
    sys.exit(NOT_CLOSED if done.unended or done.looking else 0)


@app.command()
def hold(
    code: Code,
    why: Why = None,
    hours: Annotated[int, typer.Option(min=1, max=168, help="From now on.")] = 24,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Keep an alert beyond its time, because somebody asked; its picture is gone all the same."""
    from appliance.deployment.retention import Retention
    from appliance.sources import load

    said = _reason(why, "hold")
    until = Retention(load(settings), _now).hold(code, said, timedelta(hours=hours))
    if as_json:
        print_json({"held_until": until})
    else:
        _print(f"Held until {until:%Y-%m-%d %H:%M} UTC.")


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="Where the packages go: a stick, for instance.")],
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Write true alerts for the force, signed and encrypted, and erase them here."""
    from appliance.deployment.export import export as send
    from appliance.sources import load

    sent = send(load(settings), folder, _now)
    if as_json:
        print_json([asdict(one) for one in sent])
        return
    for one in sent:
        _print(f"{one.file}: {one.alerts} alerts of {one.deployment_id}, sha256 {one.sha256}")


@app.command()
def keys(
    out: Annotated[Path, typer.Option(help="Where their public halves are written.")],
    make: Annotated[int, typer.Option(min=0, max=1000, help="How many to make.")] = 32,
    settings: Settings = None,
) -> None:
    """Make one-time keys, one for each list; the file goes to the desk: `lfr desk van FILE`."""
    from appliance.deployment.closing import make_keys
    from appliance.sources import load

    left = make_keys(load(settings), make, out)
    _print(f"{left} keys are left. Bring {out.name} to the desk.")


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _print(*lines: str) -> None:
    for line in lines:
        Console().print(line, markup=False, highlight=False, soft_wrap=True)


def _reason(why: str | None, what: str) -> str:
    from appliance.errors import InputError

    said = reason(why)
    if said is None:
        raise InputError(f"To {what} needs a reason.", mend='Say --why "...", and name nobody.')
    return said


def _words(held: Standing) -> str:
    keys_left = f"{held.keys_left} one-time keys are left."
    if held.deployment_id is None:
        return f"No deployment is held. {keys_left}"
    if held.closed:
        return f"{held.deployment_id} has ended: {held.closed.value}. {keys_left}"
    ends = [at for at in (held.ends_at, held.list_expires_at) if at]
    until = f"{min(ends):%Y-%m-%d %H:%M} UTC" if ends else "?"
    opened = f" Opened by hand {held.opened.at:%H:%M} UTC." if held.opened else ""
    return f"{held.deployment_id} is held until {until}.{opened} {keys_left}"


def _kept(kept: Kept) -> Iterator[str]:
    closed = f"closed {kept.closed_at:%Y-%m-%d %H:%M} UTC" if kept.closed_at else "not closed"
    yield f"{kept.deployment_id}: {kept.alerts} alerts, {kept.true} for the force, {closed}."
    yield from _lacking(kept.unended)
    for code, until in kept.held.items():
        yield f"  {code}  held until {until:%Y-%m-%d %H:%M} UTC"
    if kept.erased_at:
        yield f"  The others are erased {kept.erased_at:%Y-%m-%d %H:%M} UTC at the latest."


def _done(done: Done) -> Iterator[str]:
    for name in done.ended:
        yield f"Closed: {name}. Its list cannot be opened any more."
    for name in done.closed:
        yield f"{name}: every alert has its end, and what was false or not viable is erased."
    for name in done.looking:
        yield f"{name}: `lfr run` has not let go of it yet; it is closed within a minute of that."
    if done.unended:
        yield f"Not closed for good: {len(done.unended)} alerts have no end."
        yield from _lacking(done.unended)
        yield 'Answer them on a tablet, or: lfr deployment close --settle CODE --why "..."'


def _lacking(alerts: Iterable[Unended]) -> Iterator[str]:
    for one in alerts:
        at = f"{one.taken_at:%Y-%m-%d %H:%M:%S}"
        yield f"  {one.code}  {one.camera}  {at} UTC  lacks {one.lacks}"
