"""The figures of a bench, for a person to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

INNER = ("stages_ms", "stages_mean_ms", "peers", "allocations_per_frame", "swaps", "runs")


def render(document: Mapping[str, Any], console: Console) -> None:
    """Print what `bench` or `soak` gives."""
    table = Table(title="Bench", show_header=False, title_justify="left")
    for name, value in document.items():
        if name not in INNER:
            table.add_row(name.replace("_", " "), str(value))
    if allocated := document.get("allocations_per_frame"):
        table.add_row("bytes of a frame", ", ".join(f"{v:,} {k}" for k, v in allocated.items()))
    console.print(table)
    if "stages_ms" in document:
        console.print(_stages(document))
    if document.get("peers"):
        console.print(_peers(document))
    if "swaps" in document:
        console.print(_swaps(document))
    if "runs" in document:
        console.print(_runs(document["runs"]))


def _stages(document: Mapping[str, Any]) -> Table:
    table = Table(title="Stages, ms of processor time", title_justify="left")
    table.add_column("stage")
    table.add_column("median where it ran", justify="right")
    table.add_column("mean of all frames", justify="right")
    for stage, median in document["stages_ms"].items():
        mean = document["stages_mean_ms"][stage]
        table.add_row(stage, f"{median:.2f}", f"{mean:.2f}")
    return table


def _peers(document: Mapping[str, Any]) -> Table:
    table = Table(title="Beside its peers", title_justify="left")
    for heading in ("", "frames/s", "ms a frame", "faces", "times slower", "networks"):
        table.add_column(heading, overflow="fold")
    for name, peer in {"ours": document, **document["peers"]}.items():
        table.add_row(
            name,
            f"{peer['fps']:.1f}",
            f"{peer['ms']:.1f}",
            str(peer["faces"]),
            str(peer.get("times_slower", 1)),
            peer["models"],
        )
    return table


def _swaps(document: Mapping[str, Any]) -> Table:
    table = Table(title="Swaps", title_justify="left")
    table.add_column("")
    for swap in document["swaps"]:
        table.add_column(f"{swap['templates']:,} templates", justify="right")
    for name in document["swaps"][0]:
        values = [swap[name] for swap in document["swaps"]]
        if not isinstance(values[0], dict):
            table.add_row(name.replace("_", " "), *map(str, values))
            continue
        for inner in values[0]:
            cells = [str(value[inner]) for value in values]
            table.add_row(f"{name}: {inner.replace('_', ' ')}", *cells)
    return table


def _runs(runs: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table(title="Runs", title_justify="left")
    table.add_column("")
    for name in runs:
        table.add_column(name, justify="right")
    for figure in dict.fromkeys(figure for run in runs.values() for figure in run):
        cells = [_short(run.get(figure)) for run in runs.values()]
        table.add_row(figure.replace("_", " "), *cells)
    return table


def _short(value: object) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{name} {inner}" for name, inner in value.items())
    return "" if value is None else str(value)
