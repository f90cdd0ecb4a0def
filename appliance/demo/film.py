"""Which film the demo plays, who of it is on the list, and whether an alert is true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.demo import walk
from appliance.demo.figure import ASTRONAUT
from appliance.demo.portraits import list_frames, list_portrait
from appliance.domain.alert import Place

if TYPE_CHECKING:
    from appliance.demo.walk import Progress

MEDIA = Path(__file__).parents[2].parent / "shared" / "media"
"""Films of real people may lie beside the checkout; they are never part of it."""
CLIP = Path("video", "head-pose-face-detection-female.gif")
REAL = Path("video", "face-demographics-walking-and-pause.gif")
WOMAN = "V-001"
WOMAN_RIGHT = 0.33
"""Measured: the middle of her face is always left of this; the next person's never is."""
SLACK_S = 0.2
"""An alert's time is when the camera saw it, which may be some frames off the film's own."""

Truth = Callable[[float, Place, str], bool]
"""Seconds since the film first began, the alert's place, the subject's reference: is it true?"""


@dataclass(frozen=True)
class Timetable:
    """When the listed person passes, as whoever has drawn the film knows."""

    reference: str
    starts_s: tuple[float, ...]
    """Of each pass, since the film has begun."""
    lasts_s: float
    film_s: float
    """After which it begins again."""


@dataclass(frozen=True)
class Film:
    """A film, and what is known about the people in it."""

    path: Path
    title: str
    attribution: str
    loop: bool
    note: str
    """What this film says about accuracy, in one sentence."""
    people: Path
    """The watchlist's pictures: one folder for each person, named by the reference."""
    truth: Truth | None
    """None where nobody knows who is in the film."""
    passes: Timetable | None = None
    """None where nobody knows when."""


def default_film(work: Path, cache: Path, progress: Progress, media: Path = MEDIA) -> Film:
    """Find the film of real people, or else make the generated one.

    Args:
        work: An empty folder for the pictures of those who are listed.
        cache: Where the generated film is kept for the next start.
        progress: Told the frames drawn so far, and how many there will be.
        media: Where films of real people may be.

    Raises:
        InputError: the packages with the portraits are not installed, or a clip is damaged.
        MachineError: the cache cannot be written to.
    """
    if (media / REAL).is_file() and (media / CLIP).is_file():
        return real_film(work, media)
    return walk_film(work, cache, progress)


def default_people(work: Path, media: Path = MEDIA) -> Path:
    """List the person whom the default film has listed, for a film that names nobody.

    Raises:
        InputError: her picture cannot be had.
    """
    if (media / CLIP).is_file():
        list_frames(media / CLIP, work / WOMAN)
    else:
        list_portrait(ASTRONAUT.package, ASTRONAUT.file, work / ASTRONAUT.reference)
    return work


def real_film(work: Path, media: Path) -> Film:
    """List the woman of one clip, and play another in which she walks with two others.

    Raises:
        InputError: her clip cannot be read.
    """
    list_frames(media / CLIP, work / WOMAN)
    return Film(
        path=media / REAL,
        title="Three people walk towards the camera; one of them is on the list",
        attribution="Intel, CC BY 4.0",
        loop=True,
        note="Real faces on a real camera, but only three people: it shows that the appliance "
        "works, not how often it is wrong.",
        people=work,
        truth=real_truth,
    )


def walk_film(work: Path, cache: Path, progress: Progress) -> Film:
    """List one of the two people of the generated film, and draw it where no start has yet.

    Raises:
        InputError: the packages with the portraits are not installed.
        MachineError: the cache cannot be written to.
    """
    list_portrait(ASTRONAUT.package, ASTRONAUT.file, work / ASTRONAUT.reference)
    return Film(
        path=walk.write_walk(cache, progress),
        title="Generated: two portraits walk past; one of them is on the list",
        attribution="Portraits by NASA and the US Navy, public domain, from scikit-image and "
        "matplotlib",
        loop=True,
        note="A drawing with two faces, one of them made from the very portrait on the list: "
        "it says nothing about accuracy on a street.",
        people=work,
        truth=walk_truth,
        passes=timetable(),
    )


def timetable() -> Timetable:
    """Tell when the listed person of the generated film passes."""
    walks = [one for one in walk.PASSAGES if one.figure is ASTRONAUT]
    starts_s = tuple(one.start_s for one in walks)
    lasts_s = max(one.lasts_s for one in walks)
    return Timetable(ASTRONAUT.reference, starts_s, lasts_s, walk.SECONDS)


def real_truth(seconds: float, place: Place, reference: str) -> bool:
    """Tell whether it is the listed woman, who is on the left whatever the time."""
    return reference == WOMAN and seconds >= 0 and _middle(place)[0] < WOMAN_RIGHT


def walk_truth(seconds: float, place: Place, reference: str) -> bool:
    """Tell whether the listed person's face is at that place, about then; the film loops."""
    moments = (seconds - SLACK_S, seconds, seconds + SLACK_S)
    return any(
        who == reference and _holds(face, place)
        for moment in moments
        for who, face in walk.faces(moment % walk.SECONDS)
    )


def _middle(place: Place) -> tuple[float, float]:
    return place.left + place.width / 2, place.top + place.height / 2


def _holds(face: Place, place: Place) -> bool:
    x, y = _middle(place)
    return 0 <= x - face.left <= face.width and 0 <= y - face.top <= face.height
