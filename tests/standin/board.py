"""An Orin NX on the desk: its device tree and the chips of its header, over the stand-in gpiod."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.jetson import boards, pins

if TYPE_CHECKING:
    from pathlib import Path

NX = "nvidia,p3768-0000+p3767-0000-super nvidia,p3767-0000 nvidia,tegra234"


def lay_board(folder: Path) -> None:
    """Let the appliance find the board there, for the rest of this process; `enter` comes first."""
    from gpiod import bench  # noqa: PLC0415 - the stand-in, once it was entered

    bench.lay(
        folder, NX, {label: list(lines.values()) for label, lines in boards.ORIN_NX.chips.items()}
    )
    boards.COMPATIBLE, pins.DEVICES = folder / "compatible", folder
