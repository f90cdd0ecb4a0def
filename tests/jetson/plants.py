"""Small networks as plans, on the GPU that the stand-in is."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from appliance.jetson.builder import Builder
from appliance.jetson.plans import find_plan
from appliance.workshop import Recipe
from engines.half import to_half
from tests.engines.networks import SMALL

if TYPE_CHECKING:
    from appliance.jetson.array import DeviceArray

ENCODER, DETECTOR = SMALL
MOST = {
    ENCODER: ((1, 3, 16, 16), (4, 3, 16, 16), (8, 3, 16, 16)),
    DETECTOR: ((1, 3, 32, 32), (1, 3, 32, 48), (3, 3, 64, 64)),
}
"""The sizes that each is built for."""
FORMS = {network: to_half(network.data) for network in SMALL}


def recipe(network) -> Recipe:
    sha256 = hashlib.sha256(network.data).hexdigest()
    return Recipe(network.name, FORMS[network], sha256, "fp16", MOST[network])


def nobody(what, share):
    pass


def plan_of(gpu, folder, network) -> bytes:
    """Build a plan, and read it back."""
    made = recipe(network)
    Builder(gpu, folder).build(made, nobody)
    return find_plan(folder, made.source_sha256, "fp16", gpu, checked=False).read_bytes()


def pixels(shape, seed=0) -> np.ndarray:
    """Random pictures of 0 to 255, as the kernels would leave them."""
    return np.random.default_rng(seed).uniform(0, 255, shape).astype(np.float16)


def put(gpu, array) -> DeviceArray:
    """Bring an array to the GPU."""
    view = gpu.allocate(array.shape, array.dtype)
    gpu.to_device(view, np.ascontiguousarray(array))
    gpu.wait()
    return view


def look(gpu, view) -> np.ndarray:
    """Bring what a view shows to numpy, when the stream has come so far."""
    copy = gpu.pinned(view.shape, view.kind)
    gpu.to_host(copy.host, view)
    gpu.wait()
    return copy.host
