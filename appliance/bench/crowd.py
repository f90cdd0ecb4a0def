"""A gallery as long as a force's list: strangers that nobody looks like, and whoever is given."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from appliance.app import Law, now, see
from appliance.domain.deployment import Authority, Deployment, Place, Position
from appliance.domain.watchlist import Ground
from provisioning.enrol import Entry, Portrait, Terms, draw_up, enrol, people

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.domain.watchlist import Watchlist
    from appliance.vision.eyes import Eyes

STRANGERS = 10_000
LIFE = timedelta(hours=12)
EYES_PX = 20.0
"""Portraits of a bench may be small; the desk asks for 64 px."""
SEED = 1
HERE = Position(latitude_deg=0.0, longitude_deg=0.0)


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
    made_at = now()
    terms = Terms(
        watchlist_id="bench",
        model_id=model_id,
        made_at=made_at,
        expires_at=made_at + LIFE,
        ground=Ground.VOLUNTEER,
        reason="To measure how fast the appliance is",
        power="None",
        source="Made for the bench",
    )
    watchlist = draw_up(entries, terms)
    return Law(watchlist, Deployment(_authority(watchlist), HERE))


def _authority(watchlist: Watchlist) -> Authority:
    register = watchlist.register
    return Authority(
        deployment_id="bench",
        purpose="To measure how fast the appliance is",
        place=Place(name="Wherever this computer stands", centre=HERE, radius_m=100),
        starts_at=register.made_at,
        ends_at=register.expires_at,
        notice_published_at=register.made_at,
        authorising_officer="Nobody: this is a bench",
        watchlist_id=register.watchlist_id,
        maximum_subjects=len(register.subjects),
        threshold_floor=0.0,
    )
