"""A gallery as long as a force's list: strangers that nobody looks like, and whoever is given."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from appliance.app import now, see
from appliance.custody import Law
from appliance.domain.deployment import Deployment
from provisioning.enrol import Entry, Portrait, draw_up, enrol, people
from provisioning.trial import EYES_PX, HERE, trial_authority, trial_terms

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.vision.eyes import Eyes

STRANGERS = 10_000
LIFE = timedelta(hours=12)
PURPOSE = "To measure how fast the appliance is"
SEED = 1


def strangers(dimension: int, count: int = STRANGERS) -> list[Entry]:
    """Make subjects with one random template each, of length 1: far from every face."""
    rows = np.random.default_rng(SEED).standard_normal((count, dimension), np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return [Entry(f"S-{i:05}", (Portrait(b"", row, 0.0),)) for i, row in enumerate(rows)]


def portraits(eyes: Eyes[Any], folder: Path | None) -> list[Entry]:
    """Enrol the pictures of a folder, one sub-folder or file for each person.

    Raises:
        InputError: nobody in it can be used.
    """
    if folder is None:
        return []
    entries, _ = enrol(people(folder), partial(see, eyes), lambda _done: None, EYES_PX)
    return entries


def make_law(entries: list[Entry], model_id: str) -> Law:
    """Make a list and an authority that are in force here. Unsigned: no van would believe them."""
    watchlist = draw_up(entries, trial_terms("bench", model_id, now(), LIFE))
    return Law(watchlist, Deployment(trial_authority(watchlist, PURPOSE), HERE))
