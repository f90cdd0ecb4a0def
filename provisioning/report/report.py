"""The enrolment report: what a desk officer looks at before signing, and an auditor after.

One HTML file that needs no other, and one JSON file. Everybody who was refused is shown with the
reason, then what the likeness test found, then who is on the list. Of a long list the page shows
the first 5,000 refusals, `PAGE_CARDS` to a page, and counts those who were taken once they
are more than 500; the JSON names all. It holds faces: mode 0600, and gone with the list.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from provisioning import disk
from provisioning.report import paper
from provisioning.report.sheet import About, Compared, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from provisioning.enrol.rows import Row
    from provisioning.report.document import Summary

__all__ = ["About", "Compared", "Written", "write"]

NAME = "enrolment"
PAGE_CARDS = 500


@dataclass(frozen=True)
class Written:
    """Where the report lies."""

    pages: tuple[Path, ...] = field(repr=False)
    document: Path = field(repr=False)
    summary: Summary


def write(
    rows: Iterable[Row],
    about: About,
    compared: Compared | None,
    folder: Path,
    *,
    pictures: bool = False,
) -> Written:
    """Write the report; an older one in the folder is replaced.

    Args:
        rows: In the table's order, those of a person together: first those on the list.
        about: What it is of.
        compared: None where the likeness test was left out, which the report says.
        folder: Where the files go.
        pictures: Whether the JSON holds them too. The HTML always does.

    Raises:
        MachineError: the disk refused it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    sheet = Sheet(about, compared)
    document = folder / f"{NAME}.json"
    with disk.replacing(document) as opened:
        summary = sheet.write_down(rows, opened, pictures=pictures)
    pages = tuple(_pages(sheet, about, summary, folder))
    return Written(pages, document, summary)


def _pages(sheet: Sheet, about: About, summary: Summary, folder: Path) -> Iterator[Path]:
    """Write the pages: everything on the first, more refusals on the others."""
    starts = range(0, max(len(sheet.refused), 1), PAGE_CARDS)
    names = paper.lay_out(folder, NAME, len(starts))
    for number, (name, start) in enumerate(zip(names, starts, strict=True), start=1):
        first = number == 1
        yield paper.write(
            folder / name,
            "report.html",
            about=about,
            summary=summary,
            refused=sheet.refused[start : start + PAGE_CARDS],
            left_out=sheet.unshown_refused,
            pairs=sheet.pairs() if first else [],
            noted=sheet.noted if first else [],
            unshown=sheet.unshown(),
            taken=sheet.taken if first else None,
            names=names,
            number=number,
        )
