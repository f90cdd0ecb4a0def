"""Who else runs: the loops that a user of OpenCV or InsightFace would write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from appliance.bench.crowd import strangers
from appliance.bench.insight import installed, open_insight
from appliance.bench.loop import Peer
from appliance.bench.opencv import open_opencv
from engines.packs import find, load_packs, search_path

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.bench.loop import Looker
    from appliance.bench.rig import Rig
    from engines.packs import Found

SPARES = ("mbf", "tiny")
"""Packs whose crops have the size that OpenCV cuts."""


def open_peers(rig: Rig, film: Path, most: int | None) -> dict[str, Peer]:
    """Load the peers that can run this pack here; a library that is not installed does not run.

    Args:
        rig: Whose networks they run.
        film: What they play.
        most: Frames that they play; None: all.

    Raises:
        MachineError: a network is there but is not the right one.
    """
    return {
        name: Peer(looker, _gallery(looker.dimension), film, most)
        for name, looker in _lookers(rig).items()
    }


def _lookers(rig: Rig) -> dict[str, Looker]:
    pack, vision = rig.eyes.pack, rig.settings.vision
    found = _published(pack.name, vision.models)
    if pack.detector.family != "yunet" or found is None:
        return {}
    spare = next(filter(None, (_published(name, vision.models) for name in SPARES)), None)
    lookers: dict[str, Looker] = {}
    if spare is not None:
        lookers["opencv"] = open_opencv(found, spare, vision.detect_width)
    if installed():
        lookers["insightface"] = open_insight(found)
    return lookers


def _published(name: str, folder: Path | None) -> Found | None:
    return find(load_packs()[name], search_path(folder), "tensorrt")


def _gallery(dimension: int) -> np.ndarray:
    return np.array([entry.templates[0] for entry in strangers(dimension)])
