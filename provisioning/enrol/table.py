"""Who is to be enrolled: a folder of pictures, or a table with a line for each person."""

from __future__ import annotations

import csv
import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from appliance.errors import InputError
from provisioning.enrol.columns import (
    BETWEEN,
    NEEDED,
    OPTIONAL,
    REFERENCE,
    check_cells,
    read_reference,
    read_terms,
)
from provisioning.enrol.paths import inside, listed, picture_files
from provisioning.enrol.rows import Row
from provisioning.enrol.terms import Person, require_lawful

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from provisioning.enrol.terms import Terms

INSIDE = "people.csv"
"""A folder may carry its table."""
MAX_TABLE_BYTES = 1 << 30
REFERENCE_LENGTH = 64
SEPARATORS = ",;\t"
MEND_TABLE = 'Save it as "CSV UTF-8".'
LINE_BYTES = 65_536


@dataclass(frozen=True)
class Folder:
    """One person in each sub-folder, and one in each picture beside them."""

    place: Path = field(repr=False)
    terms: Terms = field(repr=False)
    """Of everybody."""
    made_at: datetime

    @property
    def digest(self) -> str:
        """What tells this folder from another: the names in it."""
        names = "\n".join(found.name for found in listed(self.place))
        return hashlib.sha256(names.encode("utf-8", "surrogateescape")).hexdigest()

    def __len__(self) -> int:
        return len(listed(self.place))

    def __iter__(self) -> Iterator[Person | Row]:
        known: set[str] = set()
        for number, found in enumerate(listed(self.place), start=1):
            name = found.name if found.is_dir() else found.stem
            try:
                reference = refer(name)
                _require_new(reference in known, "two names make the same reference")
                known.add(reference)
                person = Person(reference, self.terms, picture_files(found))
                require_lawful(person, self.made_at)
                yield person
            except InputError as error:
                yield Row(refer(name, number), "", "refused", _sentence(error), error.mend)


def refer(name: str, number: int | None = None) -> str:
    """Make a reference of a name: letters without accents, digits, dots and hyphens.

    Args:
        name: Of a file or a folder.
        number: Its place, by which it is called where nothing is left of the name.

    Raises:
        InputError: nothing is left of it, and there is no number.
    """
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    reference = re.sub(r"[^A-Za-z0-9._]+", "-", ascii_name).strip("-._")[:REFERENCE_LENGTH]
    if not reference and number is None:
        raise InputError("the name makes no reference.", mend="Use letters and digits.")
    return reference or f"number-{number}"


@dataclass(frozen=True)
class Sheet:
    """A table: a line for each person, read anew each time so that it is never held."""

    file: Path = field(repr=False)
    columns: tuple[str, ...]
    separator: str
    digest: str
    lines: int
    made_at: datetime

    def __len__(self) -> int:
        return self.lines

    def __iter__(self) -> Iterator[Person | Row]:
        known: set[str] = set()
        for line, cells in _records(self.file, self.separator):
            yield self._read(line, cells, known)

    def _read(self, line: int, cells: Sequence[str], known: set[str]) -> Person | Row:
        named = dict(zip(self.columns, (cell.strip() for cell in cells), strict=False))
        shown = named.get("reference", "")
        try:
            _require_new(shown in known, "column reference: stands twice")
            if REFERENCE.fullmatch(shown):
                # Whatever else is wrong with the line: a report has one person under a reference.
                known.add(shown)
            self._require_whole(cells)
            check_cells(named)
            reference = read_reference(named["reference"])
            person = self._person(reference, named, line)
            require_lawful(person, self.made_at)
        except InputError as error:
            whose = shown if REFERENCE.fullmatch(shown) else ""
            told = f"Line {line}, {error}"
            return Row(whose, "", "refused", told, error.mend, line=line, kind=_sentence(error))
        return person

    def _require_whole(self, cells: Sequence[str]) -> None:
        if len(cells) != len(self.columns):
            raise InputError("a cell is missing, or there is one too many.", mend="Correct it.")

    def _person(self, reference: str, cells: dict[str, str], line: int) -> Person:
        terms = read_terms(cells)
        names = [n for n in map(str.strip, cells.get("pictures", "").split(BETWEEN)) if n]
        folder = self.file.parent
        pictures = tuple(inside(folder, name) for name in names) or _found(folder, reference)
        if len(terms.taken_on) not in {1, len(pictures)}:
            fault = "column image_date: not one date for all pictures or one for each."
            raise InputError(fault, mend="Complete it.")
        return Person(reference, terms, pictures, line)


