"""Templates along the axes, and probes at a chosen cosine from them."""

from __future__ import annotations

import math

import numpy as np

from appliance.domain.deployment import Position

HERE = Position(latitude_deg=51.5, longitude_deg=-0.1)
AXES = np.eye(4, dtype=np.float32)


def like(score: float, axis: int = 0) -> np.ndarray:
    """A probe that has this cosine with a template, and none with the others."""
    probe = np.zeros(4, np.float32)
    probe[axis], probe[3] = score, math.sqrt(1 - score * score)
    return probe
