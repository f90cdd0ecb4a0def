"""The figures of `lfr bench gpu` for whoever stands beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from appliance.bench.page import STAND_IN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

RIGHT = ("GPU, ms", "caller, ms", "MB", "of a copy")


def show(document: Mapping[str, Any], console: Console) -> None:
    """Print what `gpu.bench` gives."""
    copied = document["copy_gb_s"]["median"]
    console.print(f"{document['machine']}: a copy moves {copied} GB a second", style="bold")
    if not document["gpu"]:
        console.print(STAND_IN, style="yellow")
    console.print(_stages(document))
    for played in document["pipeline"]:
        energy = played["joules_a_frame"]
        told = "not measured" if energy is None else f"{energy} J a frame"
        console.print(f"Pipeline, {played['looks']}: {played['fps']} frames/s; energy: {told}")
    if document["capture"]:
        console.print(f"Capture: {document['capture']}")
    for gap in document["not_measured"]:
        line = f"{gap['kind']}: {gap['stage']}: {gap['reason']}"
        console.print(line, style="yellow", markup=False, highlight=False)


def _stages(document: Mapping[str, Any]) -> Table:
    table = Table(title="Medians", title_justify="left")
    for heading in ("stage", "case"):
        table.add_column(heading, overflow="fold")
    for heading in RIGHT:
        table.add_column(heading, justify="right")
    for line in document["stages"]:
        gpu, caller, moved = line["gpu_ms"], line["caller_ms"], line["moved_mb"]
        table.add_row(
            line["stage"],
            line["case"],
            "" if gpu is None else f"{gpu['median']:.4f}" + ("" if line["held"] else " *"),
            "" if caller is None else f"{caller['median']:.4f}",
            "" if moved is None else f"{moved:.2f}",
            "" if line["share"] is None else f"{line['share']:.0%}",
        )
    return table
