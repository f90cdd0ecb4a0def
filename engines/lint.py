"""`lfr engines lint`: what TensorRT or a Jetson would not take of a network, said before any GPU.

Nothing here parses as TensorRT does: that runs on a van only. It is what can be known beforehand,
from the importer's documentation for TensorRT 10.0 and 10.1 (operators.md of onnx-tensorrt), which
later releases only widened.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

import onnx
from onnx import TensorProto, shape_inference
from rich.text import Text

from appliance.errors import InputError
from engines.footprint import footprint
from engines.operators import ALLOWED, restrictions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from onnx import GraphProto, ModelProto
    from rich.console import Console

OPSETS = range(9, 21)
FLOAT, HALF = int(TensorProto.FLOAT), int(TensorProto.FLOAT16)
KINDS = {
    int(TensorProto.INT8), int(TensorProto.INT32), int(TensorProto.INT64), int(TensorProto.BOOL),
    FLOAT, HALF,
}  # fmt: skip
PICTURE_AXES = 4
SIDES = (2, 3)
COLOURS = 3
MACHINES = {"Orin Nano": 8, "Orin NX": 16, "AGX Orin": 64, "Thor": 128}
"""GB that processor and GPU share, of the smallest module with 8 GB or more."""
SHARE = 1 / 8
"""Of a machine's memory, for one network: there are Linux, the cameras and the list besides."""


@dataclass(frozen=True)
class Finding:
    """Something that stands in the way, or is worth knowing."""

    network: str
    level: Literal["wrong", "note"]
    what: str
    mend: str


def lint(name: str, data: bytes, largest: tuple[int, ...] | None = None) -> list[Finding]:
    """Look at one network.

    Args:
        name: What it is called in the findings.
        data: ONNX.
        largest: The largest input that it will be built for; without it, memory is not looked at.
    """
    try:
        model = onnx.load_model_from_string(data)
        onnx.checker.check_model(model, full_check=True)
        model = shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    except Exception as error:  # noqa: BLE001 - protobuf's and ONNX's share no other base
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        return [Finding(name, "wrong", f"is no valid ONNX ({reason})", "Export it again.")]
    ports = list(_ports(model.graph))
    sound = all(level == "note" for level, _, _ in ports)
    told = [
        *_opset(model), *_operators(model), *_types(model.graph), *ports, *_rewritten(model.graph),
        *(_memory(model, largest) if largest and sound else ()),
    ]  # fmt: skip
    return [Finding(name, level, what, mend) for level, what, mend in dict.fromkeys(told)]


def require_clean(name: str, data: bytes, largest: tuple[int, ...]) -> None:
    """Refuse a network that TensorRT would not take, before minutes are spent on it.

    Raises:
        InputError: something is wrong with it; the first thing is named.
    """
    wrong = [finding for finding in lint(name, data, largest) if finding.level == "wrong"]
    if wrong:
        raise InputError(f"{name} {wrong[0].what}.", mend=wrong[0].mend)


def render(findings: Sequence[Finding], console: Console, *, as_json: bool = False) -> None:
    """Print one line for each finding, with the mend; or all as JSON."""
    if as_json:
        console.print_json(data=[asdict(finding) for finding in findings])
        return
    for finding in findings:
        style = "red" if finding.level == "wrong" else "yellow"
        line = Text(f"{finding.network} {finding.what}. {finding.mend}", style=style)
        console.print(line, soft_wrap=True)
    if not findings:
        console.print("Nothing stands in TensorRT's way, as far as that can be told here.")


Told = tuple[Literal["wrong", "note"], str, str]


def _opset(model: ModelProto) -> Iterator[Told]:
    for item in model.opset_import:
        if item.domain in {"", "ai.onnx"} and item.version not in OPSETS:
            mend = f"Convert it to opset {OPSETS[0]} to {OPSETS[-1]} with onnx.version_converter."
            yield "wrong", f"is of opset {item.version}", mend


