"""What is asked of an evaluation, whichever it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from appliance.evaluation.document import Bootstrap
from engines.packs import cache_folder

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Wishes:
    """What is to be measured, and with what."""

    source: Path = field(repr=False)
    pictures: Path | None = field(default=None, repr=False)
    """Where a table's paths begin; None: where it lies."""
    pack: str = "auto"
    models: Path | None = None
    threshold: float | None = None
    """None: that of the calibration."""
    cache: Path | None = field(default_factory=lambda: cache_folder() / "evaluation")
    """Where templates are kept; None keeps none."""
    workers: int | None = None
    bootstrap: Bootstrap = field(default_factory=Bootstrap)
