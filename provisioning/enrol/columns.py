"""What each column of the table may hold; a refusal names the column, never what stood in it."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING

from appliance.domain.watchlist import Ground
from appliance.errors import InputError
from provisioning.enrol.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Mapping

NEEDED = (
    "reference",
    "ground",
    "reason",
    "power",
    "source",
    "image_date",
    "reviewer",
    "born",
    "expires",
)
OPTIONAL = ("pictures", "under_age_override", "ground_override")
ADULT = "adult"
UNKNOWN = "unknown"
BETWEEN = ";"
"""Between the pictures of a person, and between their dates."""
CELL_LETTERS = 2_000
FORMULA = ("=", "+", "-", "@")
"""A spreadsheet runs what begins with one of these."""
REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def check_cells(cells: Mapping[str, str]) -> None:
    """Refuse what no cell may hold.

    Raises:
        InputError: a cell is too long, could be run by a spreadsheet, or hides something.
    """
    for column, cell in cells.items():
        if len(cell) > CELL_LETTERS:
            raise _fault(column, "longer than can be read aloud", "Shorten it.")
        if cell.startswith(FORMULA):
            raise _fault(column, "looks like a formula", "Write plain text.")
        if not cell.isprintable():
            raise _fault(column, "holds a letter that is not shown", "Type it anew.")


def read_terms(cells: Mapping[str, str]) -> Terms:
    """Read everything but the reference and the pictures.

    Raises:
        InputError: a cell is empty or cannot be understood.
    """
    for column in NEEDED:
        if not cells[column]:
            raise _fault(column, "is empty", "Fill it in: nobody is listed without it.")
    return Terms(
        ground=_ground(cells["ground"]),
        reason=cells["reason"],
        power=cells["power"],
        source=cells["source"],
        reviewer=cells["reviewer"],
        expires_at=_end(cells["expires"]),
        taken_on=tuple(_taken(cell.strip()) for cell in cells["image_date"].split(BETWEEN)),
        born_on=None if cells["born"].lower() == ADULT else _day("born", cells["born"]),
        under_age_override=cells.get("under_age_override") or None,
        ground_override=cells.get("ground_override") or None,
    )


def read_reference(cell: str) -> str:
    """Read a reference, which is taken letter for letter.

    Raises:
        InputError: it is none.
    """
    if not REFERENCE.fullmatch(cell):
        mend = "Use up to 64 letters without accents, digits, dots, hyphens and underscores."
        raise _fault("reference", "is not a case reference", mend)
    return cell


def _ground(cell: str) -> Ground:
    word = "_".join(cell.lower().split())
    try:
        return Ground(word)
    except ValueError:
        words = ", ".join(ground.value for ground in Ground)
        raise _fault("ground", "there is no other ground", f"Use one of: {words}.") from None


def _taken(cell: str) -> date | None:
    return None if cell.lower() == UNKNOWN else _day("image_date", cell, f' or "{UNKNOWN}"')


def _day(column: str, cell: str, other: str = f' or "{ADULT}"') -> date:
    try:
        if DAY.fullmatch(cell):
            return date.fromisoformat(cell)
    except ValueError:
        pass
    raise _fault(column, "is not a day", f"Write it as 2026-11-27{other}.")


def _end(cell: str) -> datetime:
    """Read when an entry ends: a moment with its zone, or a day, which counts to its end in UTC."""
    try:
        if DAY.fullmatch(cell):
            midnight = datetime.combine(date.fromisoformat(cell), time(), timezone.utc)
            return midnight + timedelta(days=1)
        moment = datetime.fromisoformat(cell.replace("Z", "+00:00"))
        if moment.tzinfo is not None:
            return moment.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        pass
    mend = "Write a day as 2026-11-27, or a moment with its zone as 2026-11-27T18:00+00:00."
    raise _fault("expires", "is not a day or a moment", mend)


def _fault(column: str, fault: str, mend: str) -> InputError:
    return InputError(f"column {column}: {fault}.", mend=mend)
