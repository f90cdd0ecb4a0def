"""Who of a list is this: galleries drawn from the cohort, and every probe searched in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from appliance.evaluation.cohort import Cohort

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float32]

UNSEEN = np.float32(-2.0)
"""Below every score: a failure to acquire or to enrol finds nobody, and is found by nobody."""
PROBES = 5
"""Most probes of one subject: who has hundreds of pictures would be most of the result."""
OUTSIDE = 30
"""Fewer people beside the list say nothing about strangers."""
BLOCK_ROWS = 1_024


@dataclass(frozen=True)
class Drawn:
    """A list and who passes it: rows of the cohort."""

    gallery: Ints = field(repr=False)
    """Subject by subject."""
    mated: Ints = field(repr=False)
    non_mated: Ints = field(repr=False)


@dataclass(frozen=True)
class Searched:
    """What a search of all probes gave."""

    hits: Floats = field(repr=False)
    """(M,): of each mated probe the score with its own subject, if at rank 1; else UNSEEN."""
    mated_of: Ints = field(repr=False)
    strangers: Floats = field(repr=False)
    """(N,): highest score of each non-mated probe."""
    strangers_of: Ints = field(repr=False)
    unenrolled: int
    """Subjects of the list of whom no picture gave a template."""


def draw(cohort: Cohort, size: int, images: int, generator: np.random.Generator) -> Drawn | None:
    """Draw a list of so many subjects, with so many images of each.

    Who has more pictures than that is listed first, and is probed with the others; where they are
    too few the list is filled with people who do not pass.

    Returns:
        None where the cohort has too few people.
    """
    pictures = np.bincount(cohort.owners, minlength=cohort.subjects)
    probed = generator.permutation(np.flatnonzero(pictures > images))
    others = generator.permutation(np.flatnonzero((pictures > 0) & (pictures <= images)))
    people = np.concatenate((probed, others))
    if len(people) - size < OUTSIDE or not len(probed):
        return None
    listed = np.zeros(cohort.subjects, np.bool_)
    listed[people[:size]] = True
    place, on_list = _shuffled(cohort.owners, pictures, generator), listed[cohort.owners]
    return Drawn(
        np.flatnonzero(on_list & (place < images)),
        np.flatnonzero(on_list & (place >= images) & (place < images + PROBES)),
        np.flatnonzero(~on_list & (place < PROBES)),
    )


def _shuffled(owners: Ints, pictures: Ints, generator: np.random.Generator) -> Ints:
    """Give each picture a place among those of its subject, by chance."""
    mixed = generator.permutation(len(owners))
    order = mixed[np.argsort(owners[mixed], kind="stable")]
    starts = np.cumsum(pictures) - pictures
    place = np.empty(len(owners), np.int64)
    place[order] = np.arange(len(owners)) - np.repeat(starts, pictures)
    return place


def search(cohort: Cohort, drawn: Drawn) -> Searched:
    """Search every probe in the list; of several images of a subject the most alike counts."""
    owners = cohort.owners[drawn.gallery]
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    people = owners[starts]
    hits = [np.zeros(0, np.float32)]
    for rows in _blocks(drawn.mated):
        scores = _scores(cohort, rows, drawn.gallery, starts)
        own = scores[np.arange(len(rows)), np.searchsorted(people, cohort.owners[rows])]
        hits.append(np.where(own >= scores.max(axis=1), own, UNSEEN))
    strangers = [
        _scores(cohort, rows, drawn.gallery, starts).max(axis=1)
        for rows in _blocks(drawn.non_mated)
    ]
    enrolled = np.logical_or.reduceat(cohort.acquired[drawn.gallery], starts)
    return Searched(
        np.concatenate(hits),
        cohort.owners[drawn.mated],
        np.concatenate(strangers),
        cohort.owners[drawn.non_mated],
        int((~enrolled).sum()),
    )


def _blocks(rows: Ints) -> list[Ints]:
    return [rows[at : at + BLOCK_ROWS] for at in range(0, len(rows), BLOCK_ROWS)]


def _scores(cohort: Cohort, rows: Ints, gallery: Ints, starts: Ints) -> Floats:
    """Score probes against subjects: (R, subjects of the list)."""
    scores = cohort.templates[rows] @ cohort.templates[gallery].T
    scores[~cohort.acquired[rows]] = UNSEEN
    scores[:, ~cohort.acquired[gallery]] = UNSEEN
    return np.asarray(np.maximum.reduceat(scores, starts, axis=1), np.float32)
