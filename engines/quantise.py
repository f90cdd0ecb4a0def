"""The INT8 form of a network: 8 bits where that costs next to nothing, float16 for the rest.

A convolution is quantised by a QuantizeLinear and a DequantizeLinear before its input and its
weights, symmetric, weights channel by channel: the form that TensorRT fuses. How far an input
reaches is read from pictures, and what each layer alone would cost is measured on them; layers are
taken, cheapest first, until their costs add up to what is allowed. Of the pictures only these
ranges stay.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper, version_converter

from appliance.errors import InputError
from engines.half import fold_norms, load_network, sensitive, to_half

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy.typing as npt
    from onnx import NodeProto

    from appliance.domain.face import Floats

    Run = Callable[[Floats], Mapping[str, Floats]]
    Open = Callable[[bytes], Run]
    """Loads a float32 ONNX on the processor, as `host.compute.Session` does."""
    Tell = Callable[[str, float], None]

OPSET = 19
"""The first whose scales may be float16."""
LEVELS = 127
BINS = 2048
LEAST_CLIP = BINS // 16
ALLOWED = 0.003
"""Share of the output's energy that all quantised layers together may cost, as if each stood alone.
A template's cosine then stays near 1 - ALLOWED / 2."""
LEAST_SCALE = float(np.finfo(np.float16).tiny)
MEND = "Give --calibrate a folder with at least 16 pictures of faces."


def to_int8(data: bytes, batches: Sequence[Floats], open_network: Open, tell: Tell) -> bytes:
    """Make the INT8 form of a network.

    Args:
        data: ONNX with one float32 input.
        batches: Inputs of real pictures, made as the pipeline makes them.
        open_network: Loads an ONNX on the processor.
        tell: Is given what is being done, and how much of it is done, 0 to 1.

    Returns:
        ONNX with its input in float16 and its outputs in float32.

    Raises:
        InputError: it is no such network, there are no pictures, or they give no numbers.
    """
    if not batches:
        raise InputError("There are no pictures to calibrate with.", mend=MEND)
    model = load_network(data)
    fold_norms(model.graph)
    if model.opset_import[0].version < OPSET:
        model = version_converter.convert_version(model, OPSET)
    layers = _layers(model)
    ranges = _ranges(model, {node.input[0] for node in layers}, batches, open_network, tell)
    trial = _Trial(model, ranges, batches, open_network)
    costs: list[tuple[float, str]] = []
    for done, node in enumerate(layers):
        tell("trying layers", done / len(layers))
        costs.append((trial.cost(node.output[0]), node.output[0]))
    chosen = _cheapest(costs)
    return to_half(quantised(model, chosen, ranges).SerializeToString())


def _layers(model: ModelProto) -> list[NodeProto]:
    weights = {tensor.name for tensor in model.graph.initializer}
    kept = sensitive(model.graph)
    return [
        node
        for node in model.graph.node
        if node.op_type == "Conv" and node.input[1] in weights and node.output[0] not in kept
    ]


def _cheapest(costs: Sequence[tuple[float, str]]) -> set[str]:
    chosen: set[str] = set()
    total = 0.0
    for cost, name in sorted(costs):
        total += cost
        if not total <= ALLOWED:
            break
        chosen.add(name)
    return chosen


def quantised(model: ModelProto, chosen: set[str], ranges: Mapping[str, float]) -> ModelProto:
    """Copy a network with some convolutions quantised.

    Args:
        model: In float32, of opset 19 or later.
        chosen: What those convolutions give, by name.
        ranges: How far each of their inputs reaches.
    """
    copy = ModelProto()
    copy.CopyFrom(model)
    graph = _Quantising(copy)
    nodes = list(copy.graph.node)
    del copy.graph.node[:]
    for node in nodes:
        if node.output[0] in chosen:
            value, kernel = node.input[:2]
            node.input[0] = graph.grained(value, np.array(ranges[value], np.float32))
            node.input[1] = graph.grained_kernel(kernel)
        copy.graph.node.append(node)
    return copy


