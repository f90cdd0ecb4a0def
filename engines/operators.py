"""Which ONNX operators TensorRT 10 takes, and with what.

The list holds the operators of feed-forward networks on pictures; loops and sequences are left out
on purpose, though TensorRT takes some.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from onnx import NodeProto, TensorProto

    Known = Mapping[str, TensorProto]

ALLOWED = frozenset({
    "Abs", "Add", "And", "ArgMax", "ArgMin", "AveragePool", "BatchNormalization", "Cast", "Ceil",
    "Celu", "Clip", "Concat", "Constant", "ConstantOfShape", "Conv", "ConvTranspose", "Cos",
    "DepthToSpace", "DequantizeLinear", "Div", "Dropout", "Elu", "Equal", "Erf", "Exp", "Expand",
    "Flatten", "Floor", "Gather", "GatherElements", "GatherND", "Gelu", "Gemm", "GlobalAveragePool",
    "GlobalLpPool", "GlobalMaxPool", "Greater", "GreaterOrEqual", "GridSample",
    "GroupNormalization", "HardSigmoid", "HardSwish", "Identity", "InstanceNormalization",
    "LRN", "LayerNormalization", "LeakyRelu", "Less", "LessOrEqual", "Log", "LogSoftmax",
    "LpNormalization", "LpPool", "MatMul", "Max", "MaxPool", "Mean", "Min", "Mish", "Mod", "Mul",
    "Neg", "Not", "Or", "PRelu", "Pad", "Pow", "QuantizeLinear", "Range", "Reciprocal", "ReduceL1",
    "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin",
    "ReduceProd", "ReduceSum", "ReduceSumSquare", "Relu", "Reshape", "Resize", "Round", "Selu",
    "Shape", "Sigmoid", "Sign", "Sin", "Slice", "Softmax", "Softplus", "Softsign", "SpaceToDepth",
    "Split", "Sqrt", "Squeeze", "Sub", "Sum", "Tan", "Tanh", "ThresholdedRelu", "Tile", "TopK",
    "Transpose", "Unsqueeze", "Upsample", "Where",
})  # fmt: skip
AXES_AT = {"Squeeze": 1, "Unsqueeze": 1, "Pad": 3, "Slice": 3} | {
    name: 1 for name in ALLOWED if name.startswith("Reduce")
}
"""Where an operator has its axes, which must be fixed."""
WAYS = {
    "half_pixel", "pytorch_half_pixel", "tf_half_pixel_for_nn", "asymmetric", "align_corners",
}  # fmt: skip
NEAREST = {"floor", "ceil", "round_prefer_floor", "round_prefer_ceil"}
FLAT, SOLID = 2, 3


def restrictions(node: NodeProto, known: Known) -> Iterator[str]:
    """Say what TensorRT does not take of a node.

    Args:
        node: One of the graph's.
        known: The graph's weights.
    """
    given = {item.name: helper.get_attribute_value(item) for item in node.attribute}
    rule = RULES.get(node.op_type)
    if rule:
        yield from rule(node, given, known)
    place = AXES_AT.get(node.op_type)
    if place and len(node.input) > place and node.input[place] and node.input[place] not in known:
        yield "its axes are not fixed"


def _pool(node: NodeProto, given: Mapping[str, Any], known: Known) -> Iterator[str]:
    del known
    if len(given["kernel_shape"]) not in {FLAT, SOLID}:
        yield "it pools in another way than over 2 or 3 sides"
    if any(step != 1 for step in given.get("dilations", ())):
        yield "it pools with gaps"
    if len(node.output) > 1:
        yield "it gives indices"


def _resize(node: NodeProto, given: Mapping[str, Any], known: Known) -> Iterator[str]:
    del node, known
    words = {name: value.decode() for name, value in given.items() if isinstance(value, bytes)}
    mode = words.get("mode", "nearest")
    if mode not in {"nearest", "linear"}:
        yield f"its mode is {mode}"
    if words.get("coordinate_transformation_mode", "half_pixel") not in WAYS:
        yield "its coordinates are taken in another way"
    if mode == "nearest" and words.get("nearest_mode", "round_prefer_floor") not in NEAREST:
        yield "it rounds in another way"
    if given.get("antialias") or words.get("keep_aspect_ratio_policy", "stretch") != "stretch":
        yield "it smooths, or keeps the aspect"


def _quantise(node: NodeProto, given: Mapping[str, Any], known: Known) -> Iterator[str]:
    del given
    if node.input[1] not in known:
        yield "its scale is not fixed"
    zero = known.get(node.input[2]) if len(node.input) > FLAT else None
    if zero is not None and np.any(numpy_helper.to_array(zero)):
        yield "its zero is not at 0"


def _prelu(node: NodeProto, given: Mapping[str, Any], known: Known) -> Iterator[str]:
    del given
    if node.input[1] not in known:
        yield "its slopes are not fixed"


def _drop(node: NodeProto, given: Mapping[str, Any], known: Known) -> Iterator[str]:
    del given
    training = node.input[2] if len(node.input) > FLAT else ""
    if training and (training not in known or np.any(numpy_helper.to_array(known[training]))):
        yield "it is still in training"


RULES: dict[str, Callable[[NodeProto, Mapping[str, Any], Known], Iterator[str]]] = {
    "AveragePool": _pool,
    "DequantizeLinear": _quantise,
    "Dropout": _drop,
    "MaxPool": _pool,
    "PRelu": _prelu,
    "QuantizeLinear": _quantise,
    "Resize": _resize,
}
