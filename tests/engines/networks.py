"""Small networks with all that the real ones have in them, and the real ones where they are."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from engines import packs

if TYPE_CHECKING:
    from engines.packs import Found

NAMES = ("retail", "mbf", "zoo", "tiny")


class Sketch:
    """A graph that is drawn node by node; weights come from a seed."""

    def __init__(self, seed: int = 1) -> None:
        self.nodes, self.weights = [], []
        self._random = np.random.default_rng(seed)
        self._numbers = count()

    def weight(self, *shape: int, scale: float = 1.0) -> str:
        """Draw weights as large as keeps the values' spread."""
        spread = scale / max(np.sqrt(np.prod(shape[1:])), 1)
        return self.constant(self._random.normal(0, spread, shape).astype(np.float32))

    def constant(self, array: np.ndarray) -> str:
        name = f"w{next(self._numbers)}"
        self.weights.append(numpy_helper.from_array(array, name))
        return name

    def __call__(self, kind: str, *given: str, out: str = "", **how) -> str:
        name = out or f"v{next(self._numbers)}"
        self.nodes.append(helper.make_node(kind, [*given], [name], name=f"{kind}.{name}", **how))
        return name

    def norm(self, value: str, channels: int) -> str:
        """Normalise a batch, with variances of several magnitudes."""
        spread = np.geomspace(1e-4, 50, channels).astype(np.float32)
        shift = self._random.normal(0, 1, channels).astype(np.float32)
        given = (np.sqrt(spread), shift, shift, spread)
        return self("BatchNormalization", value, *map(self.constant, given))

    def model(self, fed: tuple, outputs: dict[str, tuple], opset: int = 13) -> bytes:
        given = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, fed)
        told = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, shape in outputs.items()
        ]
        graph = helper.make_graph(self.nodes, "sketch", [given], told, self.weights)
        opsets = [helper.make_opsetid("", opset)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
        onnx.checker.check_model(model, full_check=True)
        return model.SerializeToString()


def small_encoder(opset: int = 13) -> bytes:
    """Crops of 16 px to templates of 8 numbers: normalisation, PReLU, a gate, a shortcut."""
    s = Sketch()
    x = s("Conv", "pixels", s.weight(8, 3, 3, 3, scale=0.02), pads=[1] * 4, strides=[2, 2])
    x = s("PRelu", s.norm(x, 8), s.weight(8, 1, 1))
    y = s("Conv", x, s.weight(8, 1, 3, 3), s.weight(8), pads=[1] * 4, group=8)
    gate = s("Sigmoid", s("Conv", s("GlobalAveragePool", y), s.weight(8, 8, 1, 1)))
    x = s("Add", s("Mul", y, gate), x)
    x = s("Flatten", s("Conv", x, s.weight(4, 8, 1, 1)))
    s("Gemm", x, s.weight(8, 256), s.weight(8), transB=1, out="template")
    return s.model(("batch", 3, 16, 16), {"template": ("batch", 8)}, opset)


def small_detector(opset: int = 11) -> bytes:
    """Pictures of any size to scores and boxes of each cell of 4 px."""
    s = Sketch(2)
    x = s("Conv", "pixels", s.weight(8, 3, 3, 3, scale=0.02), pads=[1] * 4, strides=[2, 2])
    fine = s("MaxPool", s("Relu", x), kernel_shape=[2, 2], strides=[2, 2])
    coarse = s("MaxPool", fine, kernel_shape=[2, 2], strides=[2, 2])
    scales = s.constant(np.array([1, 1, 2, 2], np.float32))
    large = s("Resize", coarse, s.constant(np.zeros(0, np.float32)), scales, mode="nearest")
    x = s("Add", fine, large)
    for name, channels in (("cls", 1), ("box", 4)):
        y = s("Conv", x, s.weight(channels, 8, 1, 1), s.weight(channels))
        y = s("Transpose", y, perm=[0, 2, 3, 1])
        y = s("Reshape", y, s.constant(np.array([0, -1, channels], np.int64)))
        s("Sigmoid" if name == "cls" else "Identity", y, out=name)
    shapes = {"cls": ("batch", "cells", 1), "box": ("batch", "cells", 4)}
    return s.model(("batch", 3, "height", "width"), shapes, opset)


def small_wary(side: int = 16) -> bytes:
    """Crops to three probabilities, by the colours of all of it."""
    s = Sketch(4)
    x = s("Relu", s("Conv", "pixels", s.weight(8, 3, 3, 3, scale=0.05), strides=[2, 2]))
    x = s("Flatten", s("GlobalAveragePool", x))
    s("Softmax", s("Gemm", x, s.weight(3, 8), s.weight(3), transB=1), out="prob")
    return s.model(("batch", 3, side, side), {"prob": ("batch", 3)})


@dataclass(frozen=True)
class Network:
    """A network, and a size of its input."""

    name: str
    data: bytes
    shape: tuple[int, ...]

    def batches(self, number: int = 2) -> list[np.ndarray]:
        """Draw soft random pictures, from 0 to 255."""
        random = np.random.default_rng(3)
        return [random.uniform(0, 255, self.shape).astype(np.float32) for _ in range(number)]


SMALL = (
    Network("small encoder", small_encoder(), (4, 3, 16, 16)),
    Network("small detector", small_detector(), (2, 3, 32, 48)),
)


def real_packs() -> list[Found]:
    """The packs whose files are here, in the form for TensorRT."""
    known = packs.load_packs()
    found = (packs.find(known[name], packs.search_path(None), "tensorrt") for name in NAMES)
    return [one for one in found if one]


def real() -> tuple[Network, ...]:
    """The networks that a Jetson takes, of the packs that are here."""
    networks = {}
    for found in real_packs():
        side = found.pack.encoder.side
        wide, high = found.pack.detector.fixed or (320, 192)
        networks[found.detector] = (1, 3, high, wide)
        networks[found.encoder] = (found.pack.encoder.batch or 4, 3, side, side)
    return tuple(Network(f.stem, f.read_bytes(), shape) for f, shape in networks.items())