@dataclass
class _Quantising:
    """Puts pairs of nodes before what is quantised, each value once."""

    model: ModelProto
    done: dict[str, str] = field(default_factory=dict)

    def grained_kernel(self, name: str) -> str:
        (tensor,) = (t for t in self.model.graph.initializer if t.name == name)
        kernel = np.abs(numpy_helper.to_array(tensor))
        return self.grained(name, kernel.max(axis=tuple(range(1, kernel.ndim))))

    def grained(self, name: str, reach: Floats) -> str:
        if name in self.done:
            return self.done[name]
        # As the float16 form will hold it, so that what is measured here is what is built.
        scale = np.maximum(reach / LEVELS, LEAST_SCALE).astype(np.float16).astype(np.float32)
        zero = np.zeros(scale.shape, np.int8)
        given = [f"{name}.scale", f"{name}.zero"]
        self.model.graph.initializer.extend(
            [
                numpy_helper.from_array(scale, given[0]),
                numpy_helper.from_array(zero, given[1]),
            ]
        )
        coarse, grained = f"{name}.int8", f"{name}.grained"
        # The axis counts only where there is a scale for each channel.
        first = helper.make_node("QuantizeLinear", [name, *given], [coarse], axis=0)
        second = helper.make_node("DequantizeLinear", [coarse, *given], [grained], axis=0)
        self.model.graph.node.extend([first, second])
        self.done[name] = grained
        return grained


class _Trial:
    """Measures what one quantised layer changes in the outputs."""

    def __init__(
        self,
        model: ModelProto,
        ranges: Mapping[str, float],
        batches: Sequence[Floats],
        open_network: Open,
    ) -> None:
        self._model, self._ranges, self._batches = model, ranges, batches
        self._open = open_network
        self._truth = list(self._outputs(model))
        self._energy = sum(float(np.square(out).sum()) for out in self._truth)
        if not (np.isfinite(self._energy) and self._energy > 0):
            raise InputError("The network gives no numbers for these pictures.", mend=MEND)

    def cost(self, layer: str) -> float:
        """Give the lost share of the outputs' energy; infinite where it gives no numbers."""
        outputs = self._outputs(quantised(self._model, {layer}, self._ranges))
        pairs = zip(outputs, self._truth, strict=True)
        lost = sum(float(np.square(out - truth).sum()) for out, truth in pairs)
        return lost / self._energy if np.isfinite(lost) else float("inf")

    def _outputs(self, model: ModelProto) -> Iterator[Floats]:
        run = self._open(model.SerializeToString())
        for batch in self._batches:
            yield from run(batch).values()


def _ranges(
    model: ModelProto,
    names: set[str],
    batches: Sequence[Floats],
    open_network: Open,
    tell: Tell,
) -> dict[str, float]:
    """Find how far each value reaches, so that rounding and cutting together cost least."""
    probe = ModelProto()
    probe.CopyFrom(model)
    (fed,) = (v.name for v in model.graph.input if v.name not in _weights(model))
    inner = sorted(names - {value.name for value in model.graph.output} - {fed})
    probe.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in inner
    )
    run = open_network(probe.SerializeToString())

    def values() -> Iterator[tuple[str, Floats]]:
        for done, batch in enumerate(batches):
            tell("reading ranges", done / len(batches))
            seen = {**run(batch), fed: batch}
            yield from ((name, np.abs(seen[name])) for name in names)

    most = dict.fromkeys(names, 0.0)
    for name, value in values():
        most[name] = max(most[name], float(value.max()))
    counts = {name: np.zeros(BINS) for name in names}
    for name, value in values():
        counts[name] += np.histogram(value, BINS, (0.0, most[name] or 1.0))[0]
    return {name: best_clip(counts[name]) * most[name] for name in names}


def _weights(model: ModelProto) -> set[str]:
    return {tensor.name for tensor in model.graph.initializer}


def best_clip(counts: npt.NDArray[np.float64]) -> float:
    """Choose at which share of the largest value to cut, by least squared error.

    Args:
        counts: A histogram of absolute values, from 0 to the largest.
    """
    middles = (np.arange(BINS) + 0.5) / BINS
    clips = np.arange(LEAST_CLIP, BINS + 1, 8) / BINS
    steps = clips[:, None] / LEVELS
    kept = np.minimum(np.rint(middles / steps), LEVELS) * steps
    errors = (counts * np.square(middles - kept)).sum(axis=1)
    return float(clips[errors.argmin()])
