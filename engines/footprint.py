"""How much memory a network needs, told from its graph."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from onnx import ModelProto, TensorProto, helper, shape_inference

if TYPE_CHECKING:
    from onnx import GraphProto, ValueInfoProto


@dataclass(frozen=True)
class Footprint:
    """Bytes at one size of input. TensorRT, which joins layers, needs about as much or less."""

    weight_bytes: int
    value_bytes: int
    """Most that is alive at once."""

    @property
    def total_bytes(self) -> int:
        """Both together."""
        return self.weight_bytes + self.value_bytes


def footprint(model: ModelProto, shape: tuple[int, ...]) -> Footprint | None:
    """Add up weights, and what is alive at once.

    Args:
        model: With one input.
        shape: Of the input.

    Returns:
        None where a size cannot be told.
    """
    sized = _sized(model, shape)
    weights = {tensor.name: _tensor_bytes(tensor) for tensor in sized.graph.initializer}
    values = (*sized.graph.value_info, *sized.graph.input, *sized.graph.output)
    sizes = {value.name: _bytes(value) for value in values if value.name not in weights}
    if any(size is None for size in sizes.values()):
        return None
    known = {name: size for name, size in sizes.items() if size is not None}
    return Footprint(sum(weights.values()), _peak(sized.graph, known))


def _sized(model: ModelProto, shape: tuple[int, ...]) -> ModelProto:
    copy = ModelProto()
    copy.CopyFrom(model)
    known = {tensor.name for tensor in copy.graph.initializer}
    (fed,) = (value for value in copy.graph.input if value.name not in known)
    for dim, n in zip(fed.type.tensor_type.shape.dim, shape, strict=True):
        dim.dim_value = n
    for value in copy.graph.output:
        value.type.tensor_type.ClearField("shape")
    del copy.graph.value_info[:]
    return shape_inference.infer_shapes(copy, data_prop=True)


def _peak(graph: GraphProto, sizes: dict[str, int]) -> int:
    """Walk through the graph and let go of each value after its last use."""
    outputs = {value.name for value in graph.output}
    last = {name: place for place, node in enumerate(graph.node) for name in node.input}
    alive = sum(sizes.get(value.name, 0) for value in graph.input)
    most = alive
    for place, node in enumerate(graph.node):
        alive += sum(sizes.get(name, 0) for name in node.output)
        most = max(most, alive)
        done = {name for name in node.input if last[name] == place} - outputs
        alive -= sum(sizes.get(name, 0) for name in done)
    return most


def _bytes(value: ValueInfoProto) -> int | None:
    kind = value.type.tensor_type
    if not kind.HasField("shape") or not all(dim.dim_value for dim in kind.shape.dim):
        return None
    return int(prod(dim.dim_value for dim in kind.shape.dim)) * _item_bytes(kind.elem_type)


def _tensor_bytes(tensor: TensorProto) -> int:
    return int(prod(tensor.dims)) * _item_bytes(tensor.data_type)


def _item_bytes(kind: int) -> int:
    return int(helper.tensor_dtype_to_np_dtype(kind).itemsize)
