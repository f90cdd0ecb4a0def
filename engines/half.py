"""The fp16 form of a network: what TensorRT is built from, since it takes types as they stand.

The input and nearly all of the network become float16. What stays float32: the last convolution or
matrix of every path with all that follows it, since a template's direction and a box's size are
decided there at next to no cost; operators that sum or raise; weights that float16 cannot hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper, shape_inference

from appliance.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt
    from onnx import GraphProto, ModelProto, NodeProto

FLOAT = int(TensorProto.FLOAT)
HALF = int(TensorProto.FLOAT16)
MATRICES = ("Conv", "ConvTranspose", "Gemm", "MatMul")
SUMMING = frozenset({
    "BatchNormalization", "Exp", "InstanceNormalization", "LayerNormalization", "Log", "LogSoftmax",
    "LpNormalization", "Pow", "Reciprocal", "ReduceL1", "ReduceL2", "ReduceLogSum",
    "ReduceLogSumExp", "ReduceMean", "ReduceProd", "ReduceSum", "ReduceSumSquare", "Softmax",
    "Sqrt",
})  # fmt: skip
ALWAYS_FLOAT = frozenset({("Resize", 1), ("Resize", 2), ("Upsample", 1)})
"""Inputs that ONNX knows as float32 only, by operator and place."""
LARGEST = float(np.finfo(np.float16).max)
SMALLEST = float(np.finfo(np.float16).tiny)
MEND = "Look at the network with `lfr engines lint`."


def to_half(data: bytes) -> bytes:
    """Make the fp16 form of a network.

    Args:
        data: ONNX with one input, in float32.

    Returns:
        ONNX of the same opset, with its input in float16 and its outputs in float32.

    Raises:
        InputError: it is no such network.
    """
    model = load_network(data)
    fold_norms(model.graph)
    _Halving(model)()
    del model.graph.value_info[:]  # they tell the old types
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def load_network(data: bytes) -> ModelProto:
    """Read a network of one float32 input, without branches.

    Raises:
        InputError: it is none.
    """
    try:
        model = onnx.load_model_from_string(data)
        model = shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    except Exception as error:  # protobuf's and ONNX's errors share no base but this one
        raise InputError("The network is no ONNX that can be read.", mend=MEND) from error
    graph = model.graph
    known = {tensor.name for tensor in graph.initializer}
    fed = [value for value in graph.input if value.name not in known]
    if [value.type.tensor_type.elem_type for value in fed] != [FLOAT]:
        raise InputError("The network has not one float32 input.", mend=MEND)
    if any(item.HasField("g") or item.graphs for node in graph.node for item in node.attribute):
        raise InputError("The network has branches or loops.", mend=MEND)
    return model


def fold_norms(graph: GraphProto) -> None:
    """Multiply a batch normalisation into the convolution before it, in double precision.

    In float16 its variances would lose what they are for.
    """
    makers = {name: node for node in graph.node for name in node.output}
    uses = [name for node in graph.node for name in node.input]
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in list(graph.node):
        maker = makers.get(node.input[0]) if node.op_type == "BatchNormalization" else None
        if maker is None or maker.op_type != "Conv" or uses.count(node.input[0]) > 1:
            continue
        if not {*node.input[1:], *maker.input[1:]} <= weights.keys():
            continue
        _fold(graph, maker, node, weights)
        maker.output[0] = node.output[0]
        graph.node.remove(node)
    drop_unused(graph)


def drop_unused(graph: GraphProto) -> None:
    """Leave out the weights that no node reads any more."""
    used = {name for node in graph.node for name in node.input}
    weights = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(weights)


def _fold(
    graph: GraphProto, conv: NodeProto, norm: NodeProto, weights: dict[str, npt.NDArray[np.float32]]
) -> None:
    scale, shift, mean, variance = (weights[name].astype(np.float64) for name in norm.input[1:])
    epsilon = next((item.f for item in norm.attribute if item.name == "epsilon"), 1e-5)
    gain = scale / np.sqrt(variance + epsilon)
    kernel = weights[conv.input[1]]
    bias = weights[conv.input[2]].astype(np.float64) if len(conv.input) > 2 else 0.0  # noqa: PLR2004
    folded = {
        f"{norm.output[0]}.kernel": kernel * gain.reshape(-1, *[1] * (kernel.ndim - 1)),
        f"{norm.output[0]}.bias": shift + (bias - mean) * gain,
    }
    for name, array in folded.items():
        graph.initializer.append(numpy_helper.from_array(array.astype(np.float32), name))
    conv.input[:] = [conv.input[0], *folded]


def sensitive(graph: GraphProto) -> set[str]:
    """Name the values whose making stays float32."""
    wide = {tensor.name for tensor in graph.initializer if _too_wide(tensor)}
    outputs = {value.name for value in graph.output}
    leads: set[str] = set()
    """Values from which a convolution or matrix can still be reached."""
    kept: set[str] = set()
    for node in reversed(graph.node):
        made = set(node.output)
        late = not made & leads
        if not late or node.op_type in MATRICES:
            leads |= set(node.input)
        if late or node.op_type in SUMMING or made & outputs or wide & set(node.input):
            kept |= made
    return kept


def _too_wide(tensor: TensorProto) -> bool:
    if tensor.data_type != FLOAT:
        return False
    largest = float(np.abs(numpy_helper.to_array(tensor)).max(initial=0.0))
    return largest > LARGEST or 0 < largest < SMALLEST


class _Halving:
    """Goes through a graph once, in order, and puts a Cast wherever the type changes."""

    def __init__(self, model: ModelProto) -> None:
        self._graph = model.graph
        self._kept = sensitive(model.graph)
        self._weights = {tensor.name: tensor for tensor in model.graph.initializer}
        values = (*model.graph.value_info, *model.graph.output, *model.graph.input)
        self._types = {value.name: value.type.tensor_type.elem_type for value in values}
        self._types |= {name: tensor.data_type for name, tensor in self._weights.items()}
        self._now: dict[str, int] = {}
        """Type of each float value in the form."""
        self._other: dict[str, str] = {}
        """The same value in the other type."""
        self._nodes: list[NodeProto] = []

    def __call__(self) -> None:
        for value in self._graph.input:
            if value.name not in self._weights:
                value.type.tensor_type.elem_type = HALF
                self._now[value.name] = HALF
        for node in self._graph.node:
            self._turn(node)
        del self._graph.node[:]
        self._graph.node.extend(self._nodes)
        drop_unused(self._graph)

    def _turn(self, node: NodeProto) -> None:
        kept = node.op_type == "Constant" or node.output[0] in self._kept
        for place, name in enumerate(node.input):
            if self._types.get(name) == FLOAT:
                plain = kept or (node.op_type, place) in ALWAYS_FLOAT
                node.input[place] = self._as(name, FLOAT if plain else HALF)
        for name in node.output:
            if self._types.get(name) == FLOAT:
                self._now[name] = FLOAT if kept else HALF
        if node.op_type == "Cast" and not kept:
            (to,) = (item for item in node.attribute if item.name == "to")
            to.i = HALF if to.i == FLOAT else to.i
        self._nodes.append(node)

    def _as(self, name: str, wanted: int) -> str:
        if wanted == self._now.get(name, FLOAT):
            return name
        if name not in self._other:
            self._other[name] = self._cast(name, wanted)
        return self._other[name]

    def _cast(self, name: str, wanted: int) -> str:
        other = f"{name}.{'half' if wanted == HALF else 'float'}"
        if name in self._weights:
            array = numpy_helper.to_array(self._weights[name]).astype(np.float16)
            self._graph.initializer.append(numpy_helper.from_array(array, other))
        else:
            self._nodes.append(helper.make_node("Cast", [name], [other], to=wanted))
        return other
