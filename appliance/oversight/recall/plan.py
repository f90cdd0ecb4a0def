"""Who takes part in a recall test, and when they pass: read from a table, kept in memory alone.

The table (CSV, UTF-8) has a line for each volunteer: `reference`, as on the list, and a column for
each characteristic that volunteers declare themselves, with what each has declared. With a column
`time` it is a fixed schedule: a line for each pass, and nobody taps.
"""

from __future__ import annotations

import csv
import re
import secrets
from datetime import datetime, timedelta  # noqa: TC003  # pydantic reads them at run time
from typing import TYPE_CHECKING, Final

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from appliance.domain import slip
from appliance.domain.watchlist import Reference  # noqa: TC001  # as above
from appliance.errors import InputError
from appliance.oversight.recall.rates import ALL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

REFERENCE, TIME = "reference", "time"
CHARACTERISTIC: Final = re.compile(r"[a-z][a-z0-9 ]{0,14}")
DECLARED: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 +,()-]{0,22}")
MOST_BYTES: Final = 4 * 1024 * 1024
MOST_VOLUNTEERS, MOST_PASSES, MOST_CHARACTERISTICS = 500, 5_000, 4
_time: Final = TypeAdapter(AwareDatetime)


class Part(BaseModel):
    """A frozen piece of a plan; short texts are not remembered for ever."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, cache_strings="keys"
    )


class Volunteer(Part):
    """Somebody who takes part."""

    code: str = Field(repr=False)
    """What they tap with: nobody can guess it."""
    reference: Reference = Field(repr=False)
    groups: tuple[str, ...] = Field(default=(), repr=False)
    """`characteristic/value`, as they declare it."""


class Pass(Part):
    """Somebody goes by, at a time that is known."""

    code: str = Field(repr=False)
    at: AwareDatetime = Field(repr=False)


class Plan(Part):
    """A recall test that runs."""

    deployment_id: Reference
    began_at: AwareDatetime
    before: timedelta
    """A pass may be recognised so long before its time..."""
    window: timedelta
    """...and so long after it."""
    volunteers: tuple[Volunteer, ...] = Field(repr=False, max_length=MOST_VOLUNTEERS)
    schedule: tuple[Pass, ...] = Field(default=(), repr=False, max_length=MOST_PASSES)

    @property
    def apart(self) -> timedelta:
        """How long after a pass the same volunteer may pass again: no recognition counts twice."""
        return self.before + self.window

    @property
    def groups(self) -> list[str]:
        """Every group that somebody is of, in the order in which they came."""
        return [*dict.fromkeys(group for one in self.volunteers for group in one.groups)]

    def find(self, code: str) -> Volunteer:
        """Find who taps with a code.

        Raises:
            InputError: nobody does.
        """
        for one in self.volunteers:
            if secrets.compare_digest(one.code.encode(), code.encode()):
                return one
        raise _unknown()


def read_code(text: str) -> str:
    """Read a code as somebody typed it.

    Raises:
        InputError: it has a slip of the pen.
    """
    try:
        return slip.parse(text)
    except InputError:
        raise _unknown() from None


def _unknown() -> InputError:
    return InputError("Nobody takes part with this code.", mend="Read it again, letter by letter.")


def read_table(file: Path) -> tuple[list[Volunteer], list[Pass]]:
    """Read who takes part, and when they pass if the table says so; each gets a new code.

    Raises:
        InputError: the table cannot be read; the line and the column are named, never the cell.
    """
    rows = _rows(file)
    columns = [*(rows[0] if rows else ())]
    if REFERENCE not in columns:
        raise _fault(file, 1, REFERENCE, "is missing")
    sorts = [column for column in columns if column not in {REFERENCE, TIME}]
    _check_columns(file, sorts)
    volunteers: dict[str, Volunteer] = {}
    passes: list[Pass] = []
    for line, row in enumerate(rows, 2):
        one = _volunteer(file, line, row, sorts)
        known = volunteers.setdefault(one.reference, one)
        if known is not one and (TIME not in columns or known.groups != one.groups):
            raise _fault(file, line, REFERENCE, "stands twice, or has declared something else")
        if TIME in columns:
            passes.append(_pass(file, line, known.code, row[TIME]))
    if not 0 < len(volunteers) <= MOST_VOLUNTEERS or len(passes) > MOST_PASSES:
        raise InputError(f"{file.name} has too many lines, or none.", mend="Name who takes part.")
    return [*volunteers.values()], sorted(passes, key=lambda one: one.at)


def require_sound(plan: Plan) -> None:
    """Refuse a schedule in which one recognition might count for two passes, or that has begun.

    Raises:
        InputError: somebody passes again too soon, or passed before anybody looked for it.
    """
    apart = plan.apart
    last: dict[str, datetime] = {}
    for one in plan.schedule:
        if one.at - plan.before < plan.began_at:
            raise InputError(
                "The schedule has begun.", mend="Start the test before its first pass."
            )
        if one.code in last and one.at - last[one.code] < apart:
            raise InputError(
                f"Somebody passes twice within {apart.total_seconds():.0f} seconds.",
                mend="Space the passes wider, or shorten --window.",
            )
        last[one.code] = one.at


def _rows(file: Path) -> list[dict[str, str]]:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise InputError(f"{file.name} is too large.", mend="Name who takes part.")
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.DictReader(opened, strict=True, restkey="", restval="")
            names = [name.strip() for name in reader.fieldnames or ()]
            if len({*names}) < len(names) or "" in names:
                raise InputError(f"{file.name}: a column has no name.", mend="Name each once.")
            reader.fieldnames = names
            return [{k: v.strip() for k, v in _cells(file, row)} for row in reader]
    except OSError as error:
        raise InputError(
            f"{file.name} cannot be read: {error.strerror}.", mend="Name another file."
        ) from None
    except (UnicodeError, csv.Error):
        raise InputError(f"{file.name} is no CSV.", mend="Save it as CSV in UTF-8.") from None


def _cells(file: Path, row: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    if "" in row:
        raise InputError(f"{file.name} has a cell without a column.", mend="Name each once.")
    return row.items()


def _check_columns(file: Path, sorts: list[str]) -> None:
    for name in sorts:
        if not CHARACTERISTIC.fullmatch(name) or name == ALL:
            raise _fault(file, 1, "a characteristic", "has no plain name, as `age` has")
    if len(sorts) > MOST_CHARACTERISTICS:
        raise _fault(file, 1, sorts[-1], f"is more than {MOST_CHARACTERISTICS} characteristics")


def _volunteer(file: Path, line: int, row: Mapping[str, str], sorts: list[str]) -> Volunteer:
    for name in sorts:
        # What nobody has declared is no group.
        if row[name] and not DECLARED.fullmatch(row[name]):
            raise _fault(file, line, name, "is no plain word or two")
    groups = tuple(f"{name}/{row[name]}" for name in sorts if row[name])
    code = slip.code(secrets.token_hex())
    try:
        return Volunteer(code=code, reference=row[REFERENCE], groups=groups)
    except ValidationError:
        raise _fault(file, line, REFERENCE, "is no reference of a list") from None


def _pass(file: Path, line: int, code: str, cell: str) -> Pass:
    try:
        return Pass(code=code, at=_time.validate_python(cell))
    except ValidationError:
        raise _fault(file, line, TIME, "is no time like 2026-11-27T10:05:00Z") from None


def _fault(file: Path, line: int, column: str, fault: str) -> InputError:
    return InputError(f"{file.name}, line {line}: {column} {fault}.", mend="Mend that line.")
