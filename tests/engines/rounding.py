"""What float16 costs, by arithmetic that really rounds.

ONNX Runtime on a processor has few kernels for float16: it computes in float32 and leaves out the
roundings between. So the fp16 form is turned back into a float32 network that says each of them.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper, shape_inference

HALF, FLOAT = int(TensorProto.FLOAT16), int(TensorProto.FLOAT)
PLAIN, QUICK = (
    ort.GraphOptimizationLevel.ORT_DISABLE_ALL,
    ort.GraphOptimizationLevel.ORT_ENABLE_ALL,
)


@lru_cache(maxsize=4)
def _open(data: bytes, level) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.graph_optimization_level = level
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def run(data: bytes, batch: np.ndarray, level=QUICK) -> dict[str, np.ndarray]:
    """Run an ONNX, in the type that its input has."""
    session = _open(data, level)
    (fed,) = session.get_inputs()
    kind = np.float16 if "16" in fed.type else np.float32
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {fed.name: batch.astype(kind)}), strict=True))


def run_rounded(form: bytes, batch: np.ndarray) -> dict[str, np.ndarray]:
    """Run an fp16 form with float32 sums and every value rounded that the form holds as float16."""
    return run(_spelt_out(form), batch, PLAIN)


def inner_values(form: bytes, batch: np.ndarray) -> dict[str, np.ndarray]:
    """Give every float value between input and output of a network, in float32."""
    return run(_told(form), batch, PLAIN)


@lru_cache(maxsize=4)
def _told(form: bytes) -> bytes:
    model = onnx.load_model_from_string(_spelt_out(form))
    names = [name for node in model.graph.node for name in node.output if name.endswith(".raw")]
    told = [helper.make_tensor_value_info(name, FLOAT, None) for name in names]
    model.graph.output.extend(told)
    return model.SerializeToString()


@lru_cache(maxsize=4)
def _spelt_out(form: bytes) -> bytes:
    model = shape_inference.infer_shapes(onnx.load_model_from_string(form))
    graph = model.graph
    halves = {v.name for v in graph.value_info if v.type.tensor_type.elem_type == HALF}
    del graph.value_info[:]
    for tensor in graph.initializer:
        if tensor.data_type == HALF:
            array = numpy_helper.to_array(tensor).astype(np.float32)
            tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
    nodes = list(graph.node)
    del graph.node[:]
    (fed,) = graph.input
    fed.type.tensor_type.elem_type = FLOAT
    rounded = _round(fed.name, f"{fed.name}.rounded")
    graph.node.extend(rounded)
    for node in nodes:
        node.input[:] = [f"{n}.rounded" if n == fed.name else n for n in node.input]
        if node.op_type == "Cast":
            node.op_type = "Identity"
            del node.attribute[:]
        raw = [f"{name}.raw" if name in halves else name for name in node.output]
        made = list(node.output)
        node.output[:] = raw
        graph.node.append(node)
        for name, was in zip(made, raw, strict=True):
            if was != name:
                graph.node.extend(_round(was, name))
    return model.SerializeToString()


def _round(name: str, out: str):
    half = f"{out}.half"
    return (
        helper.make_node("Cast", [name], [half], to=HALF),
        helper.make_node("Cast", [half], [out], to=FLOAT),
    )


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Compare templates row by row."""
    one, other = (a.reshape(len(a), -1).astype(np.float64) for a in (one, other))
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return np.einsum("fd,fd->f", one, other) / lengths
