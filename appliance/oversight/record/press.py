"""A record as the three files that are published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.oversight.document import make_folder, write_text
from appliance.oversight.record import paper

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.oversight.fact import Fact
    from appliance.oversight.record.record import Record
    from appliance.oversight.record.series import Series


def publish(told: Record, folder: Path) -> list[Path]:
    """Write the record of a deployment.

    Returns:
        Page, table and JSON, named after the deployment.

    Raises:
        InputError: a file cannot be written.
    """
    stem = f"record-{told.deployment.deployment_id}"
    return _write(folder, stem, told, (paper.page(told), paper.table(told)))


def publish_series(told: Series, folder: Path) -> list[Path]:
    """Write a series, as `publish` does."""
    return _write(folder, "series", told, (paper.series_page(told), paper.series_table(told)))


def _write(folder: Path, stem: str, told: Fact, papers: tuple[str, str]) -> list[Path]:
    texts = {"html": papers[0], "csv": papers[1], "json": told.model_dump_json(indent=2) + "\n"}
    make_folder(folder)
    files = {folder / f"{stem}.{kind}": text for kind, text in texts.items()}
    for file, text in files.items():
        write_text(file, text)
    return [*files]
