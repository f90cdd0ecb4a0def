"""The list that films are watched with: who is to be found, and thousands of others beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from appliance.app import now
from appliance.custody import Law
from appliance.domain.deployment import Deployment
from appliance.domain.watchlist import Head, ListImage, Subject, Watchlist
from appliance.errors import InputError
from provisioning.desk.trial import HERE, trial_authority
from provisioning.trial import trial_terms

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from appliance.domain.face import Floats
    from appliance.evaluation.cohort import Cohort

    Rows = npt.NDArray[np.float32]

LIFE = timedelta(hours=23)
PURPOSE = "To measure who is found on films"
NEAR = 50
"""Who is made is the mean of somebody and one of so many who are most like them."""
BLOCK_ROWS = 512


@dataclass(frozen=True)
class Padding:
    """Entries of people who are on no film."""

    templates: Rows = field(repr=False)
    """(N, D), rows of length 1."""
    people: int
    """So many of them are people, each with one picture; the next are further pictures of them."""
    pictures: int
    """So many are of pictures; the rest is made."""


def pad(cohort: Cohort, count: int, seed: int = 1) -> Padding:
    """Make so many entries of people who are on no film.

    People come first, a picture of each; then their other pictures, as if those were others. What
    is still missing is made: the mean of somebody and of one of the NEAR people most like them,
    which lies where faces lie.

    Raises:
        InputError: there are too few people to make others of.
    """
    rows = np.flatnonzero(cohort.acquired)
    _, firsts = np.unique(cohort.owners[rows], return_index=True)
    others = np.setdiff1d(np.arange(len(rows)), firsts)
    order = rows[np.concatenate((firsts, others))][:count]
    true, people = cohort.templates[order], cohort.templates[rows[firsts]]
    made = _made(people, count - len(true), np.random.default_rng(seed))
    return Padding(np.concatenate((true, made)), min(len(people), count), len(true))


def _made(people: Rows, count: int, generator: np.random.Generator) -> Rows:
    pairs = _alike(people) if count else np.zeros((0, 2), np.int64)
    if len(pairs) < count:
        fault = "There are too few people to lengthen the list with."
        raise InputError(fault, mend="Name more pictures with --pad, or a shorter list.")
    one, other = generator.permutation(pairs)[:count].T
    made = people[one] + people[other]
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


def _alike(people: Rows) -> npt.NDArray[np.int64]:
    """Give each pair once of whom one is among the NEAR people most like the other: (M, 2)."""
    depth = min(NEAR, len(people) - 1)
    pairs: list[npt.NDArray[np.int64]] = []
    for start in range(0, len(people), BLOCK_ROWS):
        block = people[start : start + BLOCK_ROWS]
        here = np.arange(start, start + len(block))
        alike = block @ people.T
        alike[here - start, here] = -2.0
        near = np.argpartition(-alike, depth - 1, axis=1)[:, :depth] if depth else here[:, None]
        pairs.append(np.stack((np.repeat(here, near.shape[1]), near.ravel()), axis=1))
    every = np.sort(np.concatenate(pairs), axis=1)
    return np.unique(every[every[:, 0] < every[:, 1]], axis=0)


class Roster:
    """A list and an authority that are in force here. Unsigned: no van would believe them.

    Args:
        enrolled: By the subject's number: (n, D), one to three rows of length 1.
        padding: (N, D), one row for each further entry.
        model_id: Of the encoder.
    """

    def __init__(self, enrolled: Mapping[int, Floats], padding: Rows, model_id: str) -> None:
        made_at = now()
        self._head = Head(
            watchlist_id="films", model_id=model_id, made_at=made_at, expires_at=made_at + LIFE
        )
        sizes = [len(rows) for rows in enrolled.values()] + [1] * len(padding)
        names = [reference(subject) for subject in enrolled]
        names += [f"P-{number:06}" for number in range(len(padding))]
        entries = zip(names, sizes, strict=True)
        self._subjects = tuple(_subject(name, size, self._head) for name, size in entries)
        self._templates = np.concatenate([*enrolled.values(), padding])
        self._owners = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)

    def law(self) -> Law:
        """Give them anew: whoever looks destroys the list at the end."""
        head, subjects = self._head, self._subjects
        watchlist = Watchlist.of(head, subjects, self._templates.copy(), self._owners.copy())
        authority = trial_authority(head, len(subjects), PURPOSE)
        return Law(watchlist, Deployment(authority, HERE))


def reference(subject: int) -> str:
    """Name an entry by the subject's number."""
    return f"S-{subject:06}"


def _subject(name: str, images: int, head: Head) -> Subject:
    terms = trial_terms(head.expires_at)
    return Subject(
        reference=name,
        ground=terms.ground,
        reason=terms.reason,
        power=terms.power,
        reviewer=terms.reviewer,
        images=(ListImage(source=terms.source),) * images,
        expires_at=head.expires_at,
    )
