"""What one run of a network costs, counted layer by layer in its ONNX file."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from appliance.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import onnx

Shape = tuple[int, ...]
LAYERS = ("Conv", "ConvTranspose", "Gemm", "MatMul")
"""All else is a thousandth of the work, and TensorRT does it in the same pass over memory."""


@dataclass(frozen=True)
class Cost:
    """Of one run with one picture or face."""

    macs: int
    """Multiplications with their additions: 2 FLOPs each."""
    weights: int
    """Numbers in the layers' kernels."""
    activations: int
    """Numbers that the layers read and write, each on its own, as if none stayed in a cache."""
    layers: int


def count(file: Path, shape: Shape) -> Cost:
    """Count what a network costs.

    Args:
        file: Its ONNX file.
        shape: Of its one input, the batch first.

    Raises:
        InputError: it is no network, does not take the shape, or a layer's size stays unknown.
    """
    try:
        graph = _infer(file, shape)
        sizes = _sizes(graph)
        costs = [_layer(node, sizes) for node in graph.node if node.op_type in LAYERS]
    except Exception as error:  # onnx and protobuf share no base but this one
        raise InputError(
            f"{file.name} cannot be counted for {'x'.join(map(str, shape))}.",
            mend="Give the shape of its input, and a network that `lfr engines lint` accepts.",
        ) from error
    return Cost(
        macs=sum(cost.macs for cost in costs),
        weights=sum(cost.weights for cost in costs),
        activations=sum(cost.activations for cost in costs),
        layers=len(costs),
    )


def _infer(file: Path, shape: Shape) -> onnx.GraphProto:
    import onnx  # noqa: PLC0415 - only who counts needs it
    from onnx import shape_inference  # noqa: PLC0415

    model = onnx.load(file)
    dims = model.graph.input[0].type.tensor_type.shape.dim
    for dim, length in zip(dims, shape, strict=True):
        if dim.HasField("dim_value") and dim.dim_value != length:
            raise ValueError("the network takes another shape")
        dim.dim_value = length
    # What the file says of shapes in between may still speak of its own batch.
    del model.graph.value_info[:]
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    return shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph


def _sizes(graph: onnx.GraphProto) -> Mapping[str, Shape]:
    known = [*graph.input, *graph.value_info, *graph.output]
    sizes = {v.name: tuple(d.dim_value for d in v.type.tensor_type.shape.dim) for v in known}
    return sizes | {weights.name: tuple(weights.dims) for weights in graph.initializer}


def _layer(node: onnx.NodeProto, sizes: Mapping[str, Shape]) -> Cost:
    given, kernel, made = sizes[node.input[0]], sizes[node.input[1]], sizes[node.output[0]]
    if not all((*given, *kernel, *made)):
        raise ValueError("a layer's size is not known")
    # Each output of a convolution sums one kernel, each input of a transposed one spreads one.
    if node.op_type == "Conv":
        macs = prod(made) * prod(kernel[1:])
    elif node.op_type == "ConvTranspose":
        macs = prod(given) * prod(kernel[1:])
    else:
        macs = prod(made) * _inner(node, given)
    return Cost(macs, prod(kernel), prod(given) + prod(made), 1)


def _inner(node: onnx.NodeProto, given: Shape) -> int:
    turned = any(a.name == "transA" and a.i for a in node.attribute)
    return given[0] if turned else given[-1]
