"""`lfr recall`: how many of the volunteers who pass are recognised, today and here."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from appliance.command.words import AsJson, Settings, print_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.oversight.recall.book import Book
    from appliance.oversight.recall.count import Standing
    from appliance.oversight.recall.plan import Plan
    from appliance.settings import Appliance

app = typer.Typer(
    help="A recall test: volunteers on the list pass, and are recognised or not.",
    no_args_is_help=True,
)

Table = Annotated[
    Path,
    typer.Argument(
        help="CSV: reference, and a column for each characteristic that volunteers declare; with "
        "a column time (2026-11-27T10:05:00Z) it is a fixed schedule, a line for each pass."
    ),
]


@app.command()
def start(
    table: Table,
    window: Annotated[
        int, typer.Option(min=1, max=600, help="A pass lasts so many seconds from its tap on.")
    ] = 20,
    before: Annotated[
        int, typer.Option(min=0, max=60, help="And so many before it, for whoever taps late.")
    ] = 2,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Start a test of the deployment that is held, and give each volunteer a code to tap with."""
    from appliance.oversight.recall.book import utc_now
    from appliance.oversight.recall.plan import Plan, read_table
    from appliance.sources import load

    tree = load(settings)
    volunteers, schedule = read_table(table)
    plan = Plan(
        deployment_id=_held(tree),
        began_at=utc_now(),
        before=timedelta(seconds=before),
        window=timedelta(seconds=window),
        volunteers=tuple(volunteers),
        schedule=tuple(schedule),
    )
    _book(tree).begin(plan)
    codes = [{"code": one.code, "reference": one.reference} for one in volunteers]
    if as_json:
        print_json({"deployment_id": plan.deployment_id, "volunteers": codes})
        return
    _say(_begun(plan))


@app.command()
def mark(
    code: Annotated[str, typer.Argument(help="The volunteer's, from `start`.")],
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Note that a volunteer passes now."""
    from appliance.oversight.recall.plan import read_code
    from appliance.sources import load

    _, passes = _book(load(settings)).mark(read_code(code))
    if as_json:
        print_json({"passes": passes})
    else:
        _say([f"Pass {passes} is noted."])


@app.command()
def page(
    host: Annotated[str, typer.Option(help="Where it listens; 0.0.0.0 for phones.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8088,
    settings: Settings = None,
) -> None:
    """Serve a page with one large button to the volunteers' phones, until Ctrl-C."""
    from contextlib import suppress

    from appliance.command.turnstile import open_server, reached
    from appliance.oversight.recall.page import Page
    from appliance.sources import load

    book = _book(load(settings))
    plan = book.require()
    with open_server(Page(book), host, port) as server, suppress(KeyboardInterrupt):
        at = f"http://{reached(host)}:{server.server_port}"
        _say(f"{at}/{one.code}  {one.reference}" for one in plan.volunteers)
        server.serve_forever()


@app.command()
def status(settings: Settings = None, as_json: AsJson = False) -> None:
    """Say what the test has come to so far."""
    from appliance.sources import load

    _tell(_book(load(settings)), as_json=as_json)


@app.command()
def end(settings: Settings = None, as_json: AsJson = False) -> None:
    """End the test: its counts go into the van's log, and all else of the volunteers is erased."""
    from appliance.oversight.aside import collect
    from appliance.oversight.once import Once
    from appliance.sources import load

    tree = load(settings)
    book, log = _book(tree), tree.oversight.folder
    plan, standing = book.require(), _tell(book, as_json=as_json, ended=True)
    # Whoever ends it again, because this process died here, says nothing twice.
    once = Once(log, plan.deployment_id)
    once.say(f"recalled {plan.began_at.isoformat()}", standing.recalled)
    book.erase()
    collect(log, tree.van)


def _book(tree: Appliance) -> Book:
    from appliance.oversight.recall.book import Book

    return Book(tree.oversight.interim)


def _held(tree: Appliance) -> str:
    from appliance.app import now
    from appliance.deployment.standing import standing
    from appliance.errors import LapsedError

    held = standing(tree, now)
    if held.deployment_id is None or held.closed:
        raise LapsedError(
            "No deployment is held.", mend="A test is of a list in force: run `lfr update`."
        )
    return held.deployment_id


def _tell(book: Book, *, as_json: bool, ended: bool = False) -> Standing:
    from appliance.oversight.recall import words
    from appliance.oversight.recall.book import utc_now
    from appliance.oversight.recall.count import count

    plan = book.require()
    standing = count(plan, book.marks(), book.sightings(), utc_now())
    if as_json:
        print_json({**_more(plan, standing), **words.document(standing.recalled)})
    else:
        _say([*words.lines(standing.recalled), *words.notes(standing, ended=ended)])
    return standing


def _more(plan: Plan, standing: Standing) -> dict[str, Any]:
    return {
        "began_at": plan.began_at,
        "open": standing.open,
        "beside": standing.beside,
        "never_recognised": standing.never,
    }


def _begun(plan: Plan) -> Iterable[str]:
    how = (
        f"{len(plan.schedule)} passes by the schedule"
        if plan.schedule
        else "each taps on passing, at the page of `lfr recall page` or by `lfr recall mark CODE`"
    )
    yield f"{len(plan.volunteers)} volunteers take part in a test of {plan.deployment_id}: {how}."
    for one in plan.volunteers:
        yield f"{one.code}  {one.reference}  {', '.join(one.groups)}".rstrip()


def _say(lines: Iterable[str]) -> None:
    console = Console()
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
