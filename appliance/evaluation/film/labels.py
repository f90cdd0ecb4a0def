"""Who is in which film, when and where: a folder with a sub-folder for each person, or a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from appliance.domain.watchlist import MAX_IMAGES
from appliance.errors import InputError
from appliance.evaluation.roll import MEND, PATH, SUBJECT, inside, listed, open_table, read_row

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ENROL, PASS, ASIDE = "enrol", "pass", "aside"
NOBODY: Final = -1
TIMES: Final = ("from_s", "to_s")
SIDES: Final = ("left", "right", "top", "bottom")
COLUMNS: Final = (PATH, SUBJECT, "use", *TIMES, *SIDES)
PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
"""In a folder, such a file is enrolled; any other is a film."""
MEND_COLUMNS = f"It may have {', '.join(COLUMNS)}."
MEND_FOLDER = (
    "Name a folder with a sub-folder for each person: pictures to enrol, films; or a CSV file."
)


@dataclass(frozen=True)
class Window:
    """A part of a film: some of its time and of its picture, edges included."""

    from_s: float = 0.0
    to_s: float = float("inf")
    left: float = 0.0
    """As shares of the width and height."""
    right: float = 1.0
    top: float = 0.0
    bottom: float = 1.0

    def holds(self, at_s: float, x: float, y: float) -> bool:
        """Tell whether a moment and a place lie in it."""
        # A face at the rim has its middle outside the picture.
        x, y = min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)
        here = self.left <= x <= self.right and self.top <= y <= self.bottom
        return here and self.from_s <= at_s <= self.to_s


@dataclass(frozen=True)
class Portrait:
    """What a subject is enrolled from: a picture, or the first face in a window of a film."""

    file: Path = field(repr=False)
    subject: int
    window: Window | None = None
    """Of a film; None: it is a picture."""


@dataclass(frozen=True)
class Pass:
    """One person in one film: everybody who is seen in the window is this person."""

    film: int
    subject: int
    """NOBODY where it is not said, of what is not counted."""
    window: Window = Window()
    counted: bool = True
    """False: whoever is seen there is left out, as where somebody was enrolled from."""


@dataclass(frozen=True)
class Labels:
    """All the films, and who is in them."""

    films: tuple[Path, ...] = field(repr=False)
    portraits: tuple[Portrait, ...] = field(repr=False)
    passes: tuple[Pass, ...]
    subjects: int

    @property
    def listed(self) -> frozenset[int]:
        """Who is to be enrolled: whoever has a portrait; the others are strangers."""
        return frozenset(portrait.subject for portrait in self.portraits)


class _Ledger:
    """Gives films and subjects their numbers, in the order in which they are met."""

    def __init__(self) -> None:
        self.films: dict[Path, int] = {}
        self.subjects: dict[str, int] = {}
        self.portraits: list[Portrait] = []
        self.passes: list[Pass] = []

    def subject(self, name: str) -> int:
        return self.subjects.setdefault(name, len(self.subjects))

    def film(self, file: Path) -> int:
        return self.films.setdefault(file, len(self.films))

    def enrol(self, portrait: Portrait, where: str) -> None:
        self.portraits.append(portrait)
        if sum(one.subject == portrait.subject for one in self.portraits) > MAX_IMAGES:
            fault = f"{where}: more than {MAX_IMAGES} pictures of one subject."
            raise InputError(fault, mend="A list holds no more; leave some out.")

    def labels(self) -> Labels:
        films, people = tuple(self.films), len(self.subjects)
        if not films:
            raise InputError("There is no film.", mend=MEND_FOLDER)
        return Labels(films, tuple(self.portraits), tuple(self.passes), people)


def read_labels(source: Path, root: Path | None = None) -> Labels:
    """Find out who is in which film.

    Args:
        source: A folder, or a table as CSV.
        root: Where the paths of a table begin; else where the table lies.

    Raises:
        InputError: it cannot be read, says something that cannot be, or names no film.
    """
    return _folder(source) if source.is_dir() else _table(source, root or source.parent)


def _folder(folder: Path) -> Labels:
    ledger = _Ledger()
    for place in listed(folder):
        if place.is_symlink():
            fault = "Something in the folder is a link, which leads out of it."
            raise InputError(fault, mend="Put the films themselves there.")
        if place.is_dir():
            _person(ledger, place)
        else:
            ledger.film(place)
    return ledger.labels()


def _person(ledger: _Ledger, place: Path) -> None:
    subject = ledger.subject(place.name)
    for file in listed(place):
        if file.suffix.lower() in PICTURES:
            ledger.enrol(Portrait(file, subject), f"Sub-folder {subject + 1}")
        else:
            ledger.passes.append(Pass(ledger.film(file), subject))


def _table(file: Path, root: Path) -> Labels:
    columns, lines = open_table(file)
    strange = sorted(set(columns) - set(COLUMNS))
    if strange:
        raise InputError(f"Line 1: there is no column {strange[0]}.", mend=MEND_COLUMNS)
    ledger = _Ledger()
    for line, cells in lines:
        row = read_row(line, columns, cells, (PATH,))
        place, name = inside(root, row[PATH], line), row[SUBJECT]
        use, window = row.get("use") or PASS, _window(row, line)
        if use not in {ENROL, PASS, ASIDE} or (use == ENROL and not name):
            fault = f"Line {line}, column use: none of {PASS}, {ASIDE} and a subject's {ENROL}."
            raise InputError(fault, mend=MEND_COLUMNS)
        if use == ENROL:
            moment = window if row.get("from_s") else None
            ledger.enrol(Portrait(place, ledger.subject(name), moment), f"Line {line}")
            continue
        film = ledger.film(place)
        # Without a subject it is a film of people whom nobody is looking for.
        if name or use == ASIDE:
            whose = ledger.subject(name) if name else NOBODY
            ledger.passes.append(Pass(film, whose, window, use == PASS))
    return ledger.labels()


def _window(row: Mapping[str, str], line: int) -> Window:
    said = {name: _number(row[name], name, line) for name in (*TIMES, *SIDES) if row.get(name)}
    window = Window(**said)
    for low, high in (TIMES, SIDES[:2], SIDES[2:]):
        if not getattr(window, low) <= getattr(window, high):
            fault = f"Line {line}, column {high}: lies before {low}."
            raise InputError(fault, mend=MEND)
    return window


def _number(cell: str, name: str, line: int) -> float:
    highest = 1.0 if name in SIDES else 1e6
    try:
        number = float(cell)
    except ValueError:
        number = -1.0
    if not 0 <= number <= highest:
        fault = f"Line {line}, column {name}: is no number from 0 to {highest:,.0f}."
        raise InputError(fault, mend="Times are in seconds, places in shares of the picture.")
    return number
