"""How the audit goes, and what it came to, for a person who reads along."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from rich.console import Console

    from appliance.audit.deletion import Tell
    from appliance.audit.verdict import Verdict


@contextmanager
def progress(console: Console, *, as_json: bool) -> Generator[Tell]:
    """Show a bar for what is done at present."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=as_json) as bars:
        task = bars.add_task("Audit", total=None)
        yield lambda what, done, total: bars.update(
            task, description=what, completed=done, total=total
        )


def render(verdict: Verdict, console: Console) -> None:
    """Print what was found."""
    table = Table(title="Deletion", show_header=False, title_justify="left")
    for name, value in verdict.document().items():
        table.add_row(name.replace("_", " "), _spell(value))
    console.print(table)
    colour = "green" if verdict.proven else "red"
    console.print(verdict.sentence, style=colour, highlight=False)


def _spell(value: object) -> str:
    if isinstance(value, dict):
        parts: Mapping[str, object] = value
        return ", ".join(f"{name} {part}" for name, part in parts.items()) or "none"
    return str(value)