def _operators(model: ModelProto) -> Iterator[Told]:
    known = {tensor.name: tensor for tensor in model.graph.initializer}
    known |= {
        node.output[0]: node.attribute[0].t
        for node in model.graph.node
        if node.op_type == "Constant" and node.attribute[0].name == "value"
    }
    for node in model.graph.node:
        place = f"{node.op_type} {node.name or node.output[0]}"
        if node.domain not in {"", "ai.onnx"} or node.op_type not in ALLOWED:
            yield "wrong", f"has {place}", "TensorRT 10 has no such operator: rewrite the network."
        for fault in restrictions(node, known):
            yield "wrong", f"has {place}: {fault}", "TensorRT 10 does not take it: rewrite it."


def _types(graph: GraphProto) -> Iterator[Told]:
    values = (*graph.value_info, *graph.input, *graph.output)
    seen = {(value.name, value.type.tensor_type.elem_type) for value in values}
    seen |= {(tensor.name, tensor.data_type) for tensor in graph.initializer}
    for name, kind in sorted(seen):
        if kind not in KINDS:
            word = TensorProto.DataType.Name(kind).lower()
            yield (
                "wrong",
                f"holds {name} as {word}",
                "Export it in float32, without any other type.",
            )


def _ports(graph: GraphProto) -> Iterator[Told]:
    known = {tensor.name for tensor in graph.initializer}
    fed = [value for value in graph.input if value.name not in known]
    if len(fed) != 1:
        yield "wrong", f"has {len(fed)} inputs", "Leave one, of pictures."
        return
    dims = fed[0].type.tensor_type.shape.dim
    if fed[0].type.tensor_type.elem_type not in {FLOAT, HALF} or len(dims) != PICTURE_AXES:
        yield "wrong", "takes no pictures", "Its input must be float (N, 3, height, width)."
        return
    if dims[1].dim_value != COLOURS:
        yield "wrong", "does not take three colours", "Its input must be (N, 3, height, width)."
    if len({bool(dims[side].dim_value) for side in SIDES}) > 1:
        yield "wrong", "has one fixed side and one free", "Fix both sides, or free both."
    if dims[0].dim_value:
        mend = "One picture a run is slow on a GPU: export it with a free batch."
        yield "note", f"takes exactly {dims[0].dim_value} picture(s)", mend
    for value in graph.output:
        if value.type.tensor_type.elem_type != FLOAT:
            yield "wrong", f"gives {value.name} not as float32", "Put a Cast before it."


def _rewritten(graph: GraphProto) -> Iterator[Told]:
    """Find the PReLU that was taken apart for processors, which costs a GPU two convolutions."""
    kernels = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for node in graph.node:
        groups = next((item.i for item in node.attribute if item.name == "group"), 1)
        shape = kernels.get(node.input[1], ()) if node.op_type == "Conv" else ()
        if groups > 1 and shape[1:] == (1, 1, 1):
            yield "note", "has PReLU in the form for processors", "Take the published form."
            return


def _memory(model: ModelProto, largest: tuple[int, ...]) -> Iterator[Told]:
    known = {tensor.name for tensor in model.graph.initializer}
    (fed,) = (value for value in model.graph.input if value.name not in known)
    dims = [dim.dim_value for dim in fed.type.tensor_type.shape.dim]
    if any(dim not in {0, n} for dim, n in zip(dims, largest, strict=True)):
        yield "wrong", f"takes {dims}, not {largest}", "Name the sizes in models.toml as they are."
        return
    size = footprint(model, largest)
    if size is None:
        yield "note", f"has sizes that cannot be told for {largest}", "Look at the build's memory."
        return
    for machine, gigabytes in MACHINES.items():
        if size.total_bytes > gigabytes * 1e9 * SHARE:
            need = f"needs about {size.total_bytes / 1e6:.0f} MB at {largest}"
            mend = "Use fewer cameras, a smaller vision.detect_width, or another network."
            yield "wrong", f"{need}: too much for {machine}", mend
            return
