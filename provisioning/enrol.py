"""From a folder of photographs to a watchlist: one face in each, or a reason why not."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from pydantic import ValidationError

from appliance.domain.watchlist import (
    MAX_IMAGES,
    Ground,
    Head,
    ListImage,
    Subject,
    Watchlist,
)
from appliance.errors import InputError
from appliance.watchlist.refusals import refusal
from provisioning.pictures import open_picture, thumbnail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from appliance.domain.face import Floats
    from provisioning.pictures import Picture

    See = Callable[[Picture], "Sight"]
    """The detector and the encoder that are in force on the van."""

EYES_PX = 64.0
"""Least distance between the eyes: smaller list images make false alerts."""
REFERENCE_LENGTH = 64


@dataclass(frozen=True)
class Person:
    """Somebody to be enrolled."""

    reference: str = field(repr=False)
    pictures: tuple[Path, ...] = field(repr=False)


@dataclass(frozen=True)
class Sight:
    """What the networks made of one picture."""

    boxes: Floats = field(repr=False)
    """(F, 4): left, top, right, bottom in pixels."""
    templates: Floats = field(repr=False)
    """(F, D), rows of length 1."""
    eyes_px: Floats = field(repr=False)
    """(F,): distance between the eyes."""


@dataclass(frozen=True)
class Portrait:
    """A picture that can be used."""

    jpeg: bytes = field(repr=False)
    template: Floats = field(repr=False)
    """(D,), of length 1."""
    eyes_px: float


@dataclass(frozen=True)
class Entry:
    """A person with one to three portraits, the largest first."""

    reference: str = field(repr=False)
    portraits: tuple[Portrait, ...] = field(repr=False)


@dataclass(frozen=True)
class Refusal:
    """A picture or a person that was left out. The name is for the desk's eyes only."""

    name: str = field(repr=False)
    reason: str = field(repr=False)
    mend: str


@dataclass(frozen=True)
class Terms:
    """What holds for a whole list."""

    watchlist_id: str
    model_id: str
    """Sha256 of the encoder that made the templates."""
    made_at: datetime
    expires_at: datetime
    ground: Ground
    reason: str
    power: str
    source: str
    """Where the photographs are from."""
    reviewer: str = "The trial's own desk"


def people(folder: Path) -> Iterator[Person]:
    """Find one person in each sub-folder, and one in each file beside them.

    Raises:
        InputError: the folder cannot be read, or two names make the same reference.
    """
    known: dict[str, str] = {}
    for place in _list(folder):
        name = place.name if place.is_dir() else place.stem
        reference = refer(name)
        if reference in known:
            raise InputError(
                f"{known[reference]} and {name} make the same reference.", mend="Rename one."
            )
        known[reference] = name
        yield Person(reference, tuple(_list(place)) if place.is_dir() else (place,))


def refer(name: str) -> str:
    """Make a reference of a name: letters without accents, digits, dots and hyphens.

    Raises:
        InputError: nothing is left of it.
    """
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    reference = re.sub(r"[^A-Za-z0-9._]+", "-", ascii_name).strip("-._")[:REFERENCE_LENGTH]
    if not reference:
        raise InputError(f"{name} makes no reference.", mend="Name it with letters and digits.")
    return reference


def _list(folder: Path) -> list[Path]:
    try:
        return sorted(place for place in folder.iterdir() if not place.name.startswith("."))
    except OSError as error:
        raise InputError(
            f"{folder.name} cannot be read: {error.strerror}.", mend="Name a folder of pictures."
        ) from None


def enrol(
    people: Iterable[Person], see: See, progress: Callable[[int], None], eyes_px: float = EYES_PX
) -> tuple[list[Entry], list[Refusal]]:
    """Make templates of everybody who can be used.

    Args:
        people: From `people`.
        see: Finds and encodes every face of a picture.
        progress: Is told how many people are done.
        eyes_px: Least distance between the eyes.

    Raises:
        InputError: nobody can be used.
    """
    entries: list[Entry] = []
    refusals: list[Refusal] = []
    for done, person in enumerate(people, start=1):
        portraits = _portraits(person, see, eyes_px, refusals)
        if portraits:
            entries.append(Entry(person.reference, portraits))
        progress(done)
    if not entries:
        raise _nobody(refusals)
    return entries, refusals


def _nobody(refusals: Sequence[Refusal]) -> InputError:
    if not refusals:
        return InputError("The folder of pictures is empty.", mend="Put somebody there.")
    first = refusals[0]
    return InputError(
        f"Nobody could be enrolled; the first picture, {first.name}: {first.reason}",
        mend=first.mend,
    )


def _portraits(
    person: Person, see: See, eyes_px: float, refusals: list[Refusal]
) -> tuple[Portrait, ...]:
    tried = [_try(file, see, eyes_px) for file in person.pictures]
    refusals += [result for result in tried if isinstance(result, Refusal)]
    found = [result for result in tried if isinstance(result, Portrait)]
    if not found:
        refusals.append(Refusal(person.reference, "No picture can be used.", "Add a better one."))
    found.sort(key=lambda portrait: portrait.eyes_px, reverse=True)
    return tuple(found[:MAX_IMAGES])


def _try(file: Path, see: See, eyes_px: float) -> Portrait | Refusal:
    try:
        picture = open_picture(file)
        return _portray(picture, see(picture), eyes_px)
    except InputError as error:
        return Refusal(file.name, str(error), error.mend)


def _portray(picture: Picture, sight: Sight, eyes_px: float) -> Portrait:
    _demand(len(sight.boxes) > 0, "No face was found.", "Choose a frontal, well lit picture.")
    _demand(len(sight.boxes) == 1, "More than one face was found.", "Cut the others away.")
    box, template, eyes = sight.boxes[0], sight.templates[0], float(sight.eyes_px[0])
    whole = bool(np.isfinite(box).all() and np.isfinite(template).all())
    _demand(whole, "The networks made nothing of it.", "Choose another picture.")
    small = f"The eyes are {eyes:.0f} px apart, less than {eyes_px:.0f}."
    _demand(eyes >= eyes_px, small, "Choose a larger picture.")
    return Portrait(thumbnail(picture, box), template.copy(), eyes)


def _demand(holds: bool, reason: str, mend: str) -> None:
    if not holds:
        raise InputError(reason, mend=mend)


def draw_up(entries: Sequence[Entry], terms: Terms) -> Watchlist:
    """Make the list that is then signed.

    Raises:
        InputError: the terms are not lawful.
    """
    counts = [len(entry.portraits) for entry in entries]
    templates = [portrait.template for entry in entries for portrait in entry.portraits]
    owners = np.repeat(np.arange(len(entries), dtype=np.int32), counts)
    subjects = tuple(_subject(entry, terms) for entry in entries)
    return Watchlist.of(_head(terms), subjects, np.array(templates, np.float32), owners)


def _head(terms: Terms) -> Head:
    try:
        return Head(
            watchlist_id=terms.watchlist_id,
            model_id=terms.model_id,
            made_at=terms.made_at,
            expires_at=terms.expires_at,
        )
    except ValidationError as error:
        raise refusal(error, "The watchlist") from None


def _subject(entry: Entry, terms: Terms) -> Subject:
    images = tuple(ListImage(jpeg=p.jpeg, source=terms.source) for p in entry.portraits)
    return Subject(
        reference=entry.reference,
        ground=terms.ground,
        reason=terms.reason,
        power=terms.power,
        reviewer=terms.reviewer,
        images=images,
        expires_at=terms.expires_at,
    )