def _found(folder: Path, reference: str) -> tuple[Path, ...]:
    """Look for what the reference names: a folder, or pictures of any kind."""
    place = inside(folder, reference, missing=True)
    if place.is_dir():
        return picture_files(place)
    kinds = ("jpg", "jpeg", "png", "webp", "JPG", "JPEG", "PNG")
    found = [folder / f"{reference}.{kind}" for kind in kinds]
    pictures = tuple(file for file in found if file.is_file() and not file.is_symlink())
    if not pictures:
        fault = "column pictures: there is no picture under the reference."
        raise InputError(fault, mend="Name the pictures.")
    return pictures


def _require_new(stands: bool, fault: str) -> None:
    if stands:
        raise InputError(f"{fault}.", mend="Give each person a reference of their own.")


def _sentence(error: InputError) -> str:
    text = str(error)
    return text[:1].upper() + text[1:]


def open_table(source: Path, terms: Terms | None, made_at: datetime) -> Folder | Sheet:
    """Find out who is to be enrolled.

    Args:
        source: A folder, with or without `people.csv` inside, or a table.
        terms: What holds for everybody in a folder; a table says its own.
        made_at: The desk's time.

    Raises:
        InputError: there is nothing that can be read, or the table lacks a column.
    """
    if source.is_dir() and (source / INSIDE).exists():
        source /= INSIDE
    if source.is_dir():
        if terms is None:
            mend = f"Put {INSIDE} inside it, or give --ground and what else holds for everybody."
            raise InputError("A folder says no ground.", mend=mend)
        return Folder(source, terms, made_at)
    digest, lines = _survey(source)
    columns, separator = _header(source)
    return Sheet(source, columns, separator, digest, lines, made_at)


def _survey(file: Path) -> tuple[str, int]:
    """Read the file once: is it text, and whose."""
    digest, lines = hashlib.sha256(), 0
    try:
        if file.stat().st_size > MAX_TABLE_BYTES:
            raise InputError("The table is larger than 1 GiB.", mend="Split it.")
        with file.open("rb") as opened:
            for raw in iter(lambda: opened.read(LINE_BYTES), b""):
                digest.update(raw)
                if b"\0" in raw:
                    raise InputError("The table is not UTF-8 text.", mend=MEND_TABLE)
    except OSError as error:
        fault = f"The table cannot be read: {error.strerror}."
        raise InputError(fault, mend="Name a folder of pictures or a CSV file.") from None
    _, separator = _header(file)
    lines = sum(1 for _ in _records(file, separator))
    return digest.hexdigest(), lines


def _header(file: Path) -> tuple[tuple[str, ...], str]:
    """Find the columns, and what stands between cells."""
    best: tuple[str, ...] = ()
    chosen = ""
    for separator in SEPARATORS:
        # Between quoted names another letter may stand: that is none of its faults yet.
        _, cells = next(_lines(file, separator, strict=False), (1, [""]))
        columns = tuple("_".join(cell.lower().split()) for cell in cells)
        if len(columns) > len(best):
            best, chosen = columns, separator
    unknown = [i for i, column in enumerate(best, start=1) if column not in {*NEEDED, *OPTIONAL}]
    missing = [column for column in NEEDED if column not in best]
    if missing:
        mend = f"The first line names {', '.join(NEEDED)}; if wanted, {', '.join(OPTIONAL)}."
        raise InputError(f"Line 1: the column {missing[0]} is missing.", mend=mend)
    if unknown or len(set(best)) < len(best):
        mend = f"Use each of these once: {', '.join([*NEEDED, *OPTIONAL])}."
        where = unknown[0] if unknown else "names"
        raise InputError(f"Line 1, column {where}: not known, or there twice.", mend=mend)
    return best, chosen


def _records(file: Path, separator: str) -> Iterator[tuple[int, list[str]]]:
    lines = islice(_lines(file, separator), 1, None)
    return ((line, cells) for line, cells in lines if any(cell.strip() for cell in cells))


def _lines(file: Path, separator: str, *, strict: bool = True) -> Iterator[tuple[int, list[str]]]:
    """Read line after line with its number, the first being 1."""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        reader = csv.reader(opened, delimiter=separator, strict=strict)
        try:
            for cells in reader:
                yield reader.line_num, cells
        except UnicodeDecodeError:
            raise InputError("The table is not UTF-8 text.", mend=MEND_TABLE) from None
        except csv.Error:
            fault = f"Line {reader.line_num}: the quotes do not match."
            raise InputError(fault, mend=MEND_TABLE) from None
