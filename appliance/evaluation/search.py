"""Who of a list is this: galleries drawn from the cohort, and every passing searched in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from appliance.evaluation.norms import UNSEEN
from appliance.evaluation.way import VAN, Listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from appliance.evaluation.cohort import Cohort
    from appliance.evaluation.way import Way

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float32]

PROBES = 5
"""Most passings of one subject: who has hundreds of pictures would be most of the result."""
OUTSIDE = 30
"""Fewer people beside the list say nothing about strangers."""
BLOCK_ROWS = 1_024
NO_SHOT = -1


@dataclass(frozen=True)
class Drawn:
    """A list and who passes it: rows of the cohort."""

    gallery: Ints = field(repr=False)
    """Subject by subject."""
    mated: Ints = field(repr=False)
    """(M, K): the pictures of each passing, in the place of its shots."""
    non_mated: Ints = field(repr=False)
    """(N, K); NO_SHOT where somebody has fewer pictures."""


@dataclass(frozen=True)
class Searched:
    """What a search of all passings gave."""

    hits: Floats = field(repr=False)
    """(M,): of each mated passing the score with its own subject, if at rank 1; else UNSEEN."""
    mated_of: Ints = field(repr=False)
    strangers: Floats = field(repr=False)
    """(N,): highest score of each non-mated passing."""
    strangers_of: Ints = field(repr=False)
    unenrolled: int
    """Subjects of the list of whom no picture gave a template."""


@dataclass(frozen=True)
class Beside:
    """What there is of the same pictures, and of others, for ways that need it."""

    templates: Floats = field(repr=False)
    """(P, D), as the cohort's."""
    mirrored: Floats = field(repr=False)
    """(P, D): the mean templates of each picture and its mirror image."""
    weights: Floats = field(repr=False)
    """(P,): what each picture weighs as a shot."""
    aside: Floats | None = field(default=None, repr=False)
    """(C, D), people who are neither listed nor pass."""

    def listed(self, way: Way) -> Floats:
        """Give the templates that are listed: (P, D)."""
        return self.mirrored if way.mirrors_list else self.templates

    def asked(self, way: Way) -> Floats:
        """Give the templates of shots, as long as they weigh: (P, D)."""
        asked = self.mirrored if way.mirrors_probe else self.templates
        return asked * self.weights[:, None] if way.weighs else asked


def draw(
    cohort: Cohort, size: int, images: int, generator: np.random.Generator, shots: int = 1
) -> Drawn | None:
    """Draw a list of so many subjects, with so many images of each.

    Who has pictures for a passing beside that is listed first, and passes; where they are too few
    the list is filled with people who do not pass. No picture is in two passings.

    Returns:
        None where the cohort has too few people.
    """
    pictures = np.bincount(cohort.owners, minlength=cohort.subjects)
    enough = pictures >= images + shots
    probed = generator.permutation(np.flatnonzero(enough))
    others = generator.permutation(np.flatnonzero((pictures > 0) & ~enough))
    people = np.concatenate((probed, others))
    if len(people) - size < OUTSIDE or not len(probed):
        return None
    listed = np.zeros(cohort.subjects, np.bool_)
    listed[people[:size]] = True
    place, on_list = _shuffled(cohort.owners, pictures, generator), listed[cohort.owners]
    whole = (pictures - images) // shots * shots
    mated = on_list & (place >= images) & (place < images + whole[cohort.owners])
    some = np.maximum(pictures // shots, 1) * shots
    return Drawn(
        np.flatnonzero(on_list & (place < images)),
        _passings(cohort.owners, place - images, mated, shots),
        _passings(cohort.owners, place, ~on_list & (place < some[cohort.owners]), shots),
    )


def _shuffled(owners: Ints, pictures: Ints, generator: np.random.Generator) -> Ints:
    """Give each picture a place among those of its subject, by chance."""
    mixed = generator.permutation(len(owners))
    order = mixed[np.argsort(owners[mixed], kind="stable")]
    starts = np.cumsum(pictures) - pictures
    place = np.empty(len(owners), np.int64)
    place[order] = np.arange(len(owners)) - np.repeat(starts, pictures)
    return place


def _passings(owners: Ints, place: Ints, chosen: npt.NDArray[np.bool_], shots: int) -> Ints:
    """Put some pictures of each subject into passings, in the order of their places: (P, K)."""
    rows = np.flatnonzero(chosen & (place < PROBES * shots))
    rows = rows[np.lexsort((place[rows], owners[rows]))]
    whose, number = owners[rows], place[rows] // shots
    begins = (np.diff(whose, prepend=-1) != 0) | (np.diff(number, prepend=-1) != 0)
    together = np.full((int(begins.sum()), shots), NO_SHOT, np.int64)
    together[np.cumsum(begins) - 1, place[rows] % shots] = rows
    return together


def search(cohort: Cohort, drawn: Drawn, way: Way = VAN, beside: Beside | None = None) -> Searched:
    """Search every passing in the list.

    Args:
        cohort: Whose pictures.
        drawn: The list, and who passes.
        way: How a score is made.
        beside: What some ways need; without it they are as if they needed nothing.
    """
    owners, aside = cohort.owners[drawn.gallery], beside.aside if beside else None
    source = beside.listed(way) if beside else cohort.templates
    enrolled = source[drawn.gallery] * cohort.acquired[drawn.gallery][:, None]
    listed = Listed(enrolled, owners, way, aside)
    asked = beside.asked(way) if beside else cohort.templates
    hits = [np.zeros(0, np.float32)]
    for rows in _blocks(drawn.mated):
        scores = listed.scores(shots_of(asked, cohort.acquired, rows))
        own = scores[
            np.arange(len(rows)), np.searchsorted(listed.people, cohort.owners[rows[:, 0]])
        ]
        hits.append(np.where(own >= scores.max(axis=1), own, UNSEEN))
    strangers = [
        listed.scores(shots_of(asked, cohort.acquired, rows)).max(axis=1)
        for rows in _blocks(drawn.non_mated)
    ]
    return Searched(
        np.concatenate(hits),
        cohort.owners[drawn.mated[:, 0]],
        np.concatenate(strangers),
        cohort.owners[drawn.non_mated[:, 0]],
        listed.unenrolled,
    )


def together(searches: Sequence[Searched]) -> Searched:
    """Lay searches of several lists together; whose passing it is stays."""
    return Searched(
        np.concatenate([one.hits for one in searches]),
        np.concatenate([one.mated_of for one in searches]),
        np.concatenate([one.strangers for one in searches]),
        np.concatenate([one.strangers_of for one in searches]),
        sum(one.unenrolled for one in searches),
    )


def _blocks(rows: Ints) -> list[Ints]:
    return [rows[at : at + BLOCK_ROWS] for at in range(0, len(rows), BLOCK_ROWS)]


def shots_of(templates: Floats, acquired: npt.NDArray[np.bool_], rows: Ints) -> Floats:
    """Give the templates of some passings: (R, K, D), zero where there is none."""
    return np.asarray(templates[rows] * (acquired[rows] & (rows != NO_SHOT))[..., None], np.float32)
