"""What comes out of a network, told from what goes in."""

from functools import cache

import numpy as np
import onnx
import onnxruntime as ort


@cache
def output_shapes(model: bytes, shapes) -> dict:
    """Infer the shapes of the outputs.

    Args:
        model: ONNX.
        shapes: Pairs of an input's name and shape.
    """
    read = onnx.load_model_from_string(model)
    given = dict(shapes)
    for value in read.graph.input:
        for dim, n in zip(value.type.tensor_type.shape.dim, given[value.name], strict=True):
            dim.dim_value = n
    for value in read.graph.output:
        value.type.tensor_type.ClearField("shape")  # its names of sizes are not those given
    inferred = onnx.shape_inference.infer_shapes(read, data_prop=True)
    if not all(value.type.tensor_type.HasField("shape") for value in inferred.graph.output):
        return _tried(model, read.graph.input, given)
    return {value.name: _shape(value) for value in inferred.graph.output}


def _tried(model: bytes, fed, given) -> dict:
    """Run it on zeros: ONNX does not reckon all with shapes that the real one does."""
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    kinds = {
        value.name: onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        for value in fed
    }
    zeros = {name: np.zeros(given[name], kind) for name, kind in kinds.items()}
    names = [output.name for output in session.get_outputs()]
    return {n: out.shape for n, out in zip(names, session.run(names, zeros), strict=True)}


def _shape(value) -> tuple:
    return tuple(dim.dim_value or -1 for dim in value.type.tensor_type.shape.dim)
