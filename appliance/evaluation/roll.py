"""Who is on the pictures: a folder with a sub-folder for each person, or a table."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from appliance.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PATH, SUBJECT = "path", "subject"
SEPARATORS = ",;\t"
MAX_TABLE_BYTES = 1 << 28
MOST_COLUMNS = 32
CELL_LETTERS = 1_000
MEND = f'Save it as "CSV UTF-8"; its first line names {PATH}, {SUBJECT} and any groups.'
MEND_SOURCE = "Name a folder with a sub-folder for each person, or a CSV file."


@dataclass(frozen=True)
class Picture:
    """One picture, and whose it is."""

    file: Path = field(repr=False)
    subject: int
    """A number, from 0 in the order of the roll."""


@dataclass(frozen=True)
class Roll:
    """All the pictures, those of one subject together."""

    pictures: tuple[Picture, ...] = field(repr=False)
    subjects: int
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    """By the column of the table: the value of each subject; empty where none is declared."""


def read_roll(source: Path, pictures: Path | None = None) -> Roll:
    """Find out who is on which picture.

    Args:
        source: A folder, or a table as CSV.
        pictures: Where the paths of a table begin; else where the table lies.

    Raises:
        InputError: it cannot be read, or there are fewer than two subjects.
    """
    roll = _folder(source) if source.is_dir() else _table(source, pictures or source.parent)
    if roll.subjects < 2:  # noqa: PLR2004 - nobody can be taken for anybody else
        raise InputError("There are fewer than two subjects.", mend=MEND_SOURCE)
    return roll


def _folder(folder: Path) -> Roll:
    found: list[Picture] = []
    people = [place for place in listed(folder) if place.is_dir()]
    for number, place in enumerate(people):
        if place.is_symlink():
            fault = f"Sub-folder {number + 1} is a link, which leads out of the folder."
            raise InputError(fault, mend="Put the pictures themselves there.")
        # A picture that is a link is not read, and counted as one that could not be.
        files = [file for file in listed(place) if file.is_symlink() or not file.is_dir()]
        found += [Picture(file, number) for file in files]
    return Roll(tuple(found), len(people))


def listed(folder: Path) -> list[Path]:
    """Give what is in a folder in order, but what is hidden.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return sorted(place for place in folder.iterdir() if not place.name.startswith("."))
    except OSError as error:
        fault = f"A folder of pictures cannot be read: {error.strerror}."
        raise InputError(fault, mend=MEND_SOURCE) from None


def _table(file: Path, root: Path) -> Roll:
    columns, lines = open_table(file)
    numbers: dict[str, int] = {}
    said: dict[str, list[str]] = {name: [] for name in columns if name not in {PATH, SUBJECT}}
    found: list[Picture] = []
    for line, cells in lines:
        row = read_row(line, columns, cells)
        subject = numbers.setdefault(row[SUBJECT], len(numbers))
        found.append(Picture(inside(root, row[PATH], line), subject))
        for name, values in said.items():
            if subject == len(values):
                values.append(row[name])
            elif values[subject] != row[name]:
                fault = f"Line {line}, column {name}: not what an earlier line of the subject says."
                raise InputError(fault, mend="A group is of the subject: write one for all lines.")
    found.sort(key=lambda picture: picture.subject)
    groups = {name: tuple(values) for name, values in said.items()}
    return Roll(tuple(found), len(numbers), groups)


def read_row(
    line: int,
    columns: tuple[str, ...],
    cells: list[str],
    filled: tuple[str, ...] = (PATH, SUBJECT),
) -> dict[str, str]:
    """Give each cell of a line by its column.

    Raises:
        InputError: a cell is missing, holds what no cell may, or is empty and may not be.
    """
    if len(cells) != len(columns):
        fault = f"Line {line}: a cell is missing, or there is one too many."
        raise InputError(fault, mend=MEND)
    row = dict(zip(columns, map(str.strip, cells), strict=True))
    for name, cell in row.items():
        if len(cell) > CELL_LETTERS or not cell.isprintable():
            fault = f"Line {line}, column {name}: too long, or holds a letter that is not shown."
            raise InputError(fault, mend="Type it anew.")
    for name in filled:
        if not row[name]:
            raise InputError(f"Line {line}, column {name}: is empty.", mend="Fill it in.")
    return row


def inside(root: Path, name: str, line: int) -> Path:
    """Find a file below the root, whether or not it is there.

    Raises:
        InputError: it would lie elsewhere.
    """
    parts = PurePosixPath(name.replace("\\", "/")).parts
    place = root.joinpath(*parts)
    if not parts or parts[0] == "/" or ":" in parts[0] or ".." in parts or _linked(root, parts):
        fault = f"Line {line}, column {PATH}: leads out of the folder of the pictures."
        raise InputError(fault, mend="Name pictures below it, without links.")
    return place


def _linked(root: Path, parts: tuple[str, ...]) -> bool:
    """Tell whether a folder on the way is a link, or is none that can be looked into."""
    try:
        return any(root.joinpath(*parts[:depth]).is_symlink() for depth in range(1, len(parts)))
    except OSError:  # a name too long for any disk
        return True


def open_table(file: Path) -> tuple[tuple[str, ...], Iterator[tuple[int, list[str]]]]:
    """Find the columns, and give the lines below them.

    Raises:
        InputError: it cannot be read, or its first line names no path or subject.
    """
    try:
        if file.stat().st_size > MAX_TABLE_BYTES:
            fault = f"The table is larger than {MAX_TABLE_BYTES:,} bytes."
            raise InputError(fault, mend="Split it.")
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        fault = f"The table cannot be read: {error.strerror}."
        raise InputError(fault, mend=MEND_SOURCE) from None
    except UnicodeDecodeError:
        raise InputError("The table is not UTF-8 text.", mend=MEND) from None
    header = text.partition("\n")[0]
    separator = max(SEPARATORS, key=header.count)
    lines = _lines(text, separator)
    columns = tuple("_".join(cell.lower().split()) for cell in next(lines, (1, [""]))[1])
    if not {PATH, SUBJECT} <= set(columns):
        raise InputError(f"Line 1: the table has no column {PATH} or {SUBJECT}.", mend=MEND)
    if len(set(columns)) < len(columns) or len(columns) > MOST_COLUMNS or not all(columns):
        raise InputError("Line 1: a column has no name, or one that stands twice.", mend=MEND)
    return columns, lines


def _lines(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Read line after line with its number, the first being 1; empty ones are left out."""
    reader = csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error:
        fault = f"Line {reader.line_num}: the quotes do not match."
        raise InputError(fault, mend=MEND) from None
