"""A table out of a folder with a sub-folder a person: repaired, and with declared groups.

Collections come with errata. A correction says of one picture, or of everybody under a name, who it
really is, or that a picture is left out; nothing in the folder is changed.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from appliance.errors import InputError
from appliance.evaluation.roll import PATH, SUBJECT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

KIND, OF, TRUTH = "kind", "image_or_name", "true_identity"
IMAGE, LABEL = "image", "label"
WRONG_IMAGE, WRONG_NAME, LEFT_OUT, TWINS = "image", "name", "exclude", "twins"
KINDS: Final = (WRONG_IMAGE, WRONG_NAME, LEFT_OUT, TWINS)
"""Of a correction; twins are two people who look alike, and stay two."""
MEND = f"Corrections are a CSV of {KIND}, {OF}, {TRUTH}; groups one of {IMAGE}, {LABEL}."
SUFFIXES: Final = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class Corrections:
    """What a collection says wrongly; a picture is known by its file's name without the ending."""

    images: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """By picture: who it really is."""
    names: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """By name: the name under which the same person stands otherwise."""
    left_out: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True)
class Written:
    """What a table holds."""

    pictures: int
    subjects: int
    left_out: int
    undecided: Mapping[str, int]
    """By group: subjects whose pictures say two things as often; they are in no group."""


def read_corrections(file: Path) -> Corrections:
    """Read what is to be corrected.

    Raises:
        InputError: it cannot be read, or says something of another kind.
    """
    kinds: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
    for line, row in _rows(file, (KIND, OF, TRUTH)):
        if row[KIND] not in kinds:
            fault = f"{file.name}, line {line}: {row[KIND]!r} is none of {', '.join(KINDS)}."
            raise InputError(fault, mend=MEND)
        kinds[row[KIND]][row[OF]] = row[TRUTH]
    return Corrections(kinds[WRONG_IMAGE], kinds[WRONG_NAME], frozenset(kinds[LEFT_OUT]))


def read_labels(file: Path) -> dict[str, str]:
    """Read what is declared of pictures.

    Raises:
        InputError: it cannot be read.
    """
    return {row[IMAGE]: row[LABEL] for _, row in _rows(file, (IMAGE, LABEL))}


def tabulate(
    folder: Path, to: Path, corrections: Corrections, labels: Mapping[str, Mapping[str, str]]
) -> Written:
    """Write the table of a folder; its paths begin at the folder.

    Args:
        folder: With a sub-folder for each person.
        to: The table.
        corrections: Of who is who.
        labels: By the name of a group: what is declared of pictures. A subject is what most of its
            pictures say.

    Raises:
        InputError: there is no picture, or the table cannot be written.
    """
    files = sorted(file for file in folder.glob("*/*") if file.suffix.lower() in SUFFIXES)
    kept = [file for file in files if file.stem not in corrections.left_out]
    if not kept:
        raise InputError("There is no picture.", mend="Name a folder with a sub-folder a person.")
    whose = [_who(file, corrections) for file in kept]
    groups = {name: _by_subject(kept, whose, said) for name, said in labels.items()}
    lines = [
        [file.relative_to(folder).as_posix(), who, *(groups[name].get(who, "") for name in groups)]
        for file, who in zip(kept, whose, strict=True)
    ]
    _write(to, [[PATH, SUBJECT, *groups], *lines])
    people = set(whose)
    undecided = {name: len(people - groups[name].keys()) for name in groups}
    return Written(len(kept), len(people), len(files) - len(kept), undecided)


def _who(file: Path, corrections: Corrections) -> str:
    name = corrections.images.get(file.stem, file.parent.name)
    return corrections.names.get(name, name)


def _by_subject(
    files: Sequence[Path], whose: Sequence[str], said: Mapping[str, str]
) -> dict[str, str]:
    """Take for each subject what most pictures say; nobody of whom as many say another thing."""
    votes: dict[str, Counter[str]] = {}
    for file, who in zip(files, whose, strict=True):
        if label := said.get(file.stem, ""):
            votes.setdefault(who, Counter())[label] += 1
    found: dict[str, str] = {}
    for who, counts in votes.items():
        (first, most), *others = counts.most_common(2)
        if not others or others[0][1] < most:
            found[who] = first
    return found


def _rows(file: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        reader = csv.DictReader(file.read_text("utf-8-sig").splitlines(), strict=True)
        if not set(columns) <= set(reader.fieldnames or ()):
            fault = f"{file.name} has not the columns {', '.join(columns)}."
            raise InputError(fault, mend=MEND)
        for row in reader:
            yield reader.line_num, {name: (row[name] or "").strip() for name in columns}
    except OSError as error:
        raise InputError(f"{file.name} cannot be read: {error.strerror}.", mend=MEND) from None
    except (UnicodeDecodeError, csv.Error):
        raise InputError(f"{file.name} is no CSV in UTF-8.", mend=MEND) from None


def _write(to: Path, lines: Sequence[Sequence[str]]) -> None:
    try:
        with to.open("w", encoding="utf-8", newline="") as opened:
            csv.writer(opened, lineterminator="\n").writerows(lines)
    except OSError as error:
        fault = f"{to.name} cannot be written: {error.strerror}."
        raise InputError(fault, mend="Name another file.") from None
