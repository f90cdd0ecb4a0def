"""A crowd of templates: each person has a direction, and each picture strays a little from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from appliance.domain.face import Faces
from appliance.evaluation.cohort import Cohort
from appliance.evaluation.comparisons import compare
from appliance.evaluation.degradation import Lists
from appliance.evaluation.gaze import FAILURES
from appliance.evaluation.sightings import Sightings
from tests.painted import POINTS

DIMENSION = 16
THRESHOLD = 0.6
"""In operation, of the crowd."""
LISTS = Lists(size=20, draws=3, seed=4)


def unheard(*_):
    """Listen to no progress."""


@dataclass(frozen=True)
class Crowd:
    people: int
    pictures: int
    stray: float = 0.12
    """Of each number of a template."""
    alike: float = 0.0
    """How much everybody resembles everybody."""
    seed: int = 3

    def cohort(self, failed=(), groups=None):
        """Look at everybody; the pictures at some places have failed."""
        generator = np.random.default_rng(self.seed)
        faces = generator.normal(0, 1, (self.people, DIMENSION))
        faces += self.alike * generator.normal(0, 1, DIMENSION)
        faces /= np.linalg.norm(faces, axis=1, keepdims=True)
        owners = np.repeat(np.arange(self.people), self.pictures)
        rows = faces[owners] + generator.normal(0, self.stray, (len(owners), DIMENSION))
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        acquired = np.ones(len(owners), np.bool_)
        acquired[list(failed)] = False
        rows[~acquired] = 0
        values = tuple("FM"[person % 2] for person in range(self.people))
        failures = dict.fromkeys(FAILURES, 0) | {"undetected": len(failed)}
        return Cohort(
            rows.astype(np.float32),
            owners.astype(np.int64),
            acquired,
            self.people,
            {"sex": values} if groups is None else groups,
            failures,
            0,
            (40.0, 43.0, 45.0),
        )


def every_pair(cohort):
    """Compare by hand: the scores of mated pairs, and of the others."""
    rows = np.flatnonzero(cohort.acquired)
    mated, others = [], []
    for place, one in enumerate(rows):
        for other in rows[place + 1 :]:
            score = float(cohort.templates[one] @ cohort.templates[other])
            same = cohort.owners[one] == cohort.owners[other]
            (mated if same else others).append(score)
    return np.array(mated), np.array(others)


def compared(cohort, threshold=0.6):
    return compare(cohort, threshold, unheard)


def sights(templates, width_px=60.0, norms=None):
    """Everybody is seen alike, but for the template."""
    count = len(templates)
    boxes = np.tile(np.array([0, 0, width_px, width_px], np.float32), (count, 1))
    marks = np.tile(POINTS * np.float32(width_px), (count, 1, 1))
    found = templates.any(axis=1)
    faces = Faces(boxes * found[:, None], marks, np.full(count, 0.9, np.float32))
    gauged = np.tile(np.array([100, 120], np.float32), (count, 1))
    norms = np.ones(count, np.float32) if norms is None else norms
    return Sightings(templates.astype(np.float32), norms, faces, gauged)


def strayed(cohort, stray, seed=8):
    """Spoil every template by so much."""
    generator = np.random.default_rng(seed)
    rows = cohort.templates + generator.normal(0, stray, cohort.templates.shape)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
